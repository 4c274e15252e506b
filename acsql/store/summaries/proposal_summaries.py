"""Summaries of proposals: what the observations of each add up to.

A summary is a dictionary with ``_id`` (the proposal number), observations, detectors (observations
of each), targets, visits and filters (each value once), first and last (dates of observation),
exptime (seconds), pr_inv_l, pr_inv_f, and the rootname of one observation with a thumbnail.
"""

from collections import defaultdict
from collections.abc import Sequence

from ...query.conditions import And, Equals
from ..client import Store
from ..schema import Document
from . import values

_TYPES = {
    "rootname": values.TEXT,
    "proposid": values.INTEGER,
    **dict.fromkeys(("detector", "targname", "visit", "filter1", "filter2"), values.TEXT),
    **dict.fromkeys(("pr_inv_l", "pr_inv_f"), values.TEXT),
    "date_obs": values.TIME,
    "exptime": values.NUMBER,
}
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
    with_thumbnail = table.filter(values.any_known(table, thumbnails))
    shown = {
        row["proposid"]: row["rootname_max"]
        for row in values.groups(with_thumbnail, ["proposid"], ("rootname", "max"))
    }
    summaries = (
        _summary(row, detectors[row["proposid"]], shown.get(row["proposid"]))
        for row in values.groups(table, ["proposid"], *_AGGREGATIONS)
    )
    return sorted(summaries, key=lambda summary: int(summary["_id"]))


def _summary(row: Document, detectors: dict[str, int], thumbnail: str | None) -> Document:
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
        "thumbnail": thumbnail,
    }


def _known(texts: list[str | None]) -> list[str]:
    """Return each text once, sorted, without null."""
    return sorted({text for text in texts if text is not None})
