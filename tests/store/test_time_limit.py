"""A query ends at its time limit, with the reason."""

import pytest

from acsql.errors import QueryTimeout
from acsql.query import And, Between, Equals, Like, Not, Or
from acsql.query.conditions import Exists, Within
from acsql.store import live_counts, queries, time_limit
from acsql.store.sorting import SortKey

SLOW = 0.001  # seconds, in which 20,000 documents cannot be read


@pytest.fixture
def many(store):
    store.observations.insert_many(
        (
            {
                "_id": f"j{n:07d}",
                "headers": {"raw": {"0": {"exptime": float(n), "text": "x" * 500}}},
            }
            for n in range(20_000)
        ),
        ordered=False,
    )
    return store


CONDITION = And((Between("raw.0.exptime", low=5.0), Like("raw.0.text", "*y*")))
QUERIES = {
    "count": lambda store, limit: live_counts.count(store, CONDITION, limit),
    "is_any": lambda store, limit: queries.any_match(store, CONDITION, limit),
    "values": lambda store, limit: live_counts.value_counts(store, "raw.0.text", CONDITION, limit),
    "distinct": lambda store, limit: live_counts.distinct(store, "raw.0.text", CONDITION, limit),
    "estimate": lambda store, limit: live_counts.estimate(store, CONDITION, limit),
    "find": lambda store, limit: list(
        queries.find(store, CONDITION, ["raw.0.text"], [SortKey("raw.0.text")], time_limit=limit)
    ),
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_timeout_gives_the_limit_and_the_keywords_without_index(many, name):
    with pytest.raises(QueryTimeout) as caught:
        QUERIES[name](many, SLOW)
    for text in ("0.001 seconds", "raw.0.exptime", "raw.0.text", "raise the time limit"):
        assert text in str(caught.value)


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_without_time_limit_runs_to_its_end(many, name):
    assert not QUERIES[name](many, None)


def test_keywords_that_no_index_serves_are_listed(store):
    store.observations.create_index([("exptime", 1), ("_id", 1)])
    conditions = And(
        (
            Equals("exptime", 1.0),
            Or((Between("flt.1.goodmean", 1), Not(Exists("targname")))),
            Like("exptime", "*5"),
            Within(1.0, 2.0, 3.0),
        )
    )
    order = [SortKey("aperture")]
    found = time_limit.keywords_without_index(store, conditions, order)
    assert sorted(found) == ["aperture", "exptime=*5", "flt.1.goodmean", "targname"]
    assert (
        time_limit.keywords_without_index(
            store, Equals("rootname", "j8bt05nj"), [SortKey("exptime")]
        )
        == []
    )
