"""Are conditions written as text that means the same, and as short as it can be?"""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from query_conditions import conditions
from query_values import SPECS

from acsql import query
from acsql.errors import QueryError
from acsql.query import Equals


@settings(max_examples=1500)
@given(conditions)
def test_a_condition_written_and_read_is_the_same(condition):
    prepared = query.prepare(condition, SPECS)
    assert query.parse(query.format_condition(prepared), SPECS) == prepared
    assert query.parse(query.format_condition(prepared, SPECS), SPECS) == prepared


def test_dates_are_written_as_short_as_their_keywords_are():
    condition = query.parse("date_obs=2002-04-13 last_ingest_date>=2003", SPECS)
    assert query.format_condition(condition, SPECS) == (
        "date_obs=2002-04-13 last_ingest_date>=2003-01-01T00:00:00.000"
    )


@given(
    st.sampled_from(["date_obs", "last_ingest_date"]),
    st.dates(max_value=date(9998, 12, 31)),
    st.dates(max_value=date(9998, 12, 31)),
    st.sampled_from([len("2005"), len("2005-03")]),
    st.sampled_from(["=", "!="]),
)
def test_years_and_months_are_written_as_they_were_read(keyword, one, other, length, sign):
    first, last = sorted(day.isoformat()[:length] for day in (one, other))
    read = query.parse(f"{keyword}{sign}{first}..{last}", SPECS)
    if (first[4:], last[4:]) == ("-01", "-12"):
        # Months that are whole years.
        first, last = first[:4], last[:4]
    period = first if first == last else f"{first}..{last}"
    assert query.format_condition(read, SPECS) == f"{keyword}{sign}{period}"


@pytest.mark.parametrize("condition", [None, "exptime=5", Equals("exptime", None), 5])
def test_a_condition_that_is_not_prepared_is_refused(condition):
    with pytest.raises(QueryError, match=r"is not a condition|cannot be written"):
        query.format_condition(condition)
