"""Scenes of the sample archive are the same each time, and a target has one sky."""

import numpy as np

from acsql.sample import scenes
from acsql.sample.camera import Readout, pointing, readouts


def chip_of_wfc() -> Readout:
    """Return the first chip of WFC."""
    return readouts("WFC", "small")[0]


def test_random_numbers_depend_on_their_purpose_alone() -> None:
    first, again = (scenes.fixed_random("flat", "WFC", 1).random(5) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, scenes.fixed_random("flat", "WFC", 2).random(5))


def test_chips_of_a_detector_see_the_same_sky() -> None:
    one, other = (scenes.field_of("NGC104", "cluster", chip) for chip in readouts("WFC", "small"))
    np.testing.assert_array_equal(one.stars, other.stars)
    assert not np.array_equal(one.stars, scenes.field_of("M31", "cluster", chip_of_wfc()).stars)


def test_light_grows_with_the_throughput_of_the_filter() -> None:
    chip = chip_of_wfc()
    sky = scenes.field_of("NGC104", "cluster", chip)
    wcs = pointing(chip, 6.0, -72.0, 30.0, (0.0, 0.0))
    full, half = (scenes.light(sky, chip, wcs, chip.target, factor) for factor in (1.0, 0.5))
    assert full.shape == chip.shape
    assert (full > 0).all()
    np.testing.assert_allclose(half, full / 2, rtol=1e-6)


def test_a_finer_grid_keeps_the_corners_and_is_linear() -> None:
    grid = np.array([[0.0, 1.0], [2.0, 3.0]], np.float32)
    fine = scenes.enlarged(grid, (5, 9))
    assert fine.shape == (5, 9)
    np.testing.assert_allclose(fine[[0, 0, -1, -1], [0, -1, 0, -1]], [0, 1, 2, 3])
    np.testing.assert_allclose(np.diff(fine, axis=1), 1 / 8, atol=1e-6)
