"""The geometries of ADQL 2.1, section 4.2, as expressions that DuckDB evaluates.

Positions are compared with circles by the distance on the sphere, and with polygons by a function
that `acsql.vo.engine` defines.  Outlines of observations (``s_region``) are compared by the index
of the database: the observations that are found are a table of the query.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from sqlglot import exp

from ..errors import QueryError
from ..query.messages import abbreviate
from .sky import Circle, Polygon, Shape, box

DISTANCE, IN_POLYGON = "acsql_distance", "acsql_in_polygon"
# The systems of the optional first argument of a shape (ADQL 2.1, section 4.2.2) whose coordinates
# are those of the archive.
_SYSTEMS = ("", "ICRS", "FK5", "J2000", "ICRS GEOCENTER", "UNKNOWN")
_ZERO = exp.Literal.number(0)
_REGION = "s_region"
_KEY = "obs_id"
GEOMETRIES = ("POINT", "CIRCLE", "BOX", "POLYGON", "CONTAINS", "INTERSECTS", "DISTANCE", "COORD1",
              "COORD2")  # fmt: skip


@dataclass(frozen=True)
class SkySet:
    """Observations whose outlines meet a condition, to be found before the query runs.

    Attributes
    ----------
    table : str
        The table that the query expects, with the column ``rootname``.
    relation : str
        ``intersects`` or ``within``: what the outline has to do with the shape.
    shape : Shape
        A circle or polygon; a circle of radius 0 is a point, and one of 180 degrees meets every
        outline.
    """

    table: str
    relation: str
    shape: Shape


@dataclass(frozen=True)
class _Point:
    """A position, of any expressions."""

    ra: exp.Expr
    dec: exp.Expr


@dataclass(frozen=True)
class _Circle:
    """A circle, of any expressions."""

    centre: _Point
    radius: exp.Expr


@dataclass(frozen=True)
class _Region:
    """The outline of an observation: the column of a table."""

    column: exp.Column


_Geometry = _Point | _Circle | Polygon | _Region


def without_geometries(query: exp.Query) -> tuple[exp.Query, tuple[SkySet, ...]]:
    """Return a query without geometries.

    Parameters
    ----------
    query : exp.Query
        With qualified columns; it is changed.

    Returns
    -------
    query : exp.Query
        The query for DuckDB.
    sky_sets : tuple of SkySet
        The tables that it expects.

    Raises
    ------
    QueryError
        If a geometry is not valid, or two cannot be compared.
    """
    sets: list[SkySet] = []

    def replaced(node: exp.Expr) -> exp.Expr:
        """Return what stands for a node of the query."""
        if isinstance(node, exp.EQ | exp.NEQ):
            return _comparison(node, sets)
        if isinstance(node, exp.Is) and isinstance(node.this, exp.Column) and _is_region(node.this):
            every = _Circle(_Point(_ZERO, _ZERO), exp.Literal.number(180))
            return exp.not_(_is_in_set(_Region(node.this), "intersects", every, sets))
        if _name(node) in ("CONTAINS", "INTERSECTS"):
            return exp.cast(_predicate(node, sets), "int")
        if _name(node) == "DISTANCE":
            return _distance_function(node)
        if _name(node) in ("COORD1", "COORD2"):
            point = _point(_one(node))
            return point.ra if _name(node) == "COORD1" else point.dec
        return node

    # The query itself is no geometry, so it stays what it is.
    query.transform(replaced, copy=False)
    for node in query.find_all(exp.Anonymous):
        if _name(node) in GEOMETRIES:
            raise QueryError(
                f"ADQL: {_text(node)} is supported only in CONTAINS, INTERSECTS and DISTANCE"
            )
    return query, tuple(sets)


def _comparison(node: exp.EQ | exp.NEQ, sets: list[SkySet]) -> exp.Expr:
    """Return ``CONTAINS(...) = 1`` as a condition, which DuckDB can evaluate early."""
    for test, number in ((node.this, node.expression), (node.expression, node.this)):
        if _name(test) in ("CONTAINS", "INTERSECTS") and number.name in ("0", "1"):
            is_true = (number.name == "1") == isinstance(node, exp.EQ)
            predicate = exp.paren(_predicate(test, sets), copy=False)
            return predicate if is_true else exp.not_(predicate, copy=False)
    return node


def _predicate(node: exp.Expr, sets: list[SkySet]) -> exp.Expr:
    """Return the condition that CONTAINS or INTERSECTS states."""
    if len(node.expressions) != 2:
        raise QueryError(f"ADQL: {_name(node)} takes two geometries, not {_text(node)}")
    first, second = map(_geometry, node.expressions)
    intersects = _name(node) == "INTERSECTS"
    match first, second:
        case _Point(), _Circle():
            return _is_near(first, second.centre, second.radius)
        case _Circle(), _Point() if intersects:
            return _is_near(second, first.centre, first.radius)
        case _Point(), Polygon():
            return _is_in_polygon(first, second)
        case Polygon(), _Point() if intersects:
            return _is_in_polygon(second, first)
        case _Circle(), _Circle():
            reach = (exp.Add if intersects else exp.Sub)(
                this=second.radius.copy(), expression=first.radius.copy()
            )
            return _is_near(first.centre, second.centre, exp.paren(reach))
        case (_Point() | _Circle() | Polygon(), _Region()) if intersects or isinstance(
            first, _Point
        ):
            return _is_in_set(second, "intersects", first, sets)
        case _Region(), (_Point() | _Circle() | Polygon()) if intersects:
            return _is_in_set(first, "intersects", second, sets)
        case _Region(), (_Circle() | Polygon()):
            return _is_in_set(first, "within", second, sets)
    raise QueryError(f"ADQL: {_text(node)} is not supported for these geometries")


def _is_near(point: _Point, centre: _Point, radius: exp.Expr) -> exp.Expr:
    """Return whether a point is within a distance of another."""
    near = exp.LTE(this=_distance(point, centre), expression=radius.copy())
    dec, reach = constant(centre.dec), constant(radius)
    if dec is None or reach is None:
        return near
    # Most rows are at other declinations, which is found out without a sine.
    strip = exp.Between(
        this=point.dec.copy(),
        low=exp.Literal.number(repr(dec - reach)),
        high=exp.Literal.number(repr(dec + reach)),
    )
    return exp.and_(strip, near, copy=False)


def _distance(a: _Point, b: _Point) -> exp.Expr:
    arguments = [part.copy() for part in (a.ra, a.dec, b.ra, b.dec)]
    return exp.Anonymous(this=DISTANCE, expressions=arguments)


def _distance_function(node: exp.Expr) -> exp.Expr:
    """Return DISTANCE of two points, or of their four coordinates."""
    if len(node.expressions) == 4:
        a, b = (_Point(*node.expressions[n : n + 2]) for n in (0, 2))
    elif len(node.expressions) == 2:
        a, b = map(_point, node.expressions)
    else:
        raise QueryError(f"ADQL: DISTANCE takes two points, not {_text(node)}")
    return _distance(a, b)


def _is_in_polygon(point: _Point, polygon: Polygon) -> exp.Expr:
    vertices = exp.Literal.string(json.dumps(polygon.vertices))
    return exp.Anonymous(this=IN_POLYGON, expressions=[point.ra.copy(), point.dec.copy(), vertices])


def _is_in_set(region: _Region, relation: str, geometry: _Geometry, sets: list[SkySet]) -> exp.Expr:
    """Return whether an observation is in a set that is found before the query runs."""
    sky_set = SkySet(f"sky set {len(sets)}", relation, _shape(geometry))
    sets.append(sky_set)
    table = exp.to_identifier(sky_set.table, quoted=True)
    found = exp.select("rootname").from_(exp.Table(this=table))
    key = exp.column(_KEY, table=region.column.args.get("table"), quoted=True)
    return exp.In(this=key, query=exp.Subquery(this=found))


def _shape(geometry: _Geometry) -> Shape:
    match geometry:
        case _Point(ra, dec):
            return Circle(_number(ra), _latitude(dec), 0)
        case _Circle(centre, radius):
            return Circle(_number(centre.ra), _latitude(centre.dec), _radius(radius))
        case Polygon():
            return geometry
    raise TypeError(f"{geometry} is no shape")


def _geometry(node: exp.Expr) -> _Geometry:
    """Return the geometry that an expression states."""
    if isinstance(node, exp.Column) and _is_region(node):
        return _Region(node)
    readers: dict[str, Callable[[exp.Expr, Sequence[exp.Expr]], _Geometry]] = {
        "POINT": _read_point,
        "CIRCLE": _read_circle,
        "BOX": _read_box,
        "POLYGON": _read_polygon,
    }
    reader = readers.get(_name(node))
    if reader is None:
        raise QueryError(
            f"ADQL: {_text(node)} is not a geometry: expected POINT, CIRCLE, BOX, POLYGON or "
            f"{_REGION}"
        )
    return reader(node, _arguments(node))


def _is_region(column: exp.Column) -> bool:
    return column.name == _REGION


def _arguments(node: exp.Expr) -> list[exp.Expr]:
    """Return the arguments of a geometry without the name of its coordinate system."""
    first, *others = node.expressions or [exp.null()]
    if not (isinstance(first, exp.Literal) and first.is_string):
        return list(node.expressions)
    if first.name.upper() not in _SYSTEMS:
        raise QueryError(
            f"ADQL: the coordinate system {abbreviate(first.name)} is not supported; the "
            "coordinates are in the ICRS"
        )
    return others


def _read_point(node: exp.Expr, arguments: Sequence[exp.Expr]) -> _Point:
    if len(arguments) != 2:
        _fail(node, "POINT(ra, dec)")
    return _Point(*arguments)


def _read_circle(node: exp.Expr, arguments: Sequence[exp.Expr]) -> _Circle:
    if len(arguments) == 2:
        return _Circle(_point(arguments[0]), arguments[1])
    if len(arguments) != 3:
        _fail(node, "CIRCLE(ra, dec, radius)")
    return _Circle(_Point(*arguments[:2]), arguments[2])


def _read_box(node: exp.Expr, arguments: Sequence[exp.Expr]) -> Polygon:
    if len(arguments) == 3:
        centre = _point(arguments[0])
        arguments = [centre.ra, centre.dec, *arguments[1:]]
    if len(arguments) != 4:
        _fail(node, "BOX(ra, dec, width, height)")
    ra, _, width, height = map(_number, arguments)
    return box(ra, _latitude(arguments[1]), width, height)


def _read_polygon(node: exp.Expr, arguments: Sequence[exp.Expr]) -> Polygon:
    if arguments and _name(arguments[0]) == "POINT":
        points = list(map(_point, arguments))
    elif len(arguments) % 2 == 0:
        points = [_Point(*arguments[n : n + 2]) for n in range(0, len(arguments), 2)]
    else:
        points = []
    if len(points) < 3:
        _fail(node, "POLYGON(ra1, dec1, ra2, dec2, ra3, dec3 ...)")
    return Polygon(tuple((_number(point.ra), _latitude(point.dec)) for point in points))


def _fail(node: exp.Expr, expected: str) -> NoReturn:
    raise QueryError(f"ADQL: {_text(node)} is not {expected}")


def _one(node: exp.Expr) -> exp.Expr:
    if len(node.expressions) != 1:
        _fail(node, f"{_name(node)}(POINT(ra, dec))")
    argument: exp.Expr = node.expressions[0]
    return argument


def _point(node: exp.Expr) -> _Point:
    geometry = _geometry(node)
    if not isinstance(geometry, _Point):
        _fail(node, "POINT(ra, dec)")
    return geometry


def constant(node: exp.Expr) -> float | None:
    """Return the number that an expression states.

    Parameters
    ----------
    node : exp.Expr
        Such as ``-(2.5)``.

    Returns
    -------
    float or None
        None if it depends on a row, or is no number.
    """
    sign = 1
    while isinstance(node, exp.Neg | exp.Paren):
        sign = -sign if isinstance(node, exp.Neg) else sign
        node = node.this
    if isinstance(node, exp.Literal) and not node.is_string:
        value = sign * float(node.name)
        return value if math.isfinite(value) else None
    return None


def _number(node: exp.Expr) -> float:
    value = constant(node)
    if value is None:
        raise QueryError(f"ADQL: {_text(node)} has to be a number in this geometry")
    return value


def _latitude(node: exp.Expr) -> float:
    value = _number(node)
    if not -90 <= value <= 90:
        raise QueryError(f"ADQL: the declination {_text(node)} is not between -90 and 90")
    return value


def _radius(node: exp.Expr) -> float:
    value = _number(node)
    if not 0 <= value <= 180:
        raise QueryError(f"ADQL: the radius {_text(node)} is not between 0 and 180")
    return value


def _name(node: exp.Expr) -> str:
    return str(node.this).upper() if isinstance(node, exp.Anonymous) else ""


def _text(node: exp.Expr) -> str:
    return abbreviate(node.sql())
