"""The stretch to 8 bits, against its definition in plain numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from acsql.errors import PreviewError
from acsql.images import stretch

NAME = "jabc01abq_flt.fits"


def plain_limits(chips):
    pixels = np.concatenate([chip.astype(np.float64).ravel() for chip in chips])
    pixels = pixels[np.isfinite(pixels)]
    low = np.percentile(pixels, 1)
    for percent in (99, 99.5, 99.9, 99.99, 100):
        high = np.percentile(pixels, percent)
        if high != low:
            return low, high, percent
    return low, low, 99


def plain_picture(chips, low, high):
    mosaic = np.vstack([chip.astype(np.float64) for chip in chips])
    finite = np.isfinite(mosaic)
    mosaic[~finite] = low
    if low == high:
        grey = np.full(mosaic.shape, 128)
    else:
        grey = np.round((np.clip(mosaic, low, high) - low) / (high - low) * 255)
    return np.where(finite, grey, 0).astype(np.uint8)[::-1]


def assert_as_defined(chips):
    low, high, percent = stretch.percentile_limits(chips, NAME)
    assert (low, high, percent) == plain_limits(chips)
    picture = stretch.to_grey(chips, low, high)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, plain_picture(chips, low, high))


DTYPES = ["u1", "i1", ">i2", "<u2", ">u2", ">i4", ">i8", "<f4", ">f4", ">f8"]


def values(dtype):
    """Draw any pixel values, ties and values that are not finite among them."""
    if dtype.kind != "f":
        few = st.integers(0, 3)
        return st.one_of(few, hnp.from_dtype(dtype))
    few = st.sampled_from([0.0, 1.0, 1.5, np.nan, np.inf, -np.inf])
    largest = 2.0**100
    many = hnp.from_dtype(dtype, min_value=-largest, max_value=largest, allow_nan=False)
    return st.one_of(few, many)


@st.composite
def images(draw):
    """Draw the chips of an image with at least one finite pixel."""
    width = draw(st.integers(1, 9))
    chips = []
    one_type = draw(st.booleans())
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    for _ in range(draw(st.integers(1, 3))):
        shape = (draw(st.integers(1, 20)), width)
        chips.append(draw(hnp.arrays(dtype, shape, elements=values(dtype), fill=values(dtype))))
        dtype = dtype if one_type else np.dtype(draw(st.sampled_from(DTYPES)))
    if not any(np.isfinite(chip).any() for chip in chips):
        chips[0][0, 0] = 7
    return chips


@settings(max_examples=300)
@given(
    images(),
    st.sampled_from([1, 10, 100_000]),
    st.sampled_from([1, 8, 1 << 17]),
)
def test_the_picture_is_the_definition(chips, sample, chunk):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stretch, "SAMPLE", sample)
        patch.setattr(stretch, "CHUNK", chunk)
        assert_as_defined(chips)


@st.composite
def limits(draw):
    """Draw limits of any size and distance; of 510 halves, the pixels on a boundary are exact."""
    low = draw(st.one_of(st.integers(-300, 70_000), st.floats(-(2.0**120), 2.0**120, width=32)))
    powers = st.builds(lambda power: 510 * 2.0**power, st.integers(-150, 110))
    distance = draw(st.one_of(st.just(0), powers, st.floats(0, 2.0**127), st.floats(0, 1e5)))
    return float(low), float(low + distance)


def pixels_on_boundaries(low, high, dtype):
    """Return the pixels on and beside the boundary of each two greys, as well as the limits."""
    halves = low + (np.arange(-1, 513) / 2) * ((high - low) / 255)
    if dtype.kind != "f":
        info = np.iinfo(dtype)
        near = np.rint(halves) + np.arange(-2, 3)[:, np.newaxis]
        return np.clip(near, info.min, info.max).astype(dtype)
    exact = halves.astype(dtype)
    rows = [exact]
    for direction in (-np.inf, np.inf):
        beside = exact
        for _ in range(3):
            beside = np.nextafter(beside, dtype.type(direction))
            rows.append(beside)
    return np.array(rows)


@settings(max_examples=500)
@given(st.data(), limits(), st.sampled_from(["f4", "i2", "u2", "f8"]))
def test_any_pixel_becomes_the_grey_of_the_definition_in_float64(data, low_and_high, code):
    dtype = np.dtype(code)
    anything = data.draw(hnp.arrays(dtype, (1, 514), elements=hnp.from_dtype(dtype)))
    image = np.vstack([pixels_on_boundaries(*low_and_high, dtype), anything])
    with np.errstate(invalid="ignore", over="ignore"):
        expected = plain_picture([image], *low_and_high)
    np.testing.assert_array_equal(stretch.to_grey([image], *low_and_high), expected)


def sky(shape, dtype):
    """Return noise with stars, many chunks and samples large."""
    random = np.random.default_rng(9)
    image = random.normal(1000, 12, shape)
    stars = random.random(shape) < 0.02
    image[stars] += random.exponential(9000, np.count_nonzero(stars))
    return image.astype(dtype)


@pytest.mark.parametrize("dtype", [">u2", "<f4", ">f4", ">f8", ">i4"])
def test_a_large_image_of_two_chips(dtype):
    image = sky((1000, 700), dtype)
    if image.dtype.kind == "f":
        image[400:450, 100:300] = np.nan
        image[5, 5:9] = np.inf
        image[7, 5:9] = -np.inf
    assert_as_defined([image[:480], image[480:]])


@pytest.mark.parametrize("extreme", [-1e6, 1e6, np.nan])
def test_a_sample_that_misleads_does_not_change_the_limits(extreme):
    image = sky((1000, 700), "f4")
    step = image.size // stretch.SAMPLE | 1
    image.ravel()[::step] = extreme
    assert_as_defined([image])


def test_an_image_with_millions_of_equal_pixels():
    image = sky((1000, 700), "f4")
    image[:, :300] = 0
    image[:, 600:] = image.max()
    assert_as_defined([image])


def test_pixels_beyond_equal_limits_are_grey_too():
    image = np.array([[0, 1e5]], np.float32)
    assert (stretch.to_grey([image], 0, 0) == 128).all()


@pytest.mark.parametrize("dtype", ["f4", ">f4", "u2", "f8"])
@pytest.mark.parametrize(
    ("bright", "percent"), [(2e-2, 99), (7e-3, 99.5), (2e-3, 99.9), (2e-4, 99.99), (5e-6, 100)]
)
def test_white_is_the_lowest_percentile_that_differs_from_black(dtype, bright, percent):
    image = np.zeros((500, 400), dtype)
    image.ravel()[:: round(1 / bright)] = 3
    limits = stretch.percentile_limits([image], NAME)
    assert limits.high_percent == percent
    assert limits.is_sparse == (percent != 99)
    assert_as_defined([image])


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_constant_image_is_mid_grey(dtype):
    image = np.full((3, 5), 7, dtype)
    assert stretch.percentile_limits([image], NAME) == (7, 7, 99)
    assert (stretch.to_grey([image], 7, 7) == 128).all()


@pytest.mark.parametrize(("low", "high"), [(2, 2), (0, 4)])
def test_pixels_that_are_not_finite_are_black(low, high):
    image = np.array([[np.nan, np.inf, -np.inf, 2]], np.float32)
    assert stretch.to_grey([image], low, high).tolist() == [[0, 0, 0, 128]]


def test_a_signalling_nan_is_black_without_a_warning():
    image = np.array([[0x7F800001, 0, 0]], np.uint32).view(np.float32)
    assert stretch.percentile_limits([image], NAME)[:2] == (0, 0)
    assert stretch.to_grey([image], 0, 0).tolist() == [[0, 128, 128]]


def test_row_0_of_the_first_chip_is_at_the_bottom():
    chips = [np.array([[0], [1]], np.uint8), np.array([[2], [3]], np.uint8)]
    assert stretch.to_grey(chips, 0, 255).ravel().tolist() == [3, 2, 1, 0]


def test_a_half_is_rounded_to_even():
    image = np.arange(5, dtype=np.float64)[np.newaxis]
    assert stretch.to_grey([image], 0, 510).ravel().tolist() == [0, 0, 1, 2, 2]


def test_an_image_without_a_finite_pixel_is_refused():
    chips = [np.full((5, 6), np.nan), np.full((2, 6), np.inf)]
    with pytest.raises(PreviewError, match=f"{NAME}: no pixel of the image is finite"):
        stretch.percentile_limits(chips, NAME)


@pytest.mark.parametrize("largest", [1e308, 1.7e308])
def test_limits_further_apart_than_a_float_are_refused(largest):
    image = np.array([[-largest, largest]] * 100)
    with pytest.raises(PreviewError, match=f"{NAME}: .*too far apart"):
        stretch.percentile_limits([image], NAME)
