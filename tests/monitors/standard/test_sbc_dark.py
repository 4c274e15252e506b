"""The dark rate of SBC is that of the instrument."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import recovered
from astropy.table import Table
from monitored_truth import TRUTH

import acsql
from acsql.monitors.standard import sbc_dark
from acsql.monitors.standard.sbc_dark import by_period


def test_the_rate_is_that_of_the_instrument(true_archive: acsql.Archive) -> None:
    recovered.sbc_dark(true_archive).check()


def test_the_rate_and_the_temperature_rise_with_the_time_on(true_archive: acsql.Archive) -> None:
    table = true_archive.monitor("sbc_dark").summary()
    assert list(table["darks"]) == [3] * 6
    # Darks of 1000 s, with 154 s between them.
    assert np.allclose(table["hours"], 2 * 1154 / 3600, atol=0.3)
    risen = (table["temperature_end"] - table["temperature"]) / table["hours"]
    assert np.allclose(risen, TRUTH.sbc_heating, rtol=1e-3)
    expected = TRUTH.sbc_dark_at(np.mean(table["hours"])) / TRUTH.sbc_dark_current
    # The mean of six ratios of rates, each known to 3 %.
    assert np.mean(table["rate_end"] / table["rate"]) == pytest.approx(expected, rel=0.1)


def test_the_time_on_and_the_rate_at_it_are_those_of_the_instrument(
    true_archive: acsql.Archive,
) -> None:
    planned = {each.ipppssoot: each.hours_on for each in recovered.planned()}
    table = true_archive.monitor("sbc_dark").table()
    assert table["time_on"].unit == "h"
    names = [true_archive.observation(name).ipppssoot for name in table["rootname"]]
    injected = np.array([planned[name] for name in names])
    assert len(set(np.round(injected, 3))) == 3
    assert np.allclose(table["time_on"], injected, atol=1e-4)
    warmed = TRUTH.sbc_temperature + TRUTH.sbc_heating * np.asarray(table["time_on"])
    assert np.allclose(table["temperature"], warmed, atol=0.01)
    slope, rate = np.polyfit(np.asarray(table["time_on"]), np.asarray(table["rate"]), 1)
    heating = TRUTH.sbc_dark_heating * TRUTH.sbc_heating
    # 18 rates, each known to 3 %, and the glow and the broken rows add some percent.
    assert slope / rate == pytest.approx(heating, rel=0.1)


@pytest.mark.parametrize(
    ("earlier", "hours"),
    [
        ([], 0.0),
        ([9.95, 9.9], 2.4),
        ([9.95, 9.8, 9.75], 1.2),
    ],
)
def test_exposures_that_follow_each_other_within_two_hours_are_one_time_on(
    earlier: list[float], hours: float
) -> None:
    (row,) = sbc_dark.MONITOR.rows(Dark(500, 24.5, 10.0, earlier))
    assert row["time_on"] == pytest.approx(hours)


def test_without_a_start_the_time_on_is_unknown() -> None:
    (row,) = sbc_dark.MONITOR.rows(Dark(500, 24.5, None))
    assert row["time_on"] is None


def test_darks_of_different_days_are_of_different_periods() -> None:
    rows = {
        "expstart": [1.0, 1.05, 3.0],
        "temperature": [24.0, 25.0, 24.0],
        "rate": [1.0, 2.0, 1.0],
    }
    (period,) = by_period(Table(rows, masked=True))
    assert tuple(period) == (1.0, pytest.approx(1.2), 2, 24.0, 25.0, 1.0, 2.0)
    assert len(by_period(Table(rows, masked=True)[:1])) == 0


class Dark(dict[str, Any]):
    """A dark exposure of 100 s, of which this many of 1000 pixels are empty."""

    def __init__(
        self,
        empty: int,
        temperature: Any,
        expstart: float | None = 10.0,
        earlier: Sequence[float] = (),
    ) -> None:
        super().__init__(exptime=100.0, expstart=expstart)
        self.earlier = earlier
        self.image_statistics = {"raw": {"1": {"all": {"pixels": 1000, "zero": empty}}}}
        self.temperature = temperature

    def earlier_starts(self, days: float) -> list[float]:
        """Return the starts of the exposures before it."""
        assert days == 2.0
        return list(self.earlier)

    def stored_header(self, _filetype: str, _extension: int) -> dict[str, Any]:
        """Return the temperature."""
        return {"mdecodt1": self.temperature}


def test_half_of_the_pixels_are_empty_at_a_mean_of_log_two() -> None:
    (row,) = sbc_dark.MONITOR.rows(Dark(500, 24.5))
    assert row["rate"] == pytest.approx(0.00693147)
    assert (row["temperature"], row["exptime"]) == (24.5, 100.0)


def test_an_exposure_without_empty_pixels_has_no_row_and_a_text_is_no_temperature() -> None:
    assert sbc_dark.MONITOR.rows(Dark(0, 24.5)) == []
    (row,) = sbc_dark.MONITOR.rows(Dark(1000, "N/A"))
    assert (row["rate"], row["temperature"]) == (0.0, None)
