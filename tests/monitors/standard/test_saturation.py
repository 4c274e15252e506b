"""Saturation and cosmic rays are counted from the data quality arrays."""

import numpy as np
import pytest

import acsql


def test_fractions_are_those_of_the_data_quality_arrays(measured_archive: acsql.Archive) -> None:
    table = measured_archive.monitor("saturation").table("exists(flt.3.extname)")
    assert len(table) > 5
    for row in table[:6]:
        observation = measured_archive.observation(row["rootname"])
        quality = observation.data("flt", "DQ", int(row["extver"]))
        assert row["saturated"] == pytest.approx(np.mean(quality & (256 | 2048) > 0))
        hit = max(np.mean(quality & flag > 0) for flag in (4096, 8192))
        assert row["cosmic_rays"] == pytest.approx(hit)
