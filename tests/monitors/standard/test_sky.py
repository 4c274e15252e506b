"""The sky is that of each filter, brighter near to the Sun."""

import numpy as np
import pytest
import recovered
from astropy.table import Table

import acsql
from acsql.monitors.standard.sky import _mode, by_filter


def test_the_background_is_that_of_the_filter_at_its_angle(true_archive: acsql.Archive) -> None:
    recovered.sky(true_archive).check()


def test_calibration_exposures_have_no_sky(true_archive: acsql.Archive) -> None:
    names = set(true_archive.monitor("sky").table()["rootname"])
    rows = true_archive.where("imagetyp=EXT detector=WFC").columns("rootname").rows()
    assert names == {row["rootname"] for row in rows}


@pytest.mark.parametrize(
    ("mean", "median", "deviation", "mode"), [(10.2, 10, 1, 9.7), (10.5, 10, 1, 10)]
)
def test_the_mode_is_the_median_where_sources_crowd(
    mean: float, median: float, deviation: float, mode: float
) -> None:
    statistics = {"clipped_mean": mean, "clipped_median": median, "clipped_std": deviation}
    assert _mode(statistics) == pytest.approx(mode)


def test_filters_have_medians_nearer_to_the_sun_and_beyond() -> None:
    table = Table(
        {
            "filter": ["A", "A", "A", "B", "B"],
            "sky": [3.0, 1.0, 5.0, 7.0, 9.0],
            "sun_angle": [60.0, 120.0, 80.0, 100.0, 100.0],
        },
        masked=True,
    )
    table["sky"].mask[4] = True
    near_and_far = by_filter(table)
    assert [tuple(row)[:2] for row in near_and_far] == [("A", 3), ("B", 1)]
    assert list(near_and_far["near_sun"])[:1] == [4.0]
    assert np.isnan(near_and_far["near_sun"][1])
    assert list(near_and_far["far_from_sun"]) == [1.0, 7.0]
