"""Summaries of proposals: what the observations of each add up to.

A summary is a dictionary with ``_id`` (the proposal number), observations, detectors (observations
of each), targets, visits and filters (each value once), first and last (dates of observation),
exptime (seconds), pr_inv_l, pr_inv_f, and thumbnails: for each detector and pair of filters one
observation, of those with the best filetype that has a thumbnail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...query.conditions import And, Equals
from ..client import Store
from ..schema import Document
from . import values

if TYPE_CHECKING:
    import pyarrow as pa

_TYPES = {
    "rootname": values.TEXT,
    "proposid": values.INTEGER,
    **dict.fromkeys(("detector", "targname", "visit", "filter1", "filter2"), values.TEXT),
    **dict.fromkeys(("pr_inv_l", "pr_inv_f"), values.TEXT),
    "date_obs": values.TIME,
    "exptime": values.NUMBER,
}
# The keywords of which each combination has a thumbnail.
_PICTURED = ("detector", "filter1", "filter2")
_DISTINCT = [(name, "distinct") for name in ("targname", "visit", "filter1", "filter2")]
_AGGREGATIONS = [
    *_DISTINCT,
    ("date_obs", "min"),
    ("date_obs", "max"),
    ("exptime", "sum"),
    ("pr_inv_l", "max"),
    ("pr_inv_f", "max"),
]


def proposal_summaries(
    store: Store, thumbnail_filetypes: Sequence[str], proposid: int | None = None
) -> list[Document]:
    """Return summaries of proposals as they are, in the order of the proposal numbers.

    Parameters
    ----------
    store : Store
        The open database.
    thumbnail_filetypes : sequence of str
        The filetypes that thumbnails are made of.
    proposid : int, optional
        Only of this proposal.

    Returns
    -------
    list of dict
        Without proposals that have no observations.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    thumbnails = [f"previews.{filetype}.thumbnail" for filetype in thumbnail_filetypes]
    condition = And() if proposid is None else Equals("proposid", proposid)
    table = values.table(store, condition, _TYPES | dict.fromkeys(thumbnails, values.TEXT))
    table = table.filter(table.column("proposid").is_valid())
    detectors: dict[int, dict[str, int]] = defaultdict(dict)
    for row in values.groups(table, ["proposid", "detector"]):
        if row["detector"] is not None:
            detectors[row["proposid"]][row["detector"]] = row["observations"]
    pictures = _pictures(table, thumbnails)
    summaries = (
        _summary(row, detectors[row["proposid"]], pictures[row["proposid"]])
        for row in values.groups(table, ["proposid"], *_AGGREGATIONS)
    )
    return sorted(summaries, key=lambda summary: int(summary["_id"]))


def _pictures(table: pa.Table, thumbnails: Sequence[str]) -> dict[int, list[Document]]:
    """Return the thumbnails of each proposal, from columns of which the best comes first."""
    chosen: dict[tuple[int, ...], Document] = {}
    for path in thumbnails:
        made = table.filter(table.column(path).is_valid())
        for row in values.groups(made, ["proposid", *_PICTURED], ("rootname", "max")):
            names = {name: row[name] for name in _PICTURED}
            picture = names | {"rootname": row["rootname_max"]}
            chosen.setdefault((row["proposid"], *names.values()), picture)
    pictures: dict[int, list[Document]] = defaultdict(list)
    for (proposid, *_), picture in chosen.items():
        pictures[proposid].append(picture)
    for each in pictures.values():
        each.sort(key=lambda picture: tuple(picture[name] or "" for name in _PICTURED))
    return pictures


def _summary(row: Document, detectors: dict[str, int], thumbnails: list[Document]) -> Document:
    return {
        "_id": row["proposid"],
        "observations": row["observations"],
        "detectors": detectors,
        "targets": _known(row["targname_distinct"]),
        "visits": _known(row["visit_distinct"]),
        "filters": _known(row["filter1_distinct"] + row["filter2_distinct"]),
        "first": row["date_obs_min"],
        "last": row["date_obs_max"],
        "exptime": row["exptime_sum"] or 0.0,
        "pr_inv_l": row["pr_inv_l_max"],
        "pr_inv_f": row["pr_inv_f_max"],
        "thumbnails": thumbnails,
    }


def _known(texts: list[str | None]) -> list[str]:
    """Return each text once, sorted, without null."""
    return sorted({text for text in texts if text is not None})
