"""Codes of pixel values keep their order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as arrays

from acsql.images.value_codes import CODES, ValueCoder

FINITE = arrays.from_dtype(np.dtype(np.float32), allow_nan=False, allow_infinity=False)


@given(values=arrays.arrays(np.float32, (50,), elements=FINITE))
def test_codes_never_decrease_with_the_value(values: np.ndarray) -> None:
    codes = ValueCoder.of_image([values[:20], values[20:]]).codes(np.sort(values))
    assert codes.dtype == np.uint16
    assert np.all(np.diff(codes.astype(int)) >= 0)


@pytest.mark.parametrize("type_", [np.float32, np.float64])
def test_most_values_share_a_code_with_few(type_: type) -> None:
    values = np.random.default_rng(1).normal(60, 9, 100_000).astype(type_)
    coder = ValueCoder.of_image([values])
    codes = coder.codes(values)
    assert np.unique(codes).size > CODES / 2
    inside = (codes > 0) & (codes <= CODES)
    assert coder.value(codes[inside]) == pytest.approx(values[inside], abs=2e-3)


def test_equal_values_and_no_values_have_codes() -> None:
    assert np.ptp(ValueCoder.of_image([np.full(9, 3.0)]).codes(np.full(9, 3.0))) == 0
    assert ValueCoder.of_image([np.empty(0)]).codes(np.empty(0)).size == 0
