"""What acsql asks as lines for the Mongo shell, so that whoever reads one can go on from there.

A line is JavaScript, and whatever a user has typed is in it as a literal and nothing else.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..query import Condition
from .filters import to_filter
from .observations import Order, total_order, value_stages
from .schema import OBSERVATIONS, path

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)
# A number literal without a fraction is an int of four bytes if it fits, and else a double.
_INT = 2**31
_CONSTANTS = {None: "null", True: "true", False: "false"}


def find(
    condition: Condition, addresses: Sequence[str], order: Sequence[Order], limit: int | None = None
) -> str:
    """Return the line that finds what `acsql.store.observations.find` does.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    """
    projection = {path(address): 1 for address in addresses}
    projection = ({} if "_id" in projection else {"_id": 0}) | projection
    sort = {path(key.address): -1 if key.descending else 1 for key in total_order(order)}
    only = f".limit({limit})" if limit else ""
    call = _call("find", _readable(to_filter(condition)), projection)
    return f"{call}.sort({literal(sort)}){only}"


def count(condition: Condition) -> str:
    """Return the line that counts the observations that meet a condition."""
    return _call("countDocuments", _readable(to_filter(condition)))


def facets(address: str, condition: Condition, limit: int | None = None) -> str:
    """Return the line that counts the values of a keyword, the most frequent first.

    Its documents have ``_id``, which is the value, and ``observations``.
    """
    frequent_first = {"$sort": {"observations": -1, "_id": 1}}
    few = [{"$limit": limit}] if limit else []
    return aggregate([*value_stages(address, condition), frequent_first, *few])


def aggregate(stages: Sequence[Mapping[str, Any]]) -> str:
    """Return the line that puts the observations through some stages."""
    return _call("aggregate", [_readable_stage(stage) for stage in stages])


def _call(method: str, *arguments: Any) -> str:
    return f"db.{OBSERVATIONS}.{method}({', '.join(map(literal, arguments))})"


def literal(value: Any) -> str:
    """Return a value as JavaScript that mongosh takes for the same.

    Raises
    ------
    TypeError
        If the value is of a type that no filter holds.
    """
    match value:
        case None | bool():
            return _CONSTANTS[value]
        case int():
            return str(value) if -_INT <= value < _INT else f'NumberLong("{value}")'
        case float():
            return _number(value)
        case str():
            # In ASCII, so that no line end of Unicode stands in it.
            return json.dumps(value)
        case datetime():
            return f'ISODate("{value.isoformat(timespec="milliseconds")}Z")'
        case Mapping():
            parts = (f"{_key(name)}: {literal(part)}" for name, part in value.items())
            return f"{{{', '.join(parts)}}}"
        case list() | tuple():
            return f"[{', '.join(map(literal, value))}]"
    raise TypeError(f"{value!r} is no value of a filter")


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def _key(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else json.dumps(name)


def _readable_stage(stage: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$match": _readable(stage["$match"])} if "$match" in stage else stage


def _readable(filter_: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same filter as people write it: ``{exptime: 60}``, and no needless ``$and``."""
    if list(filter_) == ["$and"]:
        parts = [_readable(part) for part in filter_["$and"]]
        names = [name for part in parts for name in part]
        if len(set(names)) < len(names):
            return {"$and": parts}
        return {name: part[name] for part in parts for name in part}
    return {
        name: [_readable(part) for part in found]
        if name in ("$and", "$or", "$nor")
        else _without_equality(found)
        for name, found in filter_.items()
    }


def _without_equality(found: Any) -> Any:
    """Return ``{$eq: value}`` as the value, which means the same of all that is no mapping."""
    match found:
        case {"$eq": value} if len(found) == 1 and not isinstance(value, Mapping):
            return value
    return found
