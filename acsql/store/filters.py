"""How MongoDB is asked: conditions become filters here and nowhere else.

Values reach MongoDB only beneath an explicit operator and patterns only escaped, so nothing that
a user types is ever taken for an operator or a regular expression.
"""

import math
import re
from typing import Any

from ..keywords import has_many_values
from ..query import (
    And,
    AnyOf,
    Between,
    Condition,
    Covers,
    Equals,
    Exists,
    Like,
    Not,
    Or,
    Overlaps,
    Within,
)
from .fields import field_path, split_blocks

# What a document has in place of a value; to MongoDB, null is also what is not there.
_MISSING = [None, ""]


def to_filter(condition: Condition) -> dict[str, Any]:
    """Return the MongoDB filter of a condition that `acsql.query.prepare` has checked."""
    match condition:
        case Equals(keyword, value):
            return {field_path(keyword): {"$eq": value}}
        case AnyOf(keyword, values):
            return {field_path(keyword): {"$in": list(values)}}
        case Between():
            return _of_one(condition.keyword, _range(condition))
        case Like(keyword, pattern):
            return {field_path(keyword): {"$regex": like(pattern), "$options": "s"}}
        case Exists(keyword):
            return _of_one(keyword, {"$nin": _MISSING})
        case Within(ra, dec, radius):
            # MongoDB takes a point for its smallest cell on the sphere, so that one up to 2.4e-9
            # radians (0.5 milliarcseconds) outside of the circle still counts as inside: of what
            # the index finds, each is looked at again.
            cap = [_lon_lat(ra, dec), math.radians(radius)]
            roughly = {"position": {"$geoWithin": {"$centerSphere": cap}}}
            return {"$and": [roughly, {"$expr": _near(ra, dec, radius)}]}
        case Covers(ra, dec):
            return _meets({"type": "Point", "coordinates": _lon_lat(ra, dec)})
        case Overlaps(rootname, footprint):
            if footprint is None:
                raise TypeError(f"the footprint of {rootname} was not looked up")
            return _meets(footprint)
        case Not(inner):
            return _negated(inner)
        case And(()):
            return {}
        case And(conditions):
            return {"$and": [to_filter(part) for part in conditions]}
        case Or(()):
            return {"$nor": [{}]}
        case Or(conditions):
            return {"$or": [to_filter(part) for part in conditions]}
    raise TypeError(f"{condition!r} is no condition")


def _negated(condition: Condition) -> dict[str, Any]:
    """Return the filter for all that a condition does not hold for.

    It stays with the keyword wherever it can, because an index serves ``$ne``, ``$nin`` and
    ``$not``, but no ``$nor``.
    """
    match condition:
        case Equals(keyword, value):
            return {field_path(keyword): {"$ne": value}}
        case AnyOf(keyword, values):
            return {field_path(keyword): {"$nin": list(values)}}
        case Exists(keyword) if not _has_many(keyword):
            return {field_path(keyword): {"$in": _MISSING}}
        case Not(inner):
            return to_filter(inner)
        case Or(conditions) if conditions:
            return {"$and": [_negated(part) for part in conditions]}
        case And() | Or() | Within():
            return {"$nor": [to_filter(condition)]}
    [(place, bounds)] = to_filter(condition).items()
    return {place: {"$not": bounds}}


def like(pattern: str) -> str:
    """Return the anchored regular expression of a ``*``/``?`` pattern.

    The literal text before the first wildcard comes first, so an index serves it as a prefix.
    What stands between two ``*`` is taken where it is first found and never looked for again
    (an atomic group): if the whole matches at all it matches so, and no pattern makes the
    server try the ways to spread a text over many ``*``.
    """
    first, *others = (_literal(part) for part in re.split(r"\*+", pattern))
    if not others:
        return f"^{first}$"
    *between, last = others
    return f"^{first}" + "".join(f"(?>.*?{part})" for part in between) + f".*{last}$"


def _literal(text: str) -> str:
    return ".".join(map(re.escape, text.split("?")))


def _lon_lat(ra: float, dec: float) -> list[float]:
    """Return a position as GeoJSON has it: longitudes run from -180 to 180 degrees."""
    return [ra - 360 if ra > 180 else ra, dec]


def _near(ra: float, dec: float, radius: float) -> dict[str, Any]:
    """Return the expression that a position lies within a circle, exact to the last digits.

    It compares the haversines of distance and radius, which know neither poles nor RA = 0.
    """
    longitude, latitude = ({"$arrayElemAt": ["$position.coordinates", n]} for n in (0, 1))
    lon, lat = _lon_lat(ra, dec)
    cosines = [math.cos(math.radians(lat)), {"$cos": {"$degreesToRadians": latitude}}]
    across = {"$multiply": [*cosines, _haversine(longitude, lon)]}
    distance = {"$add": [_haversine(latitude, lat), across]}
    return {"$lte": [distance, math.sin(math.radians(radius) / 2) ** 2]}


def _haversine(degrees: Any, others: float) -> dict[str, Any]:
    """Return the haversine of the difference of two angles."""
    half = {"$divide": [{"$subtract": [degrees, others]}, 2]}
    return {"$pow": [{"$sin": {"$degreesToRadians": half}}, 2]}


def _meets(geometry: Any) -> dict[str, Any]:
    return {"footprint": {"$geoIntersects": {"$geometry": geometry}}}


def _has_many(address: str) -> bool:
    return has_many_values(address.rpartition(".")[2])


def _of_one(address: str, bounds: dict[str, Any]) -> dict[str, Any]:
    """Return a filter for one value; of several values, one has to meet all bounds."""
    path = field_path(address)
    if not _has_many(address):
        return {path: bounds}
    blocks = split_blocks(path)
    if blocks is None:
        return {path: {"$elemMatch": bounds}}
    field, name = blocks
    return {field: {"$elemMatch": {name: bounds}}}


def _range(condition: Between) -> dict[str, Any]:
    bounds = {}
    if condition.low is not None:
        bounds["$gte" if condition.low_inclusive else "$gt"] = condition.low
    if condition.high is not None:
        bounds["$lte" if condition.high_inclusive else "$lt"] = condition.high
    return bounds or {"$nin": _MISSING}
