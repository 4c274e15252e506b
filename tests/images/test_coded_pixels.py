"""Pixels found by the codes of their values are those of the image."""

import numpy as np
import pytest

from acsql.images.coded_pixels import CHUNK, CodedPixels, sums_of_deviations
from acsql.images.value_codes import NUMBER, ValueCoder

# More than one chunk, as a part of a larger image.
IMAGE = np.random.default_rng(1).normal(60, 9, (60, CHUNK // 20)).astype(np.float32)
IMAGE[::7, ::5] = np.nan
PART = IMAGE[:, 100:-200]
FINITE = PART[np.isfinite(PART)]
CODER = ValueCoder.of_image([PART])
CODES = CODER.codes(FINITE)
CODE = int(np.median(CODES))


@pytest.fixture(params=[False, True], ids=["by a pass", "found before"])
def pixels(request: pytest.FixtureRequest) -> CodedPixels:
    pixels = CodedPixels(PART, CODER)
    if request.param:
        wanted = np.ones(NUMBER, bool)
        wanted[CODE + 1 : CODE + 500] = False
        pixels.find(wanted)
    return pixels


def test_all_finite_pixels_are_counted_and_summed(pixels: CodedPixels) -> None:
    assert pixels.counts.sum() == FINITE.size
    expected = sums_of_deviations(FINITE, CODER.centre)
    assert pixels.sums == pytest.approx(expected, rel=1e-9)
    exact = FINITE.astype(np.float64) - CODER.centre
    assert expected == pytest.approx((exact.sum(), (exact**2).sum()), rel=1e-9)


def test_the_pixels_of_a_code_are_found(pixels: CodedPixels) -> None:
    found = pixels.members(CODE)
    assert found.size == pixels.counts[CODE] > 0
    assert np.sort(found).tolist() == np.sort(FINITE[CODES == CODE]).tolist()


def test_pixels_outside_and_inside_of_a_range_of_codes(pixels: CodedPixels) -> None:
    first, last = CODE - 1000, CODE + 1000
    codes = CODES
    outside = FINITE[(codes < first) | (codes > last)]
    expected = sums_of_deviations(outside, CODER.centre)
    assert pixels.sums_beyond(first, last) == pytest.approx(expected, rel=1e-6)
    inside = FINITE[(codes > first) & (codes < last)]
    assert np.sort(pixels.between(first, last)).tolist() == np.sort(inside).tolist()


@pytest.mark.parametrize("others", [0, 1000], ids=["alone", "among others"])
def test_a_value_that_most_pixels_have_is_not_kept_pixel_by_pixel(others: int) -> None:
    part = np.zeros((100, 200), np.float32)
    part.flat[:others] = np.random.default_rng(2).exponential(5, others) + 1
    coder = ValueCoder.of_image([part])
    pixels = CodedPixels(part, coder)
    pixels.find(np.ones(NUMBER, bool))
    code = int(coder.codes(np.zeros(1, np.float32))[0])
    found = pixels.members(code)
    assert found.size == part.size - others
    assert not found.any()
    assert found.strides == (0,)
    brighter = part[coder.codes(part) > code]
    expected = sums_of_deviations(brighter, coder.centre)
    assert pixels.sums_beyond(0, code) == pytest.approx(expected, rel=1e-9)


def test_zeros_of_both_signs_are_all_kept() -> None:
    part = np.zeros((100, 200), np.float32)
    part[::3] = -0.0
    coder = ValueCoder.of_image([part])
    pixels = CodedPixels(part, coder)
    pixels.find(np.ones(NUMBER, bool))
    found = pixels.members(int(coder.codes(part[:1, 0])[0]))
    assert np.signbit(found).tolist() == np.signbit(part.ravel()).tolist()
