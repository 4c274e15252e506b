"""Are values coerced to the types of keywords, or refused with what is expected?"""

import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from query_values import OF_TYPE, SPECS, column, is_stored, untimed

from acsql import query
from acsql.errors import QueryError
from acsql.keywords import TYPES
from acsql.query import AnyOf, Equals, Like

# Anything that a program might pass where a value of a type is expected.
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.none() | st.timezones()),
    st.fractions(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["$gt", "$ne", "$where"]), st.text(), max_size=1),
)


def test_the_columns_of_these_tests_are_of_every_type():
    assert {type_: column(type_).spec.type for type_ in OF_TYPE} == {
        type_: type_ for type_ in TYPES
    }


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("int", "9019", 9019),
        ("int", " 9019 ", 9019),
        ("int", 9019.0, 9019),
        ("int", np.int64(9019), 9019),
        ("int", np.float32(9019), 9019),
        ("float", "60", 60.0),
        ("float", "6e1", 60.0),
        ("float", 60, 60.0),
        ("float", np.float32(0.5), 0.5),
        ("str", "NGC104", "NGC104"),
        ("str", "9019", "9019"),
        *(("bool", value, True) for value in (True, "T", "true", "YES", 1, "1", np.True_)),
        *(("bool", value, False) for value in (False, "F", "false", "no", 0, "0", np.False_)),
        ("date", "2002-04-13", datetime(2002, 4, 13)),
        ("date", " 2002-04-13 ", datetime(2002, 4, 13)),
        ("date", date(2002, 4, 13), datetime(2002, 4, 13)),
        ("date", datetime(2002, 4, 13, 18, 16), datetime(2002, 4, 13)),
        ("time", "18:16:35", "18:16:35"),
        ("time", "18:16", "18:16:00"),
        ("time", time(18, 16, 35), "18:16:35"),
        ("datetime", "2002-04-13T18:16:35", datetime(2002, 4, 13, 18, 16, 35)),
        ("datetime", "2002-04-13 18:16:35", datetime(2002, 4, 13, 18, 16, 35)),
        ("datetime", "2002-04-13", datetime(2002, 4, 13)),
        ("datetime", date(2002, 4, 13), datetime(2002, 4, 13)),
        ("datetime", "2002-04-13T18:16:35Z", datetime(2002, 4, 13, 18, 16, 35)),
        ("datetime", "2002-04-13T18:16:35+02:00", datetime(2002, 4, 13, 16, 16, 35)),
        ("datetime", datetime(2002, 4, 13, tzinfo=UTC), datetime(2002, 4, 13)),
    ],
)
def test_a_value_becomes_the_type_of_its_keyword(type_, value, expected):
    found = query.coerce_value(value, column(type_))
    assert found == expected
    assert is_stored(found, type_)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        *(("int", value) for value in ("", "x", "1.5", "1e3", "nan", "inf", None, True, b"9")),
        *(("int", value) for value in (1.5, math.nan, math.inf, np.float32(1.5), Fraction(3, 2))),
        *(("int", value) for value in (2**63, -(2**63) - 1, "9" * 30, "9" * 5000, 1e30, [1])),
        *(("float", value) for value in ("", "x", "nan", "inf", "-inf", "1e999", "1,5")),
        *(("float", value) for value in (None, True, math.nan, math.inf, 10**400, [1.0])),
        *(("str", value) for value in (None, 1, True, b"x", ["x"], "a\0b", "\udcff")),
        *(("bool", value) for value in ("", "maybe", "2", 2, None, [], "truee")),
        *(("date", value) for value in ("", "x", "2003-02-30", "2003-13-01", "13/04/2002")),
        *(("date", value) for value in (None, 5, 2002.5, True, [], time(1, 2), "0000-01-01")),
        *(("date", value) for value in ("2002-00", "2002-13", "2002-4-13", "20020413", "9999")),
        *(("date", value) for value in (math.nan, math.inf, 1e5, 9999.5, "99999999")),
        *(("time", value) for value in ("", "x", "25:00", "18:60", None, 18, [], date.min)),
        *(("datetime", value) for value in ("", "x", "2003-02-30", "2002-04-13T25:00", None)),
        *(("datetime", value) for value in (5, [], time(1, 2), True)),
        *((type_, {"$gt": ""}) for type_ in TYPES),
    ],
)
def test_a_value_of_another_type_is_refused_with_what_is_expected(type_, value):
    expected = {
        "int": "a whole number",
        "float": "a number in s",
        "str": "text",
        "bool": "true or false",
        "date": "a date like",
        "time": "a time like",
        "datetime": "a date and time like",
    }[type_]
    with pytest.raises(QueryError, match=f"{OF_TYPE[type_]}: expected {expected}") as caught:
        query.coerce_value(value, column(type_))
    assert repr(value)[:70] in str(caught.value)
    assert len(str(caught.value)) < 200


@untimed
@given(st.sampled_from(TYPES), ANYTHING)
def test_a_value_is_typed_or_refused_and_typing_it_again_changes_nothing(type_, value):
    try:
        found = query.coerce_value(value, column(type_))
    except QueryError as error:
        assert OF_TYPE[type_] in str(error)
        return
    assert is_stored(found, type_)
    assert query.coerce_value(found, column(type_)) == found


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11))])))
def test_a_time_of_a_zone_is_compared_in_utc(moment):
    try:
        expected = moment.astimezone(UTC).replace(tzinfo=None)
        expected -= timedelta(microseconds=expected.microsecond % 1000)  # as MongoDB keeps it
    except OverflowError:
        assume(False)
    assert query.coerce_value(moment, column("datetime")) == expected


@pytest.mark.parametrize(
    ("value", "key"),
    [("J8BT05NJQ", "j8bt05nj"), ("j8bt05nj", "j8bt05nj"), ("jcp001010", "jcp001010")],
)
def test_a_rootname_is_compared_as_the_key_of_the_archive(value, key):
    assert query.parse(f"rootname={value}", SPECS) == Equals("rootname", key)
    assert query.parse(f"rootname={value},jbmma2u2q", SPECS) == AnyOf("rootname", (key, "jbmma2u2"))


def test_an_invalid_rootname_is_refused():
    with pytest.raises(QueryError, match="'j8bt' is not a rootname"):
        query.parse("rootname=j8bt", SPECS)


def test_a_pattern_of_rootnames_is_in_any_case():
    assert query.parse("rootname=J8BT*", SPECS) == Like("rootname", "j8bt*")
