"""Summaries of proposals, computed from their observations.

A summary is a dictionary with ``_id`` (the proposal number), observations, detectors (observations
of each), targets, visits and filters (each value once), first and last (dates of observation),
exptime (seconds), pr_inv_l, pr_inv_f, and thumbnails: for each detector and pair of filters one
observation, of those with the best filetype that has a thumbnail, as a tuple of these four.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from ...query.conditions import Equals
from ..client import Store
from ..schema import Document
from . import values
from .kept import Kept
from .sums_of_parts import SumsOfParts

if TYPE_CHECKING:
    import pyarrow as pa

# The last and the first name of a principal investigator, of whom headers have several spellings:
# the largest text is taken.
Investigator = tuple[str | None, str | None]
_INVESTIGATOR = ("pr_inv_l", "pr_inv_f")
_TYPES = {
    "rootname": values.TEXT,
    "proposid": values.INTEGER,
    **dict.fromkeys(("detector", "targname", "visit", "filter1", "filter2"), values.TEXT),
    **dict.fromkeys(_INVESTIGATOR, values.TEXT),
    "date_obs": values.TIME,
    "exptime": values.NUMBER,
}
# Digits of the rank of a filetype.
_RANK = 2
# Each combination of these keywords has a thumbnail.
_PICTURED = ("detector", "filter1", "filter2")
_DISTINCT = [(name, "distinct") for name in ("targname", "visit", "filter1", "filter2")]
_AGGREGATIONS = [
    *_DISTINCT,
    ("date_obs", "min"),
    ("date_obs", "max"),
    ("exptime", "sum"),
    *((name, "max") for name in _INVESTIGATOR),
]
_Names = tuple[str | None, ...]


@dataclass(frozen=True)
class _Sums:
    """The sums over the observations of one proposal; the thumbnails by their keywords.

    A picture is the rank of its filetype, two digits, and the rootname, so the best is the largest.
    """

    proposid: int
    observations: int
    exptime: float
    dates: tuple[datetime, ...]
    names: Investigator
    detectors: Mapping[str, int]
    targets: frozenset[str]
    visits: frozenset[str]
    filters: frozenset[str]
    pictures: Mapping[_Names, str]

    def __add__(self, other: _Sums) -> _Sums:
        pictures = dict(self.pictures)
        for names, picture in other.pictures.items():
            pictures[names] = max(picture, pictures.get(names, ""))
        return _Sums(
            self.proposid,
            self.observations + other.observations,
            self.exptime + other.exptime,
            self.dates + other.dates,
            _largest_names(self.names, other.names),
            Counter(self.detectors) + Counter(other.detectors),
            self.targets | other.targets,
            self.visits | other.visits,
            self.filters | other.filters,
            pictures,
        )

    @cached_property
    def summary(self) -> Document:
        """The summary, made once of sums that are kept."""
        names = sorted(self.pictures, key=lambda names: tuple(name or "" for name in names))
        return {
            "_id": self.proposid,
            "observations": self.observations,
            "detectors": dict(self.detectors),
            "targets": sorted(self.targets),
            "visits": sorted(self.visits),
            "filters": sorted(self.filters),
            "first": min(self.dates, default=None),
            "last": max(self.dates, default=None),
            "exptime": self.exptime,
            "pr_inv_l": self.names[0],
            "pr_inv_f": self.names[1],
            "thumbnails": [(*each, self.pictures[each][_RANK:]) for each in names],
        }


def proposal_summaries(store: Store, thumbnail_filetypes: Sequence[str]) -> Kept[list[Document]]:
    """Return a function that returns the summaries of all proposals as they are.

    Parameters
    ----------
    store : Store
        The open database.
    thumbnail_filetypes : sequence of str
        The filetypes that thumbnails are made of, the best first.

    Returns
    -------
    Kept
        Returns summaries in the order of the proposal numbers, without proposals that have no
        observations; after a write it reads the changed observations alone.
    """
    thumbnails = _thumbnails(thumbnail_filetypes)
    types = _TYPES | dict.fromkeys(thumbnails, values.TEXT)
    pieces = SumsOfParts(store, types, lambda table: _summed(table, thumbnails))

    def summaries() -> list[Document]:
        """Return the summaries of all proposals."""
        total: dict[int, _Sums] = {}
        for piece in pieces():
            for proposid, sums in piece.items():
                total[proposid] = total[proposid] + sums if proposid in total else sums
        return [total[proposid].summary for proposid in sorted(total)]

    return Kept(store, summaries)


def investigators(store: Store) -> Kept[dict[int, Investigator]]:
    """Return a function that returns the principal investigators of all proposals as they are.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    Kept
        Returns proposal numbers to last and first names, in less time than `proposal_summaries`.
    """
    types = {name: _TYPES[name] for name in ("proposid", *_INVESTIGATOR)}
    pieces = SumsOfParts(store, types, _investigators)

    def of_all() -> dict[int, Investigator]:
        """Return the principal investigators of all proposals."""
        total: dict[int, Investigator] = {}
        for piece in pieces():
            for proposid, names in piece.items():
                total[proposid] = _largest_names(total.get(proposid, (None, None)), names)
        return total

    return Kept(store, of_all)


def proposal_summary(
    store: Store, thumbnail_filetypes: Sequence[str], proposid: int
) -> Document | None:
    """Return the summary of one proposal as it is.

    Parameters
    ----------
    store : Store
        The open database.
    thumbnail_filetypes : sequence of str
        As for `proposal_summaries`.
    proposid : int
        The number of the proposal.

    Returns
    -------
    dict or None
        None if it has no observations.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    thumbnails = _thumbnails(thumbnail_filetypes)
    types = _TYPES | dict.fromkeys(thumbnails, values.TEXT)
    sums = _summed(values.table(store, Equals("proposid", proposid), types), thumbnails)
    return sums[proposid].summary if proposid in sums else None


def without_proposal(store: Store) -> Kept[int]:
    """Return a function that returns the number of observations whose proposal is not known.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    Kept
        After a write it reads the changed observations alone.
    """
    pieces = SumsOfParts(
        store,
        {"proposid": values.INTEGER},
        lambda table: table.num_rows - values.known(table, "proposid"),
    )
    return Kept(store, lambda: sum(pieces()))


def _investigators(table: pa.Table) -> dict[int, Investigator]:
    """Return the principal investigators in observations, by proposal."""
    table = table.filter(table.column("proposid").is_valid())
    rows = values.groups(table, ["proposid"], *((name, "max") for name in _INVESTIGATOR))
    return {row["proposid"]: (row["pr_inv_l_max"], row["pr_inv_f_max"]) for row in rows}


def _thumbnails(filetypes: Sequence[str]) -> list[str]:
    return [f"previews.{filetype}.thumbnail" for filetype in filetypes]


def _summed(table: pa.Table, thumbnails: Sequence[str]) -> dict[int, _Sums]:
    """Return the sums over observations, by proposal."""
    table = table.filter(table.column("proposid").is_valid())
    detectors: dict[int, dict[str, int]] = defaultdict(dict)
    for row in values.groups(table, ["proposid", "detector"]):
        if row["detector"] is not None:
            detectors[row["proposid"]][row["detector"]] = row["observations"]
    pictures = _pictures(table, thumbnails)
    return {
        row["proposid"]: _Sums(
            row["proposid"],
            row["observations"],
            row["exptime_sum"] or 0.0,
            tuple(date for date in (row["date_obs_min"], row["date_obs_max"]) if date),
            (row["pr_inv_l_max"], row["pr_inv_f_max"]),
            detectors[row["proposid"]],
            _known(row["targname_distinct"]),
            _known(row["visit_distinct"]),
            _known(row["filter1_distinct"] + row["filter2_distinct"]),
            pictures[row["proposid"]],
        )
        for row in values.groups(table, ["proposid"], *_AGGREGATIONS)
    }


def _pictures(table: pa.Table, thumbnails: Sequence[str]) -> dict[int, dict[_Names, str]]:
    """Return the thumbnails of each proposal, from columns of which the best comes first."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lacking = pa.nulls(table.num_rows, pa.string())
    # The place of the best filetype that has a thumbnail, counted from the end: the largest.
    ranks = [f"{number:0{_RANK}}" for number in range(len(thumbnails), 0, -1)]
    made = [table.column(path).is_valid() for path in thumbnails]
    of_filetypes = (pc.if_else(*each, lacking) for each in zip(made, ranks, strict=True))
    best = pc.coalesce(*of_filetypes, lacking)
    ranked = pc.binary_join_element_wise(best, table.column("rootname"), "")
    table = table.append_column("ranked", ranked).filter(ranked.is_valid())
    pictures: dict[int, dict[_Names, str]] = defaultdict(dict)
    for row in values.groups(table, ["proposid", *_PICTURED], ("ranked", "max")):
        names = tuple(row[name] for name in _PICTURED)
        pictures[row["proposid"]][names] = row["ranked_max"]
    return pictures


def _largest_names(one: Investigator, other: Investigator) -> Investigator:
    return _largest(one[0], other[0]), _largest(one[1], other[1])


def _largest(*texts: str | None) -> str | None:
    return max((text for text in texts if text is not None), default=None)


def _known(texts: Iterable[str | None]) -> frozenset[str]:
    return frozenset(text for text in texts if text is not None)
