"""Rows of monitors are read in the order of time, each monitor's own."""

from datetime import datetime

import pytest

from acsql.store import monitor_rows, monitor_writes
from acsql.store.client import Store
from acsql.store.monitor_rows import Numbers
from acsql.store.monitor_writes import Outcome

# Starts of the exposures; two at the same time.
TIMES = {"d": 55001.0, "c": 55002.0, "b": 55003.0, "a": 55003.0}


@pytest.fixture
def filled(store: Store) -> Store:
    """A database with the rows of two monitors, and a failure."""
    outcomes = [
        Outcome(monitor, rootname, state, time, ({"level": time}, {"level": 0.0}))
        for state in "12"
        for monitor in ("m", "other")
        for rootname, time in TIMES.items()
    ]
    outcomes = [each for each in outcomes if (each.monitor, each.rootname) != ("other", "a")]
    outcomes.append(Outcome("m", "e", "1", 55004.0, reason="broken"))
    for state in "12":
        some = [each for each in outcomes if each.state == state]
        monitor_writes.write(store, some, int(state), datetime(2026, 1, int(state)))
    return store


@pytest.mark.parametrize(
    ("choice", "rootnames"),
    [
        ({}, "dcab"),
        ({"since": 55002.0}, "cab"),
        ({"latest": 2}, "ab"),
        ({"rootnames": ["b", "d", "e"]}, "db"),
        ({"rootnames": []}, ""),
    ],
)
def test_the_latest_measurements_are_in_the_order_of_time(
    filled: Store, choice: dict[str, object], rootnames: str
) -> None:
    found = list(monitor_rows.find(filled, "m", **choice))
    assert "".join(each["rootname"] for each in found) == rootnames
    assert all(each["rows"][0] == {"level": each["expstart"]} for each in found)


def test_older_measurements_have_their_time(filled: Store) -> None:
    found = list(monitor_rows.older(filled, "m", since=55003.0))
    assert [each["rootname"] for each in found] == ["a", "b"]
    assert {each["measured"] for each in found} == {datetime(2026, 1, 1)}


def test_a_sample_has_no_failures_and_none_twice(filled: Store) -> None:
    assert sorted(monitor_rows.sample(filled, "m", 9)) == sorted(TIMES)
    assert len(set(monitor_rows.sample(filled, "m", 2))) == 2


def test_monitors_do_not_share_rows(filled: Store) -> None:
    assert monitor_rows.numbers(filled, ["m", "other", "none"]) == {
        "m": Numbers(4, 8, 1),
        "other": Numbers(3, 6),
    }
    assert [each["rootname"] for each in monitor_rows.failures(filled, "m", 9)] == ["e"]
    assert monitor_rows.failures(filled, "other", 9) == []
