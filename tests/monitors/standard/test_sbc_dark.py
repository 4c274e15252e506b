"""The dark rate of SBC is that of the instrument."""

from typing import Any

import pytest
import recovered

import acsql
from acsql.monitors.standard import sbc_dark


def test_the_rate_is_that_of_the_instrument(true_archive: acsql.Archive) -> None:
    recovered.sbc_dark(true_archive).check()


class Dark(dict[str, Any]):
    """A dark exposure of 100 s, of which this many of 1000 pixels are empty."""

    def __init__(self, empty: int, temperature: Any) -> None:
        super().__init__(exptime=100.0)
        self.image_statistics = {"raw": {"1": {"all": {"pixels": 1000, "zero": empty}}}}
        self.temperature = temperature

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
