"""Observations and values are counted exactly, and estimated within the sampling error."""

from contextlib import contextmanager
from datetime import datetime

import pytest

from acsql.query import And, Between, Equals, Like
from acsql.store import live_counts, observation_writes

EVERYTHING = And()


def test_observations_that_meet_a_condition_are_counted(filled):
    assert live_counts.count(filled, EVERYTHING) == 2
    assert live_counts.count(filled, Like("targname", "NGC*")) == 1
    assert live_counts.count(filled, Between("exptime", low=61)) == 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["b", "a", "b", None, "", "B"], ["B", "a", "b"]),
        ([2.5, 10, -1, None, 2.5], [-1, 2.5, 10]),
        ([True, False, True], [False, True]),
        (
            [datetime(2002, 1, 2), datetime(2002, 1, 1)],
            [datetime(2002, 1, 1), datetime(2002, 1, 2)],
        ),
        ([60.0, "N/A", datetime(2002, 1, 1), 5.0], [5.0, 60.0, datetime(2002, 1, 1), "N/A"]),
        ([None, ""], []),
        ([], []),
    ],
)
def test_values_of_a_keyword_are_distinct_and_sorted(store, values, expected):
    for number, value in enumerate(values):
        observation_writes.replace(store, {"_id": f"j{number:07d}", "exptime": value})
    observation_writes.replace(store, {"_id": "j9999999"})
    assert live_counts.distinct(store, "exptime", EVERYTHING) == expected


def test_distinct_values_are_those_of_observations_that_meet_the_condition(filled):
    assert live_counts.distinct(filled, "raw.1.goodmean", EVERYTHING) == [5.5]
    assert live_counts.distinct(filled, "rootname", EVERYTHING) == ["j8bt05nj", "jcp001010"]
    assert live_counts.distinct(filled, "targname", Equals("proposid", 1)) == []


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("exptime", {1.0: 2, 2.0: 1}),
        ("rootname", {f"j{number:07d}": 1 for number in range(5)}),
        ("drz.0.dnnndata", {"a": 2, "b": 1}),
        ("drz.0.history", {"x": 1}),
        ("raw.0.mixed", {1: 2, "1": 1}),
        ("raw.1.exptime", {}),
    ],
)
def test_values_are_counted_once_per_observation(store, address, expected):
    blocks = [[{"data": "a"}, {"data": "b"}, {"data": "a"}], [{"data": "a"}, {}], [{"data": ""}]]
    mixed = [1, "1", True, None, ""]
    for number, exptime in enumerate([1.0, 2.0, 1.0, None, ""]):
        headers = {"raw": {"0": {"mixed": mixed[number]}}}
        if number < len(blocks):
            headers["drz"] = {"0": {"dnnn": blocks[number]}}
        if number == 0:
            headers["drz"]["0"]["history"] = ["x", "x"]
        document = {"_id": f"j{number:07d}", "exptime": exptime, "headers": headers}
        observation_writes.replace(store, document)
    assert live_counts.value_counts(store, address, EVERYTHING) == expected
    assert live_counts.value_counts(store, address, Equals("rootname", "j9999999")) == {}


def test_values_of_an_indexed_keyword_are_counted_without_reading_documents(store):
    store.observations.create_index([("detector", 1), ("_id", 1)])
    store.observations.insert_many({"_id": f"j{n:07d}", "detector": "WFC"} for n in range(100))
    with _profiled(store) as profile:
        assert live_counts.value_counts(store, "detector", EVERYTHING) == {"WFC": 100}
    (entry,) = profile
    assert entry["docsExamined"] == 0


@contextmanager
def _profiled(store):
    """Yield a list that has the profiles of the aggregations in the block at its end."""
    profile = []
    store.database.command("profile", 2)
    try:
        yield profile
    finally:
        store.database.command("profile", 0)
        about = {"ns": store.observations.full_name, "command.aggregate": {"$exists": True}}
        profile += store.database["system.profile"].find(about)


@pytest.mark.parametrize("number", [0, 1, 30])
def test_an_estimate_of_few_observations_is_exact(store, number):
    if number:
        store.observations.insert_many(
            {"_id": f"j{n:07d}", "exptime": float(n % 2)} for n in range(number)
        )
    assert live_counts.estimate(store, EVERYTHING) == number
    assert live_counts.estimate(store, Equals("exptime", 1.0)) == number // 2


def test_an_estimate_of_many_observations_is_within_the_sampling_error(store):
    store.observations.insert_many(
        ({"_id": f"j{n:07d}", "exptime": float(n % 4)} for n in range(20_000)), ordered=False
    )
    found = live_counts.estimate(store, Equals("exptime", 1.0))
    # A sample of 800: ten standard deviations.
    assert abs(found - 5000) < 10 * 20_000 * (0.25 * 0.75 / 800) ** 0.5
    assert found % (20_000 / 800) == 0
