"""Table Access Protocol 1.1: the parameters of a query, and its rows in the format that they name.

https://www.ivoa.net/documents/TAP/20190927/REC-TAP-1.1.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import QueryError
from ..export import FORMATS
from ..export.formats import votable
from ..export.links import links_service
from ..export.votable import MEDIA_TYPE, Frame, Service
from ..query import Column
from ..query.messages import abbreviate
from ..store.client import Store
from . import engine
from .answer import DEFAULT_ROWS, MAX_ROWS, described_column
from .columns import TableColumn
from .tables import TapTable

LANGUAGES = ("ADQL", "ADQL-2.0", "ADQL-2.1")
_VOTABLE = "votable"
# Columns by which the service of links knows a file or an observation, the narrower one first.
_IDENTIFIERS = ("obs_publisher_did", "rootname")
# RESPONSEFORMAT: short names and media types, to the names of export formats.
_RESPONSE_FORMATS = {
    _VOTABLE: _VOTABLE,
    "votable/td": _VOTABLE,
    MEDIA_TYPE: _VOTABLE,
    f"{MEDIA_TYPE};serialization=tabledata": _VOTABLE,
    "application/xml": _VOTABLE,
    "text/xml": _VOTABLE,
    "csv": "csv",
    "text/csv": "csv",
    "text/csv;header=present": "csv",
    "tsv": "tsv",
    "text/tab-separated-values": "tsv",
    "fits": "fits",
    "application/fits": "fits",
}


@dataclass(frozen=True)
class TapQuery:
    """A query with its format and limit, checked.

    Attributes
    ----------
    text : str
        In ADQL.
    format : str
        The name of an export format.
    limit : int
        The largest number of rows.
    """

    text: str
    format: str
    limit: int

    @property
    def media_type(self) -> str:
        """The media type of the result."""
        return FORMATS[self.format].media_type


def tap_query(parameters: Mapping[str, Any]) -> TapQuery:
    """Return a query, if its parameters are valid.

    Parameters
    ----------
    parameters : mapping
        Texts of ``query``, ``lang``, ``request``, ``responseformat``, ``format`` and ``upload``,
        and the number ``maxrec``; those without a value are None or missing.

    Raises
    ------
    QueryError
        If one is missing, or not supported.
    """
    text = parameters.get("query")
    if not text:
        raise QueryError("QUERY is missing: expected a query in ADQL")
    if parameters.get("upload"):
        raise QueryError("UPLOAD is not supported: match tables on your side, as stilts does")
    language = parameters.get("lang")
    if (language or "").upper() not in LANGUAGES:
        raise QueryError(
            f"LANG: expected one of {', '.join(LANGUAGES)}, not {abbreviate(language)}"
        )
    request = parameters.get("request") or "doQuery"
    if request.lower() != "doquery":
        raise QueryError(f"REQUEST: expected doQuery, not {abbreviate(request)}")
    stated = parameters.get("responseformat") or parameters.get("format") or _VOTABLE
    name = _RESPONSE_FORMATS.get(stated.lower().replace(" ", ""))
    if name is None:
        formats = ", ".join(dict.fromkeys(_RESPONSE_FORMATS.values()))
        raise QueryError(f"RESPONSEFORMAT: expected one of {formats}, not {abbreviate(stated)}")
    limit = parameters.get("maxrec")
    return TapQuery(text, name, min(DEFAULT_ROWS if limit is None else limit, MAX_ROWS))


def result(
    query: TapQuery,
    tables: Mapping[str, TapTable],
    store: Store,
    time_limit: float | None,
    started: engine.Started | None = None,
    site: str | None = None,
) -> Iterator[bytes]:
    """Run a query, and return its rows as a file in pieces.

    Parameters
    ----------
    query : TapQuery
        The query.
    tables : mapping
        All tables by name.
    store : Store
        The open database.
    time_limit : float or None
        Seconds that it may take.
    started : callable, optional
        As in `acsql.vo.engine.run`.
    site : str, optional
        The URL of the home page of the site, if it is known: a VOTable names the service that
        leads to the files of each row.

    Returns
    -------
    iterator of bytes
        The rows are all in memory.

    Raises
    ------
    QueryError, QueryTimeout, DatabaseError
        As in `acsql.vo.engine.run`.
    """
    found = engine.run(query.text, tables, store, query.limit, time_limit, started)
    columns = tuple(map(described, found.columns))
    rows = found.table.to_pylist()
    if query.format != _VOTABLE:
        return FORMATS[query.format].write(rows, columns)
    frame = Frame(
        "OVERFLOW" if found.is_cut or query.limit == 0 else "OK",
        infos=(("QUERY", query.text),),
        services=_services(found.columns, site),
        datatypes=datatypes(found.columns),
    )
    return votable.write(rows, columns, frame)


def _services(columns: Iterable[TableColumn], site: str | None) -> tuple[Service, ...]:
    """Return the service of links of the rows, if one of their columns identifies them."""
    names = {column.name for column in columns}
    found = next((name for name in _IDENTIFIERS if name in names), None)
    return (links_service(site, found),) if found and site else ()


def datatypes(columns: Iterable[TableColumn]) -> dict[str, str]:
    """Return the datatypes of columns by name, where a standard requires them."""
    return {column.name: column.datatype for column in columns if column.datatype}


def described(column: TableColumn) -> Column:
    """Return a column as exports take it."""
    return described_column(
        column.name,
        column.description,
        column.ucd or "",
        column.utype,
        column.type,
        column.unit,
        column.xtype,
    )
