r"""VOTables (IVOA recommendation 1.4) of astropy tables, for exports and for the VO services alike.

The metadata of a column (`column.meta`) describes it for readers: ``ucd``, ``utype``, ``xtype``,
``ID``, ``datatype``, ``null`` (an integer) and ``links``.  The coordinate and
time systems follow from the UCDs, because ACS headers have one of each kind.
"""

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import numpy as np
from astropy import units
from astropy.io.votable import tree
from astropy.table import Column, MaskedColumn, Table

from .unit_spellings import votable_unit
from .values import FORBIDDEN_IN_XML, escape

# The media type of the VOTable recommendation, section 8.
MEDIA_TYPE = "application/x-votable+xml"
# An XML ID in ASCII (an NCName).
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
# astropy writes infinity so; VOTable 1.4 has +Inf, and votlint requires it.  A text of just these
# letters changes its case as well.
_INFINITY = re.compile(rb"(?<=<TD>)([+-])InF(?=</TD>)")
_DATATYPES = {
    "b1": "boolean",
    "u1": "unsignedByte",
    "i2": "short",
    "i4": "int",
    "i8": "long",
    "f4": "float",
    "f8": "double",
}

# The coordinates of headers: the guide star catalogues of Hubble are tied to the ICRS.
_COORDINATES = {"pos.eq.ra", "pos.eq.dec", "POS_EQ_RA_MAIN", "POS_EQ_DEC_MAIN", "pos.outline"}
_ICRS = "icrs"
# The times of headers are UTC on board of the telescope: as text, and as Modified Julian Dates,
# which VOTable 1.4 (section 3.1) counts from 2400000.5.
_MOMENTS = {
    *("time.start", "time.end", "time.epoch", "time.creation", "time.processing", "time.release")
}
_UTC, _UTC_MJD = "utc", "utc_mjd"
_TIME_SYSTEMS = {_UTC: None, _UTC_MJD: "MJD-origin"}


@dataclass(frozen=True)
class ServiceInput:
    """A parameter of a service.

    Attributes
    ----------
    name : str
        Its name.
    value : str
        Its value; empty for one that the client gives.
    ref : str, optional
        The ``ID`` of the column that has its values.
    datatype, arraysize, ucd, unit, xtype, description : str, optional
        As in a VOTable.
    options : tuple of str
        Its possible values, if they are few.
    """

    name: str
    value: str = ""
    ref: str | None = None
    datatype: str = "char"
    arraysize: str | None = "*"
    ucd: str | None = None
    unit: str | None = None
    xtype: str | None = None
    description: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """A service descriptor (DataLink 1.1, section 4): how a client calls a service.

    Attributes
    ----------
    access_url : str
        The absolute URL.
    standard_id : str, optional
        The IVOA identifier of its protocol.
    inputs : tuple of ServiceInput
        Its inputs.
    ID : str, optional
        By which the table of links names it.
    content_type, description : str, optional
        What it returns, and does.
    """

    access_url: str
    standard_id: str | None = None
    inputs: tuple[ServiceInput, ...] = ()
    ID: str | None = None
    content_type: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Frame:
    """The metadata of a VOTable outside of its table.

    Attributes
    ----------
    status : str
        ``QUERY_STATUS`` (DALI 1.1, section 4.4): OVERFLOW if rows are missing.
    message : str, optional
        The error, or the missing part.
    infos : tuple of (str, str)
        Further INFO elements: names and values.
    services : tuple of Service
        The services that can be called for each row.
    description : str, optional
        The description of the table.
    datatypes : mapping
        The datatypes of columns by name, where a standard requires another than that of the values.
    """

    status: Literal["OK", "OVERFLOW", "ERROR"] = "OK"
    message: str | None = None
    infos: tuple[tuple[str, str], ...] = ()
    services: tuple[Service, ...] = ()
    description: str | None = None
    datatypes: Mapping[str, str] = field(default_factory=dict)


# The frame of a complete answer without notes.
COMPLETE = Frame()


def write(table: Table | None, frame: Frame = COMPLETE) -> bytes:
    """Return a table as a VOTable.

    Parameters
    ----------
    table : astropy.table.Table, optional
        Masked values become empty cells; None for a document without a table.
    frame : Frame
        The metadata beside the table.

    Returns
    -------
    bytes
        With rows in TABLEDATA; a table without rows has its columns.
    """
    document = tree.VOTableFile(version="1.4")
    output = io.BytesIO()
    with _without_unit_warnings():
        document.resources.append(_results(document, table, frame))
        for service in frame.services:
            document.resources.append(_descriptor(document, service))
        # astropy's writer of rows in C overwrites a byte of other memory (astropy issue 20419);
        # its writer in Python takes a tenth longer.
        document.to_xml(output, _debug_python_based_parser=True)
    return _INFINITY.sub(rb"\1Inf", output.getvalue())


def error(message: str) -> bytes:
    """Return a VOTable that says what is wrong (DALI 1.1, section 4.2; Cone Search 1.03, 2.3).

    Parameters
    ----------
    message : str
        The error, and how to avoid it.
    """
    return write(None, Frame("ERROR", message, (("Error", message),)))


def _results(document: tree.VOTableFile, table: Table | None, frame: Frame) -> tree.Resource:
    resource = tree.Resource(type="results")
    resource.description = frame.description and escape(frame.description, FORBIDDEN_IN_XML)
    for name, value in (("QUERY_STATUS", frame.status), *frame.infos):
        info = tree.Info(name=name, value=escape(value, FORBIDDEN_IN_XML))
        info.ID = None
        resource.infos.append(info)
    resource.infos[0].content = frame.message and escape(frame.message, FORBIDDEN_IN_XML)
    if table is not None:
        element = _table(document, table)
        references = {each.ref for each in element.fields}
        if _ICRS in references:
            resource.coordinate_systems.append(tree.CooSys(ID=_ICRS, system="ICRS"))
        resource.time_systems.extend(_time_systems(document, references))
        resource.tables.append(element)
    return resource


def _time_systems(document: tree.VOTableFile, used: set[str | None]) -> Iterator[tree.TimeSys]:
    for name, origin in _TIME_SYSTEMS.items():
        if name in used:
            yield tree.TimeSys(
                ID=name,
                timeorigin=origin,
                timescale="UTC",
                refposition="TOPOCENTER",
                config=document._config,
            )


def _table(document: tree.VOTableFile, table: Table) -> tree.TableElement:
    element = tree.TableElement(document)
    names = _identifiers(table)
    for name, column in zip(names, table.itercols(), strict=True):
        element.fields.append(_field(document, name, column))
    element.create_arrays(len(table))
    for name, column in zip(names, table.itercols(), strict=True):
        element.array[name][:] = column
    return element


def _identifiers(table: Table) -> list[str]:
    """Return the XML ID of each column, which is its name if that can be one."""
    taken = {_ICRS, *_TIME_SYSTEMS}
    return [
        name if _ID.fullmatch(name) and name not in taken else f"column_{number}"
        for number, name in enumerate(table.colnames, 1)
    ]


def _field(
    document: tree.VOTableFile, identifier: str, column: Column | MaskedColumn
) -> tree.Field:
    meta = column.meta
    is_text = column.dtype.kind in "UO"
    made = tree.Field(
        document,
        ID=identifier,
        name=column.name,
        datatype=meta.get("datatype") or _datatype(column.dtype, meta.get("xtype")),
        arraysize="*" if is_text else None,
        ucd=meta.get("ucd"),
        utype=meta.get("utype"),
        xtype=meta.get("xtype"),
        ref=_system(meta.get("ucd") or "", is_text, meta.get("xtype")),
        # astropy would compare versions again for each field.
        config=document._config,
    )
    made.unit = votable_unit(None if column.unit is None else str(column.unit))
    made.description = column.description and escape(column.description, FORBIDDEN_IN_XML)
    made.links.extend(tree.Link(**link) for link in meta.get("links", ()))
    if meta.get("null") is not None:
        made.values.null = meta["null"]
    return made


def _datatype(dtype: np.dtype[Any], xtype: str | None) -> str:
    """Return the type of a column; texts in a form of DALI are ASCII."""
    if dtype.kind in "UO":
        return "char" if xtype else "unicodeChar"
    return _DATATYPES[dtype.str[1:]]


def _system(ucd: str, is_text: bool, xtype: str | None) -> str | None:
    """Return the ID of the coordinate or time system of a column."""
    word = ucd.partition(";")[0]
    if word in _COORDINATES:
        return _ICRS
    if word in _MOMENTS and (not is_text or xtype == "timestamp"):
        return _UTC if is_text else _UTC_MJD
    return None


def _parameter(document: tree.VOTableFile, parameter: ServiceInput) -> tree.Param:
    made = tree.Param(
        document,
        name=parameter.name,
        value=parameter.value,
        # astropy would write zeros for numbers that the client gives.
        datatype=parameter.datatype if parameter.value else "char",
        arraysize=parameter.arraysize if parameter.value else "*",
        ref=parameter.ref,
        ucd=parameter.ucd,
        unit=parameter.unit,
        xtype=parameter.xtype,
        config=document._config,
    )
    made.datatype, made.arraysize = parameter.datatype, parameter.arraysize
    # astropy makes one of the name, which other parameters and columns may have.
    made.ID = None
    made.description = parameter.description
    made.values.options.extend((each, each) for each in parameter.options)
    return made


def _descriptor(document: tree.VOTableFile, service: Service) -> tree.Resource:
    resource = tree.Resource(type="meta", utype="adhoc:service", ID=service.ID)
    resource.description = service.description
    stated = {
        "accessURL": service.access_url,
        "standardID": service.standard_id,
        "contentType": service.content_type,
    }
    resource.params.extend(
        _parameter(document, ServiceInput(name, value)) for name, value in stated.items() if value
    )
    group = tree.Group(document, name="inputParams", config=document._config)
    group.ID = None
    group.entries.extend(_parameter(document, each) for each in service.inputs)
    resource.groups.append(group)
    return resource


@cache
def unit_text(unit: str | None) -> str | None:
    """Return a unit as the fields of a VOTable have it.

    Parameters
    ----------
    unit : str or None
        The unit of a keyword spec.
    """
    with _without_unit_warnings():
        made = votable_unit(unit)
        return str(made.to_string("vounit")) if isinstance(made, units.UnitBase) else made


@contextmanager
def _without_unit_warnings() -> Iterator[None]:
    """Let units be written that VOUnits does not know, as those of a group's own monitors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", units.UnitsWarning)
        yield
