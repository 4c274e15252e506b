"""Totals of the archive: observations, files and bytes by filetype, detectors and previews."""

from datetime import datetime
from typing import Any

from ...keywords import KeywordSpecs
from ..client import Store
from ..schema import TOTALS, Document, DocumentCollection
from . import freshness, headerless

_TOTALS = {"_id": "totals"}
_NUMBER = "number"
_COUNT: Document = {"$count": _NUMBER}


def refresh(store: Store, counted: datetime) -> None:
    """Compute the totals from the headerless observations and store them.

    Parameters
    ----------
    store : Store
        The open database.
    counted : datetime
        The time (UTC) that is stored with them: when the refresh started.
    """
    totals = _compute(store.headerless) | {"counted": counted}
    store.database[TOTALS].replace_one(_TOTALS, totals, upsert=True)


def stored(store: Store) -> Document | None:
    """Return the totals of the last refresh, current or stale.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    dict or None
        With observations, filetypes (files and bytes of each), detectors (observations of each),
        previews, and ``counted``, the time of the refresh in UTC.  None before the first one.
    """
    with store.errors():
        totals = store.database[TOTALS].find_one(_TOTALS, {"_id": 0})
    return None if totals is None else _by_name(totals)


def live(store: Store) -> Document:
    """Return the same as `stored`, computed now from the observations and without a time."""
    with store.errors():
        return _by_name(_compute(store.observations))


def current_since(store: Store, specs: KeywordSpecs) -> datetime | None:
    """Return when (UTC) the derived collections were refreshed, or None if they are stale.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        Name the facet keywords that have to be counted.

    Returns
    -------
    datetime or None
        The time of the refresh.
    """
    totals = stored(store) if freshness.is_current(store, list(specs.facets)) else None
    return None if totals is None else totals["counted"]


def _compute(collection: DocumentCollection) -> Document:
    parts = {
        "observations": [_COUNT],
        "filetypes": _files(),
        "previews": _previews(),
        "detectors": [{"$group": {"_id": "$detector", _NUMBER: {"$sum": 1}}}],
    }
    (totals,) = collection.aggregate([{"$facet": parts}])
    # A count of nothing has no row.
    singles = {name: totals[name] for name in ("observations", "previews")}
    return totals | {name: rows[0][_NUMBER] if rows else 0 for name, rows in singles.items()}


def _by_name(totals: Document) -> Document:
    """Return totals by filetype and detector; MongoDB does not take every value as a key."""
    return totals | {
        "filetypes": {row["_id"]: row for row in totals["filetypes"]},
        "detectors": {row["_id"]: row[_NUMBER] for row in totals["detectors"]},
    }


def _files() -> list[dict[str, Any]]:
    """Return the stages that yield each filetype with its files and their bytes."""
    sums = {"files": {"$sum": 1}, "bytes": {"$sum": "$files.v.size"}}
    return [*_each("files"), {"$group": {"_id": "$files.k"} | sums}]


def _previews() -> list[dict[str, Any]]:
    """Return the stages that yield the number of previews."""
    return [*_each("previews"), {"$match": {"previews.v.jpeg": {"$ne": None}}}, _COUNT]


def _each(field: str) -> list[dict[str, Any]]:
    """Return the stages that yield the entries of a field one by one."""
    return [{"$project": {field: headerless.entries(f"${field}")}}, {"$unwind": f"${field}"}]
