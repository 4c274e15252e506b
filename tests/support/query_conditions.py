"""Conditions of all kinds, with texts of everything that the query language gives a meaning."""

from functools import cache

from hypothesis import strategies as st

from acsql.query import (
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

# Texts with everything that has a meaning in the query language, and with anything else.
signs = st.sampled_from([*"*?.,()<>=!\"' \n\t-+", "..", "and", "or", "not", "near", "a", "NGC"])

texts = st.lists(signs | st.characters(codec="utf-8", exclude_characters="\0"), max_size=6).map(
    "".join
)

VALUES = {
    "targname": texts,
    "exptime": st.floats(allow_nan=False, allow_infinity=False),
    "expstart": st.floats(0, 100_000),
    "proposid": st.integers(-(2**63), 2**63 - 1),
    "subarray": st.booleans(),
    "date_obs": st.dates(),
    "last_ingest_date": st.datetimes() | st.dates(),
    "time_obs": st.times(),
    "flt.1.goodmean": st.floats(-10, 10),
    "drz.0.dnnndata": texts,
    "flt.0.history": texts,
}


@cache
def about(keyword: str) -> st.SearchStrategy[Condition]:
    """Return the conditions on a keyword."""
    values = VALUES[keyword]
    ends = st.none() | values
    kinds = [
        st.builds(Equals, st.just(keyword), values),
        st.builds(AnyOf, st.just(keyword), st.lists(values, max_size=4).map(tuple)),
        st.builds(Between, st.just(keyword), ends, ends, st.booleans(), st.booleans()),
        st.just(Exists(keyword)),
    ]
    if values is texts:
        kinds.append(st.builds(Like, st.just(keyword), texts))
    return st.one_of(kinds)


of_keyword = st.sampled_from(sorted(VALUES)).flatmap(about)

right_ascensions, declinations = st.floats(-180, 360), st.floats(-90, 90)

of_sky = st.one_of(
    st.builds(Within, right_ascensions, declinations, st.floats(1e-9, 90)),
    st.builds(Covers, right_ascensions, declinations),
    st.sampled_from([Overlaps("j8bt05njq"), Overlaps("jcp001010")]),
)

conditions = st.recursive(
    of_keyword | of_sky,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(tuple).map(And),
        st.lists(inner, max_size=3).map(tuple).map(Or),
    ),
    max_leaves=8,
)
