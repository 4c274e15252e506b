"""What is known of each proposal, once: type, title, cycle and principal investigator.

Headers do not say what kind a proposal is, so it comes from a file; the type is also kept in
each observation, because people search by it.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pymongo import ReplaceOne

from ..errors import ConfigError
from .connection import Store

ENTRIES = {"type": str, "title": str, "cycle": int, "pi": str}


def read(source: Path) -> dict[int, dict[str, Any]]:
    """Read a file of proposals: ``9019: {type: CAL/ACS, title: ..., cycle: 11, pi: ...}``.

    Raises
    ------
    ConfigError
        If the file cannot be read or an entry is wrong; the message names it.
    """
    try:
        content = yaml.safe_load(source.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot read the proposals file {source}: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{source}: expected lines like '9019: {{type: CAL/ACS}}'")
    return {_proposid(key, source): _entry(key, facts, source) for key, facts in content.items()}


def _proposid(key: Any, source: Path) -> int:
    if isinstance(key, bool) or not isinstance(key, int):
        raise ConfigError(f"{source}: {key!r} is no proposal number")
    return key


def _entry(proposid: int, facts: Any, source: Path) -> dict[str, Any]:
    if not isinstance(facts, dict):
        raise ConfigError(f"{source}: proposal {proposid} has no entries type, title, cycle, pi")
    for name, value in facts.items():
        if name not in ENTRIES:
            raise ConfigError(f"{source}: proposal {proposid} has the unknown entry {name!r}")
        if value is not None and type(value) is not ENTRIES[name]:
            kind = ENTRIES[name].__name__
            raise ConfigError(f"{source}: proposal {proposid}: {name} {value!r} is no {kind}")
    return {name: facts.get(name) for name in ENTRIES}


def save(store: Store, proposals: Mapping[int, Mapping[str, Any]]) -> None:
    """Keep what a file says of its proposals, also in the observations that are there."""
    known = by_id(store)
    changed = {key: facts for key, facts in proposals.items() if facts != known.get(key)}
    if not changed:
        return
    with store.errors():
        store.proposals.bulk_write(
            [ReplaceOne({"_id": key}, dict(facts), upsert=True) for key, facts in changed.items()]
        )
        for key, facts in changed.items():
            store.observations.update_many(
                {"proposid": key}, {"$set": {"proposal_type": facts["type"]}}
            )


def by_id(store: Store, proposids: Iterable[int] | None = None) -> dict[int, dict[str, Any]]:
    """Return what is known of some proposals, or of all."""
    filter_ = {} if proposids is None else {"_id": {"$in": list(proposids)}}
    with store.errors():
        return {facts.pop("_id"): facts for facts in store.proposals.find(filter_)}


def type_of(store: Store, proposid: int | None) -> str | None:
    """Return the type of a proposal, None where it is not known."""
    return by_id(store, [proposid]).get(proposid, {}).get("type") if proposid else None


def summaries(store: Store, proposid: int | None = None) -> list[dict[str, Any]]:
    """Return what the observations of each proposal come to, in the order of their numbers.

    Each has ``_id`` (the proposal), observations, detectors and targets (sets), first and last
    (dates), exptime (seconds), pr_inv_l, pr_inv_f and the rootname of one with a thumbnail.
    """
    match = {"proposid": {"$ne": None} if proposid is None else proposid}
    thumbnail = {"$cond": [{"$gt": ["$previews.flt.thumbnail", None]}, "$_id", None]}
    group = {
        "_id": "$proposid",
        "observations": {"$sum": 1},
        "detectors": {"$addToSet": "$detector"},
        "targets": {"$addToSet": "$targname"},
        "first": {"$min": "$date_obs"},
        "last": {"$max": "$date_obs"},
        "exptime": {"$sum": "$exptime"},
        "pr_inv_l": {"$max": "$pr_inv_l"},
        "pr_inv_f": {"$max": "$pr_inv_f"},
        "thumbnail": {"$max": thumbnail},
    }
    with store.errors():
        return list(
            store.observations.aggregate(
                [{"$match": match}, {"$group": group}, {"$sort": {"_id": 1}}]
            )
        )
