"""Do dates stand for the whole of what they name?"""

import re
from datetime import date, datetime

import numpy as np
import pytest
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st
from query_values import SPECS, column, untimed

from acsql import query
from acsql.errors import QueryError
from acsql.query import AnyOf, Between, Equals, Not


def mjd(text):
    return Time(text, scale="utc").mjd


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("date_obs=2002-04-13", Equals("date_obs", datetime(2002, 4, 13))),
        ("date_obs=2002-04-13T18:16:35", Equals("date_obs", datetime(2002, 4, 13))),
        ("date_obs=52377", Equals("date_obs", datetime(2002, 4, 13))),
        ("date_obs=52377.99", Equals("date_obs", datetime(2002, 4, 13))),
        ("date_obs<=2002-04-13", Between("date_obs", high=datetime(2002, 4, 13))),
        (
            "date_obs>2002-04-13",
            Between("date_obs", low=datetime(2002, 4, 13), low_inclusive=False),
        ),
        (
            "date_obs=2002-04",
            Between("date_obs", datetime(2002, 4, 1), datetime(2002, 5, 1), high_inclusive=False),
        ),
        (
            "date_obs=2002",
            Between("date_obs", datetime(2002, 1, 1), datetime(2003, 1, 1), high_inclusive=False),
        ),
        (
            "date_obs!=2002-12",
            Not(
                Between(
                    "date_obs", datetime(2002, 12, 1), datetime(2003, 1, 1), high_inclusive=False
                )
            ),
        ),
        ("date_obs>=2002-04", Between("date_obs", low=datetime(2002, 4, 1))),
        ("date_obs>2002-04", Between("date_obs", low=datetime(2002, 5, 1))),
        (
            "date_obs<2002-04",
            Between("date_obs", high=datetime(2002, 4, 1), high_inclusive=False),
        ),
        (
            "date_obs<=2002-04",
            Between("date_obs", high=datetime(2002, 5, 1), high_inclusive=False),
        ),
        (
            "date_obs=2002..2003",
            Between("date_obs", datetime(2002, 1, 1), datetime(2004, 1, 1), high_inclusive=False),
        ),
        (
            "last_ingest_date=2002-04-13",
            Between(
                "last_ingest_date",
                datetime(2002, 4, 13),
                datetime(2002, 4, 14),
                high_inclusive=False,
            ),
        ),
        (
            "last_ingest_date<=2002-04-13T18:16",
            Between("last_ingest_date", high=datetime(2002, 4, 13, 18, 17), high_inclusive=False),
        ),
        (
            "last_ingest_date=2002-04-13T18:16:35.0",
            Equals("last_ingest_date", datetime(2002, 4, 13, 18, 16, 35)),
        ),
        ("last_ingest_date=52377.5", Equals("last_ingest_date", datetime(2002, 4, 13, 12))),
        ("last_ingest_date<=9999-12-31T23:59:59.9", None),
        ("expstart=52377", Equals("expstart", 52377.0)),
        ("expstart>=52377.5", Between("expstart", low=52377.5)),
        ("expstart=2002-04-13", Between("expstart", 52377.0, 52378.0, high_inclusive=False)),
        ("expstart>=2002", Between("expstart", low=mjd("2002-01-01"))),
        (
            "expstart<2002-04-13T18:16:35",
            Between("expstart", high=mjd("2002-04-13T18:16:35"), high_inclusive=False),
        ),
        (
            "expstart>=2002-04-13T18:16:35.5",
            Between("expstart", low=mjd("2002-04-13T18:16:35.5")),
        ),
        ("raw.0.proctime>=2002", None),
    ],
)
def test_a_date_stands_for_its_whole_period(text, expected):
    found = query.parse(text, SPECS)
    assert expected is None or found == expected
    assert query.prepare(found, SPECS) == found


@pytest.mark.parametrize("keyword", ["date_obs", "last_ingest_date", "expstart"])
@pytest.mark.parametrize(
    "value", ["2003-02-30", "2003-13", "2002-04-13T25:00", "2002-04-13T18", "13.4.2002", "today"]
)
def test_an_invalid_date_is_refused(keyword, value):
    with pytest.raises(QueryError, match=f"{keyword}: expected a .*date.*{value}"):
        query.parse(f"{keyword}={value}", SPECS)


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        ("date_obs", date(2002, 4, 13), Equals("date_obs", datetime(2002, 4, 13))),
        ("date_obs", Time("2002-04-13"), Equals("date_obs", datetime(2002, 4, 13))),
        ("date_obs", np.datetime64("2002-04-13"), Equals("date_obs", datetime(2002, 4, 13))),
        ("date_obs", 52377, Equals("date_obs", datetime(2002, 4, 13))),
        ("expstart", Time(52377.123456789, format="mjd"), Equals("expstart", 52377.123456789)),
        ("expstart", datetime(2002, 4, 13, 12), Equals("expstart", 52377.5)),
        ("expstart", date(2002, 4, 13), Between("expstart", 52377, 52378, high_inclusive=False)),
        ("expstart", (Time("2002-04-13"), None), Between("expstart", low=52377.0)),
        ("expstart", Time(["2002-04-13", "2002-04-14"]), AnyOf("expstart", (52377.0, 52378.0))),
        (
            "last_ingest_date",
            np.datetime64("2002-04-13T12:00:00.123456789"),
            Equals("last_ingest_date", datetime(2002, 4, 13, 12, 0, 0, 123000)),
        ),
        ("last_ingest_date", datetime(2002, 4, 13), None),
    ],
)
def test_dates_of_python_numpy_and_astropy_are_understood(keyword, value, expected):
    [stated] = query.from_keywords({keyword: value})
    found = query.prepare(stated, SPECS)
    assert found == (Equals(keyword, value) if expected is None else expected)


@untimed
@given(st.dates(date(1970, 1, 1), date(2030, 1, 1)))
def test_days_are_the_same_as_dates_and_as_numbers(day):
    found = query.prepare(Equals("expstart", day), SPECS)
    assert query.prepare(Equals("expstart", day.isoformat()), SPECS) == found
    assert found.high - found.low == 1
    assert query.coerce_value(found.low, column("date")) == query.coerce_value(day, column("date"))


@pytest.mark.parametrize("name", ["expstart", "expend", "raw.0.expstart", "raw.0.proctime"])
def test_dates_as_numbers_are_marked_in_the_specs(name):
    assert query.resolve(name, SPECS).spec.mjd


def test_every_modified_julian_date_is_marked():
    described = {
        name
        for name, spec in SPECS.keywords.items()
        if spec.type == "float" and re.search("MJD|Modified Julian", spec.description or "")
    }
    assert described == {name for name, spec in SPECS.keywords.items() if spec.mjd}
