"""Extensions that the WCS software adds to calibrated images: distortion tables and WCS history."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .camera import Readout, Wcs
from .cards import Hdu, TableColumn, big_endian, table
from .headers import free, structure
from .scenes import fixed_random
from .schedule import PlannedObservation

_LOOKUP_SHAPE = (33, 65)


def lookup_keywords(extver: int, subarray: bool, common: dict[str, Any]) -> dict[str, Any]:
    """Return how an image refers to its distortion tables: FITS WCS Paper IV, draft.

    Parameters
    ----------
    extver : int
        EXTVER of the image.
    subarray : bool
        Subarrays have no table for the irregular column widths (D2IM).
    common : dict
        The keywords that all files of the observation share.

    Returns
    -------
    dict
        Values by keyword.
    """
    values: dict[str, Any] = {"NPOLEXT": common["NPOLFILE"]}
    for axis in (1, 2):
        values |= {f"CPDIS{axis}": "LOOKUP", f"CPERR{axis}": 0.05}
        values |= _record(f"DP{axis}", 2.0 * (extver - 1) + axis, 2.0, 1.0, 2.0)
    if not subarray:
        values["D2IMEXT"] = common["D2IMFILE"]
        for axis in (1, 2):
            values |= {f"D2IMDIS{axis}": "LOOKUP", f"D2IMERR{axis}": 0.002}
            values |= _record(f"D2IM{axis}", float(axis), 2.0, 1.0, 2.0)
    return values


def blended_lookups() -> dict[str, Any]:
    """Return what is left of those references in a header blended from several: nothing."""
    values: dict[str, Any] = {}
    for axis in (1, 2):
        values |= {f"CPDIS{axis}": "", f"CPERR{axis}": 0.0, **_record(f"DP{axis}")}
        values |= {f"D2IMDIS{axis}": "", f"D2IMERR{axis}": 0.0, **_record(f"D2IM{axis}")}
    return values


def _record(
    name: str,
    extver: float | None = None,
    axes: float | None = None,
    first: float | None = None,
    second: float | None = None,
) -> dict[str, float | None]:
    fields = {"EXTVER": extver, "NAXES": axes, "AXIS.1": first, "AXIS.2": second}
    return {f"{name}.{field}": value for field, value in fields.items()}


def wcs_extensions(
    observation: PlannedObservation,
    readouts: Sequence[Readout],
    pointings: Sequence[Wcs],
    common: dict[str, Any],
) -> Iterator[Hdu]:
    """Yield the extensions that the WCS software adds to calibrated images.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.
    readouts : sequence of Readout
        The chips.
    pointings : sequence of Wcs
        The WCS of each chip.
    common : dict
        The keywords that all files of the observation share.

    Yields
    ------
    Hdu
        Distortion tables, the WCS history and a headerlet.
    """
    if not observation.subarray:
        for axis in (1, 2):
            yield _lookup("D2IMARR", axis, readouts[0], observation)
    for index, readout in enumerate(readouts):
        for axis in (1, 2):
            yield _lookup("WCSDVARR", 2 * index + axis, readout, observation)
    yield _wcs_history(pointings, common)
    if len(readouts) > 1:
        yield headerlet(observation, pointings)


def _lookup(extname: str, extver: int, readout: Readout, observation: PlannedObservation) -> Hdu:
    """Return a table of small shifts over a chip, in pixels."""
    rng = fixed_random(extname, extver, readout.detector)
    data = big_endian(0.02 * rng.standard_normal(_LOOKUP_SHAPE, np.float32))
    rows, columns = _LOOKUP_SHAPE
    values = {
        **structure(data),
        "EXTNAME": extname,
        "EXTVER": extver,
        "CRPIX1": 1.0,
        "CRPIX2": 1.0,
        "CRVAL1": 1.0,
        "CRVAL2": 1.0,
        "CDELT1": readout.columns / columns,
        "CDELT2": readout.rows / rows,
        "INHERIT": False,
        "TELESCOP": "HST",
        "INSTRUME": "ACS",
        "DETECTOR": readout.detector,
        "FILTER1": observation.filters[0],
        "FILTER2": observation.filters[1],
        "OBSTYPE": "IMAGING",
        "FILETYPE": "DXY GRID",
        "PEDIGREE": "INFLIGHT 12/04/2002 30/07/2009",
        "USEAFTER": "Mar 01 2002 00:00:00",
        "DESCRIP": "Residual geometric distortion from observations of a rich star cluster, "
        "on a coarse grid",
    }
    return Hdu(free(values), data)


def _wcs_history(pointings: Sequence[Wcs], common: dict[str, Any]) -> Hdu:
    """Return the table of all WCS that the images have had."""
    rows = [
        (name, key, extver, wcs)
        for name, key in (("OPUS", "O"), ("IDC", " "))
        for extver, wcs in enumerate(pointings, start=1)
    ]

    def text(name: str, length: int, values: Sequence[str]) -> TableColumn:
        return TableColumn(name, f"{length}A", np.array(values, f"S{length}"))

    def numbers(name: str, values: Sequence[float]) -> TableColumn:
        return TableColumn(name, "D", np.array(values, np.float64))

    wcss = [wcs for *_, wcs in rows]
    blank = [""] * len(rows)
    zero = [0.0] * len(rows)
    columns = [
        text("WCS_ID", 40, [name for name, *_ in rows]),
        TableColumn("EXTVER", "I", np.array([extver for _, _, extver, _ in rows], np.int16)),
        text("WCS_key", 1, [key for _, key, *_ in rows]),
        text("HDRNAME", 24, blank),
        text("SIPNAME", 24, blank),
        text("NPOLNAME", 24, blank),
        text("D2IMNAME", 24, blank),
        numbers("CRVAL1", [wcs.crval[0] for wcs in wcss]),
        numbers("CRVAL2", [wcs.crval[1] for wcs in wcss]),
        numbers("CRPIX1", [wcs.crpix[0] for wcs in wcss]),
        numbers("CRPIX2", [wcs.crpix[1] for wcs in wcss]),
        *(
            numbers(f"CD{i + 1}_{j + 1}", [wcs.cd[i, j] for wcs in wcss])
            for i in (0, 1)
            for j in (0, 1)
        ),
        text("CTYPE1", 24, ["RA---TAN-SIP"] * len(rows)),
        text("CTYPE2", 24, ["DEC--TAN-SIP"] * len(rows)),
        numbers("ORIENTAT", [wcs.orientat for wcs in wcss]),
        numbers("PA_V3", [common["PA_V3"]] * len(rows)),
        numbers("RMS_RA", zero),
        numbers("RMS_Dec", zero),
        TableColumn("NMatch", "J", np.zeros(len(rows), np.int32)),
        text("Catalog", 40, blank),
        text("DESCRIP", 128, blank),
    ]
    data = table(columns)
    facts = structure(data, columns)
    names = {key: value for key, value in facts.items() if value != ""}
    return Hdu(free({**ordered(names), "EXTNAME": "WCSCORR", "EXTVER": 1}), data)


def ordered(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the structure keywords of a table in the order that FITS requires.

    Parameters
    ----------
    facts : dict
        The keywords, as `structure` returns them.

    Returns
    -------
    dict
        The same keywords.
    """
    first = ("XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "TFIELDS")
    return {key: facts[key] for key in first} | facts


def headerlet(observation: PlannedObservation, pointings: Sequence[Wcs] = ()) -> Hdu:
    """Return a WCS solution as an extension of type HDRLET: a FITS file within a FITS file.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.
    pointings : sequence of Wcs
        The WCS of each chip.

    Returns
    -------
    Hdu
        The extension.
    """
    name = f"{observation.ipppssoot}_hdr1"
    primary = {
        "SIMPLE": True,
        "BITPIX": 8,
        "NAXIS": 0,
        "EXTEND": True,
        "HDRNAME": name,
        "DESTIM": observation.ipppssoot,
        "WCSNAME": "IDC",
    }
    solutions = [
        {
            **structure(None),
            "EXTNAME": "SIPWCS",
            "EXTVER": extver,
            **{f"CRPIX{axis + 1}": float(wcs.crpix[axis]) for axis in (0, 1)},
            **{f"CRVAL{axis + 1}": float(wcs.crval[axis]) for axis in (0, 1)},
            **{f"CD{i + 1}_{j + 1}": float(wcs.cd[i, j]) for i in (0, 1) for j in (0, 1)},
            "CTYPE1": "RA---TAN-SIP",
            "CTYPE2": "DEC--TAN-SIP",
        }
        for extver, wcs in enumerate(pointings, start=1)
    ]
    hdus = [Hdu(free(values)) for values in (primary, *solutions)]
    data = np.frombuffer(b"".join(bytes(part) for hdu in hdus for part in hdu.parts()), np.uint8)
    values = {
        "XTENSION": "HDRLET",
        "BITPIX": 8,
        "NAXIS": 1,
        "NAXIS1": len(data),
        "PCOUNT": 0,
        "GCOUNT": 1,
        "EXTNAME": "HDRLET",
        "EXTVER": 1,
        "HDRNAME": name,
        "WCSNAME": "IDC",
    }
    return Hdu(free(values), data)
