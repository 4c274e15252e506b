"""Dark current and hot pixels are those of the instrument, and anneals are found."""

import numpy as np
import pytest
import recovered
from astropy.table import Table
from monitored_truth import TRUTH, age

import acsql
from acsql.monitors.standard.dark import anneal_times, anneals, by_month
from acsql.sample.instrument import ANNEAL_DAYS, days_since_anneal


def test_the_dark_current_is_that_of_the_instrument(true_archive: acsql.Archive) -> None:
    recovered.dark_current(true_archive).check()


def test_hot_and_warm_pixels_are_those_of_the_instrument(true_archive: acsql.Archive) -> None:
    recovered.hot_pixels(true_archive).check()


def test_exposures_with_a_post_flash_are_left_out(true_archive: acsql.Archive) -> None:
    names = set(true_archive.monitor("dark").table()["rootname"])
    flashed = true_archive.where("imagetyp=DARK flashdur>0").columns("rootname").rows()
    assert names
    assert names.isdisjoint({row["rootname"] for row in flashed})


def daily(hot: list[float], times: np.ndarray) -> Table:
    """Return the rows of a dark of each day, read by two amplifiers."""
    number = len(hot)
    rows = {
        "rootname": [name for name in map(str, times) for _ in "AB"],
        "rate": [0.01, 0.03] * number,
        "warm": [0.1] * 2 * number,
        "amplifier": ["WFC A", "WFC B"] * number,
        "expstart": np.repeat(times, 2),
        "hot": np.repeat(hot, 2) * np.tile([0.9, 1.1], number),
    }
    return Table(rows, masked=True)


@pytest.mark.parametrize("step", [1, 3, 9])
def test_each_anneal_of_a_year_is_found_between_two_exposures(step: int) -> None:
    times = np.arange(56000.5, 56365.5, step)
    summary = anneals(daily([TRUTH.hot_at(age(time)) for time in times], times))
    days = np.array([days_since_anneal(age(time)) for time in times])
    first = times[1:][np.diff(days) < 0]
    assert len(first) == pytest.approx(365 / ANNEAL_DAYS, abs=1)
    assert list(summary["before"]) == list(first)
    assert list(summary["after"]) == list(first - step)
    assert np.all(summary["hot_now"] < summary["hot_then"])


def test_a_month_has_its_means_and_the_days_of_its_anneals() -> None:
    # From 2012-03-30; healed on 2012-04-01 and 2012-04-30, and in the HRC of one exposure never.
    times = np.arange(56016.25, 56048.25)
    hot = [0.02, 0.02] + [0.01] * 29 + [0.005]
    table = daily(hot, times)
    march, april = by_month(table)
    assert tuple(march) == ("WFC", "2012-03", 2, 0.02, pytest.approx(0.02), pytest.approx(0.1), "")
    assert (april["month"], april["exposures"], april["anneals"]) == ("2012-04", 30, "01, 30")
    assert april["hot"] == pytest.approx(np.mean(hot[2:]))
    assert anneal_times(table) == [56018.25, 56047.25]


def test_a_month_without_data_quality_has_a_dark_current_alone() -> None:
    table = daily([0.02], np.array([56000.0]))
    table["hot"].mask = table["warm"].mask = True
    (month,) = by_month(table)
    assert month["rate"] == 0.02
    assert np.isnan(month["hot"])
    assert len(by_month(table[:0])) == 0


def test_exposures_far_apart_and_unknown_fractions_show_no_anneal() -> None:
    assert len(anneals(daily([0.02, 0.01], np.array([56000.0, 56020.0])))) == 0
    unknown = daily([0.02, 0.01], np.array([56000.0, 56001.0]))
    unknown["hot"].mask = True
    assert len(anneals(unknown)) == 0
