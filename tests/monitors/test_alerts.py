"""Alert rules on tables whose content is known."""

from typing import Any

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from acsql.monitors import Limit, Silence, Trend
from acsql.monitors.alerts import Measurements


def table(values: Any, times: Any = None, series: Any = None) -> Table:
    number = len(values)
    missing = [value is None for value in values]
    filled = [0.0 if value is None else value for value in values]
    return Table(
        {
            "rootname": [f"j{i:07d}" for i in range(number)],
            "expstart": np.arange(number, dtype=float) if times is None else times,
            "level": MaskedColumn(filled, mask=missing, dtype=float),
            "amp": ["A"] * number if series is None else series,
        }
    )


@pytest.mark.parametrize(
    ("values", "messages"),
    [
        ([9, 1, 5], []),
        ([5, 10, 10], []),
        ([5, 5, 10.5], ["level is 10.5, above 10"]),
        ([5, 5, -1], ["level is -1, below 0"]),
        ([5, 11, None], ["level is 11, above 10"]),
        ([None, None], []),
        ([], []),
    ],
)
def test_a_limit_is_on_the_latest_value(values: list[Any], messages: list[str]) -> None:
    alerts = list(Limit("level", low=0, high=10).check(Measurements(table(values), None, None)))
    assert [alert.message for alert in alerts] == messages


def test_each_series_has_its_alerts_with_its_latest_observation() -> None:
    rows = table([11, 5, 5, 12], series=["A", "B", "A", "B"])
    (alert,) = Limit("level", high=10).check(Measurements(rows, "amp", None))
    assert alert == ("limit level above B", "level of amp B is 12, above 10", "j0000003")


@pytest.mark.parametrize(
    ("per_year", "alerts"), [(3.5, 0), (2.9, 1), (-0.0, 1)], ids=["slow", "fast", "none allowed"]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_trend_is_the_slope_of_a_line(per_year: float, alerts: int, sign: int) -> None:
    times = np.linspace(55000, 55300, 30)
    values = sign * 3 * (times - 55000) / 365.25
    found = list(Trend("level", per_year).check(Measurements(table(values, times), None, None)))
    assert len(found) == alerts
    assert all("changes by" in alert.message for alert in found)


def test_a_trend_leaves_out_what_is_older_than_its_period_and_needs_points() -> None:
    times = np.concatenate([np.linspace(50000, 50100, 20), np.linspace(55000, 55100, 20)])
    values = np.concatenate([np.linspace(0, 1000, 20), np.zeros(20)])
    assert not list(
        Trend("level", 1, days=200).check(Measurements(table(values, times), None, None))
    )
    assert not list(Trend("level", 1).check(Measurements(table([0, 100, 200]), None, None)))
    assert not list(
        Trend("level", 1).check(Measurements(table(np.arange(9), np.zeros(9)), None, None))
    )


@pytest.mark.parametrize(("newest", "alerts"), [(2, 0), (12, 0), (12.5, 1), (None, 0)])
def test_silence_is_counted_from_the_latest_observation_of_the_archive(
    newest: float | None, alerts: int
) -> None:
    assert len(list(Silence(10).check(Measurements(table([1, 1, 1]), None, newest)))) == alerts


def test_a_monitor_without_rows_is_not_silent() -> None:
    assert not list(Silence(10).check(Measurements(table([]), None, 60000)))
