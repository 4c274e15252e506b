"""Do Python keyword arguments become the conditions that they mean?"""

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from query_values import OF_TYPE, SPECS

from acsql import query
from acsql.errors import QueryError
from acsql.query import And, AnyOf, Between, Covers, Equals, Exists, Like, Not, Or, Overlaps, Within

PLACE = SkyCoord(6.02, -72.08, unit="deg")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (60, Equals("exptime", 60.0)),
        ((100, 500), Between("exptime", 100.0, 500.0)),
        ((100, None), Between("exptime", low=100.0)),
        ((None, 500), Between("exptime", high=500.0)),
        ([60, 500], AnyOf("exptime", (60.0, 500.0))),
        ([60], Equals("exptime", 60.0)),
        ([], Or(())),
        ({60}, Equals("exptime", 60.0)),
        (range(2), AnyOf("exptime", (0.0, 1.0))),
        (np.array([60.0, 500.0]), AnyOf("exptime", (60.0, 500.0))),
        (np.float32(60), Equals("exptime", 60.0)),
        (np.array(60.0), Equals("exptime", 60.0)),
        (iter([60, 500]), AnyOf("exptime", (60.0, 500.0))),
        ([60, 60.0], Equals("exptime", 60.0)),
        (None, Not(Exists("exptime"))),
        ([60, None], Or((Not(Exists("exptime")), Equals("exptime", 60.0)))),
        (np.ma.masked, Not(Exists("exptime"))),
        (1 * units.min, Equals("exptime", 60.0)),
        ([1, 2] * units.min, AnyOf("exptime", (60.0, 120.0))),
        ((1 * units.min, None), Between("exptime", low=60.0)),
    ],
)
def test_a_keyword_argument_becomes_a_condition(value, expected):
    stated = query.from_keywords({"EXPTIME": value})
    assert [query.prepare(condition, SPECS) for condition in stated] == [expected]


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        ("near", ("6.02 -72.08", "6 arcmin"), Within(6.02, -72.08, 0.1)),
        ("near", ((6.02, -72.08), 0.1), Within(6.02, -72.08, 0.1)),
        ("near", (PLACE, 6 * units.arcmin), Within(6.02, -72.08, 0.1)),
        ("covers", PLACE, Covers(6.02, -72.08)),
        ("overlaps", "J8BT05NJQ", Overlaps("j8bt05nj")),
    ],
)
def test_three_arguments_are_conditions_on_the_sky(keyword, value, expected):
    [condition] = query.from_keywords({keyword: value})
    assert query.prepare(condition, SPECS) == expected


@pytest.mark.parametrize("value", [PLACE, "6.02 -72.08", (1, 2, 3), None])
def test_near_takes_a_position_and_a_radius(value):
    with pytest.raises(QueryError, match="near: expected a position and a radius"):
        query.from_keywords({"near": value})


def test_no_keyword_has_the_name_of_a_condition_on_the_sky():
    assert not SPECS.top_level.keys() & {"near", "covers", "overlaps"}


@pytest.mark.parametrize("value", [1 * units.m, (None, 1 * units.deg), [1 * units.m]])
def test_a_quantity_of_another_unit_is_refused(value):
    with pytest.raises(QueryError, match="exptime: expected a number in s"):
        query.prepare(query.from_keywords({"exptime": value})[0], SPECS)


def test_a_text_argument_may_be_a_pattern():
    assert query.from_keywords({"targname": "NGC*", "filter1": ["F606W", "F8*"]}) == [
        Like("targname", "NGC*"),
        Or((Like("filter1", "F8*"), Equals("filter1", "F606W"))),
    ]


@pytest.mark.parametrize("value", [(), (1,), (1, 2, 3)])
def test_a_range_is_of_two(value):
    with pytest.raises(QueryError, match="exptime: a range is a tuple of two"):
        query.from_keywords({"exptime": value})


@pytest.mark.parametrize(
    "value", [{"$gt": ""}, {"$gt": 0}, b"60", [{"$gt": 0}], [[60]], [(1, 2)], object()]
)
@pytest.mark.parametrize("keyword", OF_TYPE.values())
def test_anything_but_a_value_is_refused(keyword, value):
    with pytest.raises(QueryError, match=keyword):
        query.prepare(And(tuple(query.from_keywords({keyword: value}))), SPECS)
