"""Geometries become conditions that DuckDB evaluates, or sets that the database finds."""

import pytest

from acsql.errors import QueryError
from acsql.vo.adql import translate
from acsql.vo.sky import Circle, Polygon, Shape, box
from acsql.vo.tables import TapTable

_SELECT = "SELECT obs_id FROM ivoa.obscore WHERE "


@pytest.mark.parametrize(
    "condition",
    [
        "CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', 10, -20, 0.5)) = 1",
        "1 = INTERSECTS(CIRCLE(POINT(10, -20), 0.5), POINT(s_ra, s_dec))",
    ],
)
def test_a_cone_tests_declinations_first(tables: dict[str, TapTable], condition: str) -> None:
    sql = translate(_SELECT + condition, tables, 10).sql
    assert "BETWEEN -20.5 AND -19.5" in sql
    assert "ACSQL_DISTANCE" in sql


def test_outlines_are_compared_by_the_database(tables: dict[str, TapTable]) -> None:
    condition = "INTERSECTS(s_region, CIRCLE('', 10, 20, 0.5)) = 1"
    (found,) = translate(_SELECT + condition, tables, 10).sky_sets
    assert (found.relation, found.shape) == ("intersects", Circle(10, 20, 0.5))


@pytest.mark.parametrize(
    ("geometry", "shape"),
    [
        ("CIRCLE(10, 20, 0.5)", Circle(10, 20, 0.5)),
        ("POLYGON(0, 0, 1, 0, 1, 1)", Polygon(((0, 0), (1, 0), (1, 1)))),
        ("BOX(10, 20, 2, 3)", box(10, 20, 2, 3)),
    ],
)
def test_outlines_may_be_asked_to_lie_in_a_shape(
    tables: dict[str, TapTable], geometry: str, shape: Shape
) -> None:
    condition = f"CONTAINS(s_region, {geometry}) = 1"
    (found,) = translate(_SELECT + condition, tables, 10).sky_sets
    assert (found.relation, found.shape) == ("within", shape)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("CONTAINS(POINT('GALACTIC', s_ra, s_dec), CIRCLE(1, 2, 3)) = 1", "GALACTIC"),
        ("CONTAINS(POINT(s_ra, s_dec), CIRCLE(1, 2)) = 1", "POINT"),
        ("CONTAINS(POINT(s_ra, s_dec)) = 1", "two geometries"),
        ("CONTAINS(POLYGON(0, 0, 1, 0, 1, 1), s_region) = 1", "not supported"),
        ("CONTAINS(s_region, POINT(0, 0)) = 1", "not supported"),
        ("INTERSECTS(s_region, s_region) = 1", "not supported"),
        ("INTERSECTS(s_region, CIRCLE(s_ra, 2, 3)) = 1", "has to be a number"),
        ("INTERSECTS(s_region, CIRCLE(1, 91, 3)) = 1", "declination"),
        ("INTERSECTS(s_region, CIRCLE(1, 9, -3)) = 1", "radius"),
        ("CONTAINS(POINT(s_ra, s_dec), POLYGON(0, 0, 1, 0)) = 1", "POLYGON"),
        ("CONTAINS(POINT(s_ra, s_dec), BOX(0, 0, 1, 200)) = 1", "180"),
        ("CONTAINS(POINT(s_ra, s_dec), 3) = 1", "not a geometry"),
        ("DISTANCE(1, 2) > 3", "geometry"),
        ("CIRCLE(1, 2, 3) = 1", "CIRCLE"),
    ],
)
def test_a_wrong_geometry_is_an_error(
    tables: dict[str, TapTable], condition: str, message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        translate(_SELECT + condition, tables, 10)
