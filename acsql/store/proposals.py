"""What is known of each proposal, once: type, title, cycle and principal investigator.

Headers do not say what kind a proposal is, so it comes from elsewhere; the type is also kept in
each observation, because people search by it.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from pymongo import ReplaceOne, UpdateOne

from ..errors import ConfigError
from .client import Store
from .derived import freshness

ENTRIES = {"type": str, "title": str, "cycle": int, "pi": str}
# What the observations of a proposal have, each value once.
_SETS = {"targets": "targname", "visits": "visit", "filters1": "filter1", "filters2": "filter2"}
_UNION = {"$setUnion": ["$$value", "$$this"]}


def read(source: Path) -> dict[int, dict[str, Any]]:
    """Read a file of proposals.

    Parameters
    ----------
    source : Path
        YAML like ``9019: {type: CAL/ACS, title: ..., cycle: 11, pi: ...}``, or, if its name ends
        in ``.csv``, a table with the header ``proposid,type,title,cycle,pi``.

    Raises
    ------
    ConfigError
        If the file cannot be read or an entry is wrong; the message names it.
    """
    reader = _from_csv if source.suffix.lower() == ".csv" else _from_yaml
    try:
        content = reader(source)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, csv.Error) as error:
        raise ConfigError(f"cannot read the proposals file {source}: {error}") from error
    return {_proposid(key, source): _entry(key, facts, source) for key, facts in content.items()}


def _from_yaml(source: Path) -> dict[Any, Any]:
    # The parser of libyaml, where there is one, takes a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(source.read_text(encoding="utf-8"), loader) or {}
    if not isinstance(content, dict):
        raise ConfigError(f"{source}: expected lines like '9019: {{type: CAL/ACS}}'")
    return content


def _from_csv(source: Path) -> dict[Any, dict[str | None, Any]]:
    """Return what a table says; spreadsheets begin theirs with a byte order mark."""
    content: dict[Any, dict[str | None, Any]] = {}
    with source.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, restkey="", strict=True)
        if "proposid" not in (rows.fieldnames or ()):
            header = ",".join(["proposid", *ENTRIES])
            raise ConfigError(f"{source}: expected a first line like {header!r}")
        for row in rows:
            key = _number(row.pop("proposid"))
            if key in content:
                raise ConfigError(f"{source}: proposal {key} is there twice")
            if "" in row:
                raise ConfigError(f"{source}: proposal {key} has more values than there are names")
            content[key] = {name: _text(value) for name, value in row.items()}
            content[key]["cycle"] = _number(row.get("cycle"))
    return content


def _text(value: str | None) -> str | None:
    return (value or "").strip() or None


def _number(value: str | None) -> int | str | None:
    """Return a whole number; any other text as it is, for the message about it."""
    text = _text(value)
    return int(text) if text and re.fullmatch("[0-9]{1,18}", text) else text


def _proposid(key: Any, source: Path) -> int:
    if isinstance(key, bool) or not isinstance(key, int) or not 0 < key < 2**63:
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
    """Keep what is said of some proposals, also in the observations that are there."""
    known = by_id(store)
    changed = {key: facts for key, facts in proposals.items() if facts != known.get(key)}
    if not changed:
        return
    freshness.mark_stale(store)
    # The proposals last: if this is cut short, the next call still finds them changed.
    with store.errors():
        for key, facts in changed.items():
            store.observations.update_many(
                {"proposid": key}, {"$set": {"proposal_type": facts["type"]}}
            )
        store.proposals.bulk_write(
            [ReplaceOne({"_id": key}, dict(facts), upsert=True) for key, facts in changed.items()]
        )


def by_id(store: Store, proposids: Iterable[int] | None = None) -> dict[int, dict[str, Any]]:
    """Return what is known of some proposals, or of all."""
    filter_ = {} if proposids is None else {"_id": {"$in": list(proposids)}}
    with store.errors():
        found = store.proposals.find(filter_, dict.fromkeys(ENTRIES, True))
        return {facts.pop("_id"): facts for facts in found}


def observed(store: Store) -> set[int]:
    """Return the proposals of which there are observations."""
    with store.errors():
        return set(store.observations.distinct("proposid")) - {None}


def known(store: Store, proposids: Iterable[int]) -> set[int]:
    """Return those of some proposals of which anything is known."""
    found = by_id(store, proposids)
    return {key for key, facts in found.items() if any(v is not None for v in facts.values())}


def tried(store: Store, proposids: Iterable[int], since: datetime) -> set[int]:
    """Return those of some proposals that were asked for in vain at `since` (UTC) or later."""
    filter_ = {"_id": {"$in": list(proposids)}, "tried": {"$gte": since}}
    with store.errors():
        return set(store.proposals.distinct("_id", filter_))


def note_tried(store: Store, proposids: Iterable[int], when: datetime) -> None:
    """Keep when some proposals of which nothing is known were asked for in vain."""
    nothing = dict.fromkeys(ENTRIES)
    updates = [
        UpdateOne({"_id": key}, {"$set": {"tried": when}, "$setOnInsert": nothing}, upsert=True)
        for key in proposids
    ]
    if updates:
        with store.errors():
            store.proposals.bulk_write(updates, ordered=False)


def type_of(store: Store, proposid: int | None) -> str | None:
    """Return the type of a proposal, None where it is not known."""
    if proposid is None:
        return None
    with store.errors():
        return (store.proposals.find_one({"_id": proposid}, {"type": 1}) or {}).get("type")


def summaries(
    store: Store, thumbnail_filetype: str, proposid: int | None = None
) -> list[dict[str, Any]]:
    """Return what the observations of each proposal come to, in the order of their numbers.

    Each has ``_id`` (the proposal), observations, detectors (with the number of each), targets,
    visits and filters (each once), first and last (dates), exptime (seconds), pr_inv_l, pr_inv_f
    and the rootname of one with a thumbnail.
    """
    with store.errors():
        return list(store.observations.aggregate(summary_stages(thumbnail_filetype, proposid)))


def summary_stages(thumbnail_filetype: str, proposid: int | None = None) -> list[dict[str, Any]]:
    """Return the stages of an aggregation that yields what `summaries` returns."""
    match = {"proposid": {"$ne": None} if proposid is None else proposid}
    picture = f"$previews.{thumbnail_filetype}.thumbnail"
    thumbnail = {"$cond": [{"$gt": [picture, None]}, "$_id", None]}
    of_detector = {
        "_id": {"proposid": "$proposid", "detector": "$detector"},
        "observations": {"$sum": 1},
        **{name: {"$addToSet": f"${keyword}"} for name, keyword in _SETS.items()},
        "first": {"$min": "$date_obs"},
        "last": {"$max": "$date_obs"},
        "exptime": {"$sum": "$exptime"},
        "pr_inv_l": {"$max": "$pr_inv_l"},
        "pr_inv_f": {"$max": "$pr_inv_f"},
        "thumbnail": {"$max": thumbnail},
    }
    together = {
        "_id": "$_id.proposid",
        "detectors": {"$push": {"k": "$_id.detector", "v": "$observations"}},
        **{name: {"$push": f"${name}"} for name in _SETS},
        **{name: {"$sum": f"${name}"} for name in ("observations", "exptime")},
        "first": {"$min": "$first"},
        **{name: {"$max": f"${name}"} for name in ("last", "pr_inv_l", "pr_inv_f", "thumbnail")},
    }
    known = {"input": "$detectors", "cond": {"$gt": ["$$this.k", ""]}}
    each_once = {
        name: {"$reduce": {"input": f"${name}", "initialValue": [], "in": _UNION}} for name in _SETS
    }
    both = {"$setUnion": ["$filters1", "$filters2"]}
    return [
        {"$match": match},
        {"$group": of_detector},
        {"$group": together},
        {"$set": {"detectors": {"$arrayToObject": {"$filter": known}}, **each_once}},
        {"$set": {"filters": both}},
        {"$unset": ["filters1", "filters2"]},
        {"$sort": {"_id": 1}},
    ]
