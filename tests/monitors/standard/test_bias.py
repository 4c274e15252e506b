"""Bias level and read noise are those of the overscan of the files."""

import numpy as np
import pytest
import recovered

import acsql


def test_the_level_of_each_amplifier_is_that_of_its_overscan(
    measured_archive: acsql.Archive,
) -> None:
    table = measured_archive.monitor("bias").table("detector=WFC", subarray=False)
    assert {"WFC A", "WFC C"} <= set(table["amplifier"])
    for row in table[:8]:
        observation = measured_archive.observation(row["rootname"])
        pixels = observation.data("raw", "SCI", int(row["extver"])).astype(float)
        header = observation.stored_header("raw", 1 if row["extver"] == 1 else 4)
        columns = int(header["ltv1"])
        side = pixels[:, :columns] if row["amplifier"][-1] in "AC" else pixels[:, -columns:]
        assert row["level"] == pytest.approx(np.median(side), abs=3)
        assert 0 < row["noise"] < 20


def test_the_level_drifts_as_the_instrument_does(true_archive: acsql.Archive) -> None:
    recovered.bias_level(true_archive).check()


def test_the_noise_is_the_read_noise_of_the_amplifier(true_archive: acsql.Archive) -> None:
    recovered.read_noise(true_archive).check()
