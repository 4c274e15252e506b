"""Translation of conditions into MongoDB filters.

No other module writes filters from user input.  Values are always operands of an explicit operator,
and patterns are escaped, so MongoDB never reads user input as an operator or a regular expression.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bson.regex import Regex

from ..keywords import has_many_values
from ..query import (
    Among,
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
from ..query.texts import Exact, beginnings, fold, ignores_case, stated_number
from .fields import field_path, split_blocks

# A keyword with one of these has no value; MongoDB's null also matches a missing field.
_MISSING = [None, ""]
# Radii of circles in degrees; MongoDB's index has no circles larger than half of the sky.
_HALF_SKY = 90
_WHOLE_SKY = 180


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
        case Equals(keyword, value, spellings):
            return {field_path(keyword): _one_of(keyword, [value], spellings)}
        case AnyOf(keyword, values, spellings):
            return {field_path(keyword): _one_of(keyword, values, spellings)}
        case Between():
            return _between(condition)
        case Like(keyword, _, tuple() as spellings):
            return {field_path(keyword): {"$in": list(spellings)}}
        case Like(keyword, pattern):
            return {field_path(keyword): _like(keyword, pattern)}
        case Among(keyword, rootnames):
            # The keys of a dictionary; another sequence is kept for `acsql.store.mongosh`.
            listed = list(rootnames) if isinstance(rootnames, Mapping) else rootnames
            return {field_path(keyword): {"$in": listed}}
        case Exists(keyword):
            return _of_one(keyword, {"$nin": _MISSING})
        case Within(_, _, radius) if radius >= _WHOLE_SKY:
            return {"position": {"$ne": None}}
        case Within(ra, dec, radius) if radius > _HALF_SKY:
            return {"position": {"$ne": None}, "$expr": _is_within(ra, dec, radius)}
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
        case Exists(keyword) if not _has_many(keyword):
            return {field_path(keyword): {"$in": _MISSING}}
        case Not(inner):
            return to_filter(inner)
        case Or(conditions) if conditions:
            return {"$and": [_negated(part) for part in conditions]}
        case And() | Or() | Within():
            return {"$nor": [to_filter(condition)]}
    [(path, test)] = to_filter(condition).items()
    match test:
        case {"$eq": value}:
            return {path: {"$ne": value}}
        case {"$in": values}:
            return {path: {"$nin": values}}
        case list():
            return {"$nor": [{path: test}]}
    return {path: {"$not": test}}


def _one_of(keyword: str, values: Sequence[Any], spellings: Sequence[str] | None) -> dict[str, Any]:
    """Return the test that a stored value equals one of some values.

    An index serves the spellings that the archive has looked up as its points; without them it
    serves the beginnings of the texts.
    """
    texts: list[str] = []
    operands: list[Any] = []
    for value in values:
        # Rootnames are stored in one case, which `acsql.query.prepare` gives them.
        varies = keyword != "rootname" and isinstance(value, str) and ignores_case(value)
        (texts if varies else operands).append(_operand(value))
    stated = (stated_number(value) for value in values if isinstance(value, str))
    operands += [number for number in stated if number is not None]
    if spellings is None:
        operands += [Regex(regex) for text in texts for regex in _equal(keyword, text)]
    else:
        folded = set(map(fold, texts))
        operands += [spelling for spelling in spellings if fold(spelling) in folded]
    is_point = len(operands) == 1 and not isinstance(operands[0], Regex)
    return {"$eq": operands[0]} if is_point else {"$in": operands}


def _equal(keyword: str, text: str) -> list[str]:
    """Return regular expressions for the texts that equal one that ignores case."""
    starts = beginnings(text) if "." not in keyword else ("",)
    # Unlike $, this is no end before a line feed.
    return [f"^{_spelled(text, start, wildcards=False)}(?![\\s\\S])" for start in starts]


def _like(keyword: str, pattern: str) -> dict[str, Any]:
    """Return the test that a stored text matches a pattern; an index finds its start."""
    start = text_before_wildcards(pattern)
    if "." in keyword or not ignores_case(start if not isinstance(pattern, Exact) else pattern):
        return {"$regex": like(pattern), "$options": "s"}
    return {"$in": [Regex(like(pattern, each), "s") for each in beginnings(start)]}


def text_before_wildcards(pattern: str) -> str:
    """Return the text before the first wildcard of a pattern, of which an index finds the start."""
    return re.split("[*?]", pattern, maxsplit=1)[0]


def like(pattern: str, start: str = "") -> str:
    """Return the regular expression of a pattern.

    Parameters
    ----------
    pattern : str
        Text with the wildcards ``*`` (any text) and ``?`` (one character); its letters stand for
        both cases unless it is `Exact`.
    start : str
        A spelling of its beginning, to which the expression is limited.

    Returns
    -------
    str
        Anchored at both ends.  It starts with the text before the first wildcard, so an index
        serves that as a prefix.  Text between two ``*`` is in an atomic group: it matches where it
        first occurs, without backtracking, so no pattern makes the server try every way to
        distribute a text over many ``*``.
    """
    first, *others = re.split(r"\*+", pattern)
    is_exact = isinstance(pattern, Exact)
    begin = f"^{_spelled(first, start, is_exact)}"
    if not others:
        return f"{begin}$"
    *between, last = (_spelled(part, is_exact=is_exact) for part in others)
    return begin + "".join(f"(?>.*?{part})" for part in between) + f".*{last}$"


def _spelled(text: str, start: str = "", is_exact: bool = False, wildcards: bool = True) -> str:
    """Return the regular expression of a text whose beginning has one spelling."""
    rest = text[len(start) :]
    return re.escape(start) + "".join(_character(c, is_exact, wildcards) for c in rest)


def _character(character: str, is_exact: bool, wildcards: bool) -> str:
    if wildcards and character == "?":
        return "."
    if not is_exact and ignores_case(character):
        return f"[{character.upper()}{character.lower()}]"
    return re.escape(character)


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


def _between(condition: Between) -> dict[str, Any]:
    """Return the filter of a range; texts that state numbers are also compared with numbers."""
    low, high = condition.low, condition.high
    ends = [end for end in (low, high) if end is not None]
    bounds = _of_one(condition.keyword, _bounds(condition, low, high))
    if not ends or not all(isinstance(end, str) for end in ends):
        return bounds
    numbers = [None if end is None else stated_number(end) for end in (low, high)]
    if sum(number is not None for number in numbers) < len(ends):
        return bounds
    return {"$or": [bounds, _of_one(condition.keyword, _bounds(condition, *numbers))]}


def _bounds(condition: Between, low: Any, high: Any) -> dict[str, Any]:
    bounds = {}
    if low is not None:
        bounds["$gte" if condition.low_inclusive else "$gt"] = _operand(low)
    if high is not None:
        bounds["$lte" if condition.high_inclusive else "$lt"] = _operand(high)
    return bounds or {"$nin": _MISSING}


def _operand(value: Any) -> Any:
    return str(value) if isinstance(value, Exact) else value
