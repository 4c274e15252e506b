"""Rows within some time of the last one of each series."""

from datetime import datetime

import pytest

from acsql.store import monitor_windows, monitor_writes
from acsql.store.client import Store
from acsql.store.monitor_writes import Outcome

# Rootname, start, and the level of each amplifier.
MEASURED = [
    ("a", 10.0, {"A": 1.0, "B": 2.0}),
    ("b", 20.0, {"A": None, "B": 3.0}),
    ("c", 30.0, {"C": None}),
    ("d", None, {"A": 4.0}),
    ("e", 40.0, {}),
]


@pytest.fixture
def measured(store: Store) -> Store:
    outcomes = [
        Outcome("m", name, "1", start, tuple({"amp": a, "level": v} for a, v in levels.items()))
        for name, start, levels in MEASURED
    ]
    outcomes.append(Outcome("other", "z", "1", 99.0, ({"amp": "A", "level": 1.0},)))
    monitor_writes.write(store, outcomes, 1, datetime(2026, 1, 2))
    return store


def test_the_last_time_of_each_series_is_that_of_its_last_value(measured: Store) -> None:
    assert monitor_windows.last_times(measured, "m", "level", "amp") == {"A": 10.0, "B": 20.0}
    assert monitor_windows.last_times(measured, "m", "level", None) == {None: 20.0}
    assert monitor_windows.last_times(measured, "none", "level", "amp") == {}


def test_the_newest_time_is_that_of_the_last_observation_with_rows(measured: Store) -> None:
    assert monitor_windows.newest_time(measured, "m") == 30.0
    assert monitor_windows.newest_time(measured, "none") is None


@pytest.mark.parametrize(
    ("windows", "names"),
    [
        ([(10, 20)], ["a", "b"]),
        ([(20, 30), (5, 15), (10, 12)], ["a", "b", "c"]),
        ([(5, 25), (8, 9)], ["a", "b"]),
        ([(40, 50)], []),
        ([], []),
    ],
)
def test_windows_that_overlap_have_each_row_once(
    measured: Store, windows: list[tuple[float, float]], names: list[str]
) -> None:
    found = list(monitor_windows.find(measured, "m", windows, ["level"]))
    assert [document["rootname"] for document in found] == names
    assert all(set(row) == {"level"} for document in found for row in document["rows"])


def test_values_that_occur_together_are_counted(measured: Store) -> None:
    assert monitor_windows.counts(measured, "m", ["amp"]) == {("A",): 3, ("B",): 2, ("C",): 1}
    both = monitor_windows.counts(measured, "m", ["amp", "level"])
    assert both[("A", None)] == both[("B", 3.0)] == both[("C", None)] == 1
    assert monitor_windows.counts(measured, "none", ["amp"]) == {}


@pytest.fixture
def noisy(store: Store) -> Store:
    """Two amplifiers through 400 days, with one outlier each, which no sample has to contain."""
    outcomes = [
        Outcome(
            "m",
            f"{day:03}",
            "1",
            float(day),
            (
                {"amp": "A", "level": 1e3 if day == 77 else day % 5 / 10, "other": None},
                {"amp": "B", "level": -50 if day == 301 else day % 7 / 10},
            ),
        )
        for day in range(400)
    ]
    monitor_writes.write(store, outcomes, 1, datetime(2026, 1, 2))
    return store


@pytest.mark.parametrize("most", [4, 20, 150])
def test_the_extremes_of_each_period_and_series_are_found(noisy: Store, most: int) -> None:
    found = monitor_windows.extremes(noisy, "m", ["level", "other"], "amp", most)
    assert {"077", "301"} <= set(found)
    assert most / 5 < len(found) <= most
    assert found == sorted(set(found))


def test_the_periods_of_extremes_are_as_short_as_their_number_allows(noisy: Store) -> None:
    found = set(monitor_windows.extremes(noisy, "m", ["level"], None, 10_000))
    for first in range(0, 400, 8):
        levels = {
            f"{day:03}": (1e3 if day == 77 else day % 5 / 10, -50 if day == 301 else day % 7 / 10)
            for day in range(first, first + 8)
        }
        held = [levels[name] for name in found & levels.keys()]
        assert max(map(max, held)) == max(map(max, levels.values()))
        assert min(map(min, held)) == min(map(min, levels.values()))


def test_extremes_are_no_more_than_asked_for_of_many_series(noisy: Store) -> None:
    assert len(monitor_windows.extremes(noisy, "m", ["level"], "level", 3)) == 3
    assert monitor_windows.extremes(noisy, "m", ["other"], None, 3) == []
    assert monitor_windows.extremes(noisy, "none", ["level"], None, 3) == []
