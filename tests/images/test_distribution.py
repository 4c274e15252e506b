"""Distributions of pixel values equal those of the sorted values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from acsql.images.distribution import BLOCK, PIECES, distributions, joined

TYPES = [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64]


def images(type_: type) -> st.SearchStrategy[np.ndarray]:
    """Images of one type, with repeated and extreme values."""
    some = st.integers(0, 5)
    any_value = arrays.from_dtype(np.dtype(type_))
    shapes = arrays.array_shapes(min_dims=2, max_dims=2, max_side=12)
    return arrays.arrays(type_, shapes, elements=st.one_of(some, any_value))


@pytest.mark.parametrize("type_", TYPES)
@given(data=st.data())
def test_ranks_and_values_equal_those_of_the_sorted_values(
    type_: type, data: st.DataObject
) -> None:
    parts = [data.draw(images(type_)), data.draw(images(type_))]
    of_parts = distributions(parts)
    of_all = joined(of_parts)
    with np.errstate(invalid="ignore"):
        finite = [part[np.isfinite(part)].astype(np.float64) for part in parts]
    for found, values in zip([*of_parts, of_all], [*finite, np.concatenate(finite)], strict=True):
        expected = np.sort(values)
        assert found.size == expected.size
        assert [found.at(rank) for rank in range(found.size)] == expected.tolist()
        for value in {*expected[:5].tolist(), 0.0, 0.5, 3.0}:
            assert found.below(value) == np.count_nonzero(expected < value)
            assert found.up_to(value) == np.count_nonzero(expected <= value)


@given(
    image=images(np.float32),
    repeated=st.sampled_from([0.0, -0.0, 2.5, 1e30]),
    share=st.sampled_from([0.4, 0.6, 0.99, 1]),
    seed=st.integers(0, 100),
)
def test_values_of_an_image_whose_pixels_are_mostly_equal(
    image: np.ndarray, repeated: float, share: float, seed: int
) -> None:
    image[np.random.default_rng(seed).random(image.shape) < share] = repeated
    (found,) = distributions([image])
    with np.errstate(invalid="ignore"):
        expected = np.sort(image[np.isfinite(image)].astype(np.float64))
    assert [found.at(rank) for rank in range(found.size)] == expected.tolist()
    assert found.below(repeated) == np.count_nonzero(expected < repeated)
    assert found.up_to(repeated) == np.count_nonzero(expected <= repeated)
    first, last = np.searchsorted(expected, repeated), np.searchsorted(expected, repeated, "right")
    if first < last:
        assert found.moments(int(first), int(last)) == (repeated, 0)


@pytest.mark.parametrize("type_", [np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("scale", [1.0, 1e-3, 3e4])
def test_moments_of_ranks_equal_those_of_numpy(type_: type, scale: float) -> None:
    random = np.random.default_rng(1)
    image = (random.normal(0.5, 0.05, (200, 300)) * scale).clip(0).astype(type_)
    image[:3] = np.asarray(65000).astype(type_)
    parts = distributions([image[:100], image[100:]])
    of_parts = (image[:100], parts[0]), (image[100:], parts[1]), (image, joined(parts))
    for pixels, found in of_parts:
        expected = np.sort(pixels.ravel()).astype(np.float64)
        size = expected.size
        ends = [(0, size), (10, size - 10), (size // 3, size // 2), (5, 6)]
        ends += [(0, BLOCK), (BLOCK, 3 * BLOCK), (BLOCK - 1, BLOCK + 1), (5, 2 * BLOCK)]
        for first, last in ends:
            mean, std = found.moments(first, last)
            part = expected[first:last]
            assert mean == pytest.approx(part.mean(), rel=1e-12)
            assert std == pytest.approx(part.std(), rel=1e-12, abs=1e-12 * scale)


def test_many_values_of_several_parts_are_merged_where_a_rank_is_looked_up() -> None:
    random = np.random.default_rng(3)
    images = [random.normal(60, 9 + part, (100, 100 * part)) for part in (1, 2, 3)]
    images[1][:50] = 60
    parts = [image.astype(np.float32) for image in images]
    found = joined(distributions(parts))
    expected = np.sort(np.concatenate([part.ravel() for part in parts]))
    assert expected.size > 10 * PIECES
    ranks = random.integers(0, expected.size, 500).tolist()
    assert [found.at(rank) for rank in ranks] == expected[ranks].tolist()
    # Any share of the equal values.
    begin = int(np.searchsorted(expected, 60))
    assert found.moments(begin + 700, begin + 3000) == (60, 0)


def test_a_variance_that_huge_values_would_hide_is_computed_from_the_values_alone() -> None:
    image = np.random.default_rng(2).normal(10, 1, (100, 100)).astype(np.float32)
    image[0, :5] = 1e30
    (found,) = distributions([image])
    part = np.sort(image.ravel())[:9000].astype(np.float64)
    assert found.moments(0, 9000) == pytest.approx((part.mean(), part.std()), rel=1e-6)


def test_an_image_without_finite_pixels_has_no_values() -> None:
    parts = distributions([np.full((3, 4), np.nan, np.float32)] * 2)
    assert [values.size for values in [*parts, joined(parts)]] == [0, 0, 0]
