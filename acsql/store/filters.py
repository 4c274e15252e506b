"""Translation of conditions into MongoDB filters.

No other module writes filters from user input.  Values are always operands of an explicit operator,
and patterns are escaped, so MongoDB never reads user input as an operator or a regular expression.
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

# A keyword with one of these has no value; MongoDB's null also matches a missing field.
_MISSING = [None, ""]


def to_filter(condition: Condition) -> dict[str, Any]:
    """Return the MongoDB filter of a condition.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.

    Returns
    -------
    dict
        Empty for the condition that every observation meets.

    Raises
    ------
    TypeError
        If it is not a condition, or an `Overlaps` without its footprint.
    """
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
            # To MongoDB a point is its smallest cell on the sphere, so a point up to 2.4e-9 radians
            # (0.5 milliarcsec) outside the circle counts as inside.  The second filter is exact.
            cap = [_lon_lat(ra, dec), math.radians(radius)]
            by_index = {"position": {"$geoWithin": {"$centerSphere": cap}}}
            return {"$and": [by_index, {"$expr": _is_within(ra, dec, radius)}]}
        case Covers(ra, dec):
            return _intersects({"type": "Point", "coordinates": _lon_lat(ra, dec)})
        case Overlaps(rootname, footprint):
            if footprint is None:
                raise TypeError(f"the footprint of {rootname} was not looked up")
            return _intersects(footprint)
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
    raise TypeError(f"{condition!r} is not a condition")


def _negated(condition: Condition) -> dict[str, Any]:
    """Return the filter for the observations that do not meet a condition.

    The negation is moved to the keywords where possible, because an index serves ``$ne``, ``$nin``
    and ``$not``, but not ``$nor``.
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
    [(path, bounds)] = to_filter(condition).items()
    return {path: {"$not": bounds}}


def like(pattern: str) -> str:
    """Return the regular expression of a pattern.

    Parameters
    ----------
    pattern : str
        Text with the wildcards ``*`` (any text) and ``?`` (one character).

    Returns
    -------
    str
        Anchored at both ends.  It starts with the text before the first wildcard, so an index
        serves that as a prefix.  Text between two ``*`` is in an atomic group: it matches where it
        first occurs, without backtracking, so no pattern makes the server try every way to
        distribute a text over many ``*``.
    """
    first, *others = (_literal(part) for part in re.split(r"\*+", pattern))
    if not others:
        return f"^{first}$"
    *between, last = others
    return f"^{first}" + "".join(f"(?>.*?{part})" for part in between) + f".*{last}$"


def _literal(text: str) -> str:
    return ".".join(map(re.escape, text.split("?")))


def _lon_lat(ra: float, dec: float) -> list[float]:
    """Return a position for GeoJSON, whose longitudes run from -180 to 180 degrees."""
    return [ra - 360 if ra > 180 else ra, dec]


def _is_within(ra: float, dec: float, radius: float) -> dict[str, Any]:
    """Return the expression that a position lies within a circle, to rounding errors.

    It compares the haversines of distance and radius, which have no special cases at the poles
    and at RA = 0.
    """
    longitude, latitude = ({"$arrayElemAt": ["$position.coordinates", n]} for n in (0, 1))
    lon, lat = _lon_lat(ra, dec)
    cosines = [math.cos(math.radians(lat)), {"$cos": {"$degreesToRadians": latitude}}]
    across = {"$multiply": [*cosines, _haversine(longitude, lon)]}
    distance = {"$add": [_haversine(latitude, lat), across]}
    return {"$lte": [distance, math.sin(math.radians(radius) / 2) ** 2]}


def _haversine(degrees: Any, other: float) -> dict[str, Any]:
    """Return the haversine of the difference of two angles."""
    half = {"$divide": [{"$subtract": [degrees, other]}, 2]}
    return {"$pow": [{"$sin": {"$degreesToRadians": half}}, 2]}


def _intersects(geometry: Any) -> dict[str, Any]:
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
