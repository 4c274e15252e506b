"""Sigma clipping and the median absolute deviation equal those of astropy."""

import numpy as np
import pytest
from astropy import stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from acsql.images.deviations import median, median_absolute_deviation, sigma_clip
from acsql.images.distribution import distributions


def clipped(values: np.ndarray) -> np.ndarray:
    """Return what astropy keeps."""
    return stats.sigma_clip(values, 3, maxiters=5, masked=False, copy=False)


@pytest.mark.parametrize("type_", [np.uint16, np.int16, np.float32, np.float64])
@given(data=st.data())
def test_any_values_have_the_medians_of_numpy_and_astropy(type_: type, data: st.DataObject) -> None:
    elements = (
        st.integers(0, 30000) if np.dtype(type_).kind in "iu" else st.floats(-1e4, 1e4, width=32)
    )
    shape = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    image = data.draw(arrays.arrays(type_, shape, elements=elements))
    values = image.ravel().astype(np.float64)
    (found,) = distributions([image])
    assert median(found) == np.median(values)
    assert median_absolute_deviation(found) == stats.median_absolute_deviation(values)


@pytest.mark.parametrize("type_", [np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("hits", [0.0, 0.01, 0.1])
@pytest.mark.parametrize("size", [1, 2, 3, 100, 30_000])
def test_clipped_values_are_those_of_astropy(type_: type, hits: float, size: int) -> None:
    random = np.random.default_rng(size)
    image = random.normal(200, 15, (1, size))
    image[random.random(image.shape) < hits] += 5000
    image = image.astype(type_)
    expected = clipped(image.ravel().astype(np.float64))
    (values,) = distributions([image])
    found = sigma_clip(values)
    assert found.number == expected.size
    assert found.median == np.median(expected)
    assert found.mean == pytest.approx(expected.mean(), rel=1e-9)
    assert found.std == pytest.approx(expected.std(), rel=1e-6, abs=1e-9)
