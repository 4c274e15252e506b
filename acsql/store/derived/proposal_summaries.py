"""Summaries of proposals: what the observations of each add up to, stored or computed live.

A summary is a document with ``_id`` (the proposal number), observations, detectors (observations
of each), targets, visits and filters (each value once), first and last (dates of observation),
exptime (seconds), pr_inv_l, pr_inv_f, and the rootname of one observation with a thumbnail.
"""

from collections.abc import Sequence
from typing import Any

from ...keywords import KeywordSpecs
from ..client import Store
from ..schema import PROPOSAL_SUMMARIES, Document
from . import freshness, totals

# Fields of a summary that hold each value of a keyword once.
_SETS = {"targets": "targname", "visits": "visit", "filters1": "filter1", "filters2": "filter2"}
_UNION = {"$setUnion": ["$$value", "$$this"]}


def refresh(store: Store, thumbnail_filetypes: Sequence[str]) -> None:
    """Compute the summaries from the headerless observations and store them.

    Parameters
    ----------
    store : Store
        The open database.
    thumbnail_filetypes : sequence of str
        The filetypes that thumbnails are made of.
    """
    store.headerless.aggregate([*stages(thumbnail_filetypes), {"$out": PROPOSAL_SUMMARIES}])


def stored(store: Store) -> list[Document] | None:
    """Return the summaries of the last refresh, in the order of the proposal numbers.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    list of dict, or None
        None before the first refresh.
    """
    if totals.stored(store) is None:
        return None
    with store.errors():
        return list(store.database[PROPOSAL_SUMMARIES].find().sort("_id", 1))


def stored_of(store: Store, specs: KeywordSpecs, proposid: int) -> Document | None:
    """Return the stored summary of one proposal.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        Name the facet keywords that have to be counted.
    proposid : int
        The proposal.

    Returns
    -------
    dict or None
        None if the summaries are stale or the proposal has no observations.
    """
    if not freshness.is_current(store, list(specs.facets)):
        return None
    with store.errors():
        return store.database[PROPOSAL_SUMMARIES].find_one({"_id": proposid})


def live(
    store: Store, thumbnail_filetypes: Sequence[str], proposid: int | None = None
) -> list[Document]:
    """Return summaries computed now, in the order of the proposal numbers.

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
    """
    with store.errors():
        return list(store.observations.aggregate(stages(thumbnail_filetypes, proposid)))


def stages(thumbnail_filetypes: Sequence[str], proposid: int | None = None) -> list[dict[str, Any]]:
    """Return the aggregation stages that yield summaries; parameters as for `live`."""
    known_detectors = {"input": "$detectors", "cond": {"$gt": ["$$this.k", ""]}}
    each_once = {
        name: {"$reduce": {"input": f"${name}", "initialValue": [], "in": _UNION}} for name in _SETS
    }
    return [
        {"$match": {"proposid": {"$ne": None} if proposid is None else proposid}},
        {"$group": _by_detector(thumbnail_filetypes)},
        {"$group": _by_proposal()},
        {"$set": {"detectors": {"$arrayToObject": {"$filter": known_detectors}}, **each_once}},
        {"$set": {"filters": {"$setUnion": ["$filters1", "$filters2"]}}},
        {"$unset": ["filters1", "filters2"]},
        {"$sort": {"_id": 1}},
    ]


def _by_detector(thumbnail_filetypes: Sequence[str]) -> dict[str, Any]:
    """Return the group of the observations of a proposal with one detector."""
    thumbnails = [f"$previews.{filetype}.thumbnail" for filetype in thumbnail_filetypes]
    has_thumbnail = {"$or": [{"$gt": [thumbnail, None]} for thumbnail in thumbnails]}
    return {
        "_id": {"proposid": "$proposid", "detector": "$detector"},
        "observations": {"$sum": 1},
        **{name: {"$addToSet": f"${keyword}"} for name, keyword in _SETS.items()},
        "first": {"$min": "$date_obs"},
        "last": {"$max": "$date_obs"},
        "exptime": {"$sum": "$exptime"},
        "pr_inv_l": {"$max": "$pr_inv_l"},
        "pr_inv_f": {"$max": "$pr_inv_f"},
        "thumbnail": {"$max": {"$cond": [has_thumbnail, "$_id", None]}},
    }


def _by_proposal() -> dict[str, Any]:
    """Return the group of the detectors of a proposal."""
    return {
        "_id": "$_id.proposid",
        "detectors": {"$push": {"k": "$_id.detector", "v": "$observations"}},
        **{name: {"$push": f"${name}"} for name in _SETS},
        **{name: {"$sum": f"${name}"} for name in ("observations", "exptime")},
        "first": {"$min": "$first"},
        **{name: {"$max": f"${name}"} for name in ("last", "pr_inv_l", "pr_inv_f", "thumbnail")},
    }
