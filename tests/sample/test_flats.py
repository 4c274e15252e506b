"""Flat fields of the sample archive belong to a detector and its filters."""

import numpy as np

from acsql.sample.camera import readouts
from acsql.sample.flats import flat_field, illumination


def test_a_flat_field_is_near_one_and_the_same_each_time() -> None:
    chip, _ = readouts("WFC", "small")
    first, again = (flat_field(chip, ("F606W", "CLEAR2L")) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == chip.shape
    assert abs(first.mean() - 1) < 0.1
    assert not np.array_equal(first, flat_field(chip, ("CLEAR1L", "F814W")))


def test_the_corners_of_a_detector_are_darker() -> None:
    for chip in readouts("WFC", "small"):
        surface = illumination(chip)
        # Chip 2 is below the middle of the detector, and chip 1 above.
        edge, middle = (surface[0], surface[-1]) if chip.chip == 2 else (surface[-1], surface[0])
        assert edge[[0, -1]].max() < middle[len(middle) // 2]
