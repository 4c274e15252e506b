"""How MongoDB is asked: conditions become filters here and nowhere else.

Values reach MongoDB only beneath an explicit operator and patterns only escaped, so nothing that
a user types is ever taken for an operator or a regular expression.
"""

import re
from typing import Any

from ..query import And, AnyOf, Between, Condition, Equals, Like, Not, Or
from .documents import BLOCKS, path

_ANY_TEXT = {"*": ".*", "?": "."}


def to_filter(condition: Condition) -> dict[str, Any]:
    """Return the MongoDB filter of a condition that `acsql.query.prepare` has checked."""
    match condition:
        case Equals(keyword, value):
            return {path(keyword): {"$eq": value}}
        case AnyOf(keyword, values):
            return {path(keyword): {"$in": list(values)}}
        case Between():
            return _of_one(path(condition.keyword), _range(condition))
        case Like(keyword, pattern):
            return {path(keyword): {"$regex": like(pattern)}}
        case Not(inner):
            return {"$nor": [to_filter(inner)]}
        case And(()):
            return {}
        case And(conditions):
            return {"$and": [to_filter(part) for part in conditions]}
        case Or(()):
            return {"$nor": [{}]}
        case Or(conditions):
            return {"$or": [to_filter(part) for part in conditions]}
    raise TypeError(f"{condition!r} is no condition")


def like(pattern: str) -> str:
    """Return the anchored regular expression of a ``*``/``?`` pattern.

    The literal text before the first wildcard comes first, so an index serves it as a prefix.
    A run of ``*`` is one, so that no pattern makes the server backtrack over many.
    """
    parts = re.split(r"(\*+|\?)", pattern)
    return "^" + "".join(_ANY_TEXT.get(part[:1]) or re.escape(part) for part in parts) + "$"


def _of_one(place: str, bounds: dict[str, Any]) -> dict[str, Any]:
    """Return a filter for one value: of blocks, one has to lie within both bounds."""
    blocks, found, name = place.partition(f".{BLOCKS}.")
    if not found:
        return {place: bounds}
    return {f"{blocks}.{BLOCKS}": {"$elemMatch": {name: bounds}}}


def _range(condition: Between) -> dict[str, Any]:
    bounds = {}
    if condition.low is not None:
        bounds["$gte" if condition.low_inclusive else "$gt"] = condition.low
    if condition.high is not None:
        bounds["$lte" if condition.high_inclusive else "$lt"] = condition.high
    return bounds or {"$ne": None}
