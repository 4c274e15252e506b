"""Bins combine into larger bins of the same pixels."""

import numpy as np
import pytest

from acsql.images.bins import bin_pixels


@pytest.mark.parametrize("flags", [False, True])
@pytest.mark.parametrize("shape", [(16, 16), (13, 9), (1, 1)])
def test_combined_bins_are_bins_of_the_pixels(flags: bool, shape: tuple[int, int]) -> None:
    random = np.random.default_rng(2)
    pixels = random.integers(0, 1 << 14, shape).astype(np.int16 if flags else np.float64)
    if not flags and pixels.size > 1:
        pixels[random.random(shape) < 0.3] = np.nan
    twice = bin_pixels(pixels, 2, flags, pixels.dtype).combined(4)
    once = bin_pixels(pixels, 8, flags, pixels.dtype)
    np.testing.assert_allclose(twice.values, once.values, rtol=1e-12)


def test_bins_of_single_rows_are_those_of_each_row() -> None:
    pixels = np.random.default_rng(3).normal(size=(4, 9))
    alone = [bin_pixels(row[None], 4, False, pixels.dtype).values[0] for row in pixels]
    np.testing.assert_array_equal(bin_pixels(pixels, 4, False, pixels.dtype, rows=1).values, alone)


def test_a_bin_without_a_finite_pixel_has_no_value() -> None:
    pixels = np.array([[np.nan, np.inf, 1.0]])
    values = bin_pixels(pixels, 2, False, pixels.dtype).values
    np.testing.assert_array_equal(values, [[np.nan, 1.0]])
