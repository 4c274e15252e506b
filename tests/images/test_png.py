"""Values survive the way through a PNG, as a browser reads it."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from acsql.errors import PreviewError
from acsql.images import png
from acsql.images.png import FLOATS, Packed, pack

Unpacked = Callable[[Packed], np.ndarray]


@given(
    arrays.arrays(
        np.float32,
        arrays.array_shapes(min_dims=2, max_dims=2, max_side=9),
        elements=st.floats(-(2.0**100), 2.0**100, width=32) | st.just(np.nan) | st.just(np.inf),
    )
)
def test_packed_values_come_back_within_a_hundredth_of_a_step(
    unpacked: Unpacked, values: np.ndarray
) -> None:
    packed = pack(values)
    back = unpacked(packed)
    finite = np.isfinite(values)
    np.testing.assert_array_equal(np.isfinite(back), finite)
    known = values[finite].astype(np.float64)
    assert (np.abs(back[finite] - known) <= packed.step / 100).all()
    if known.size and np.ptp(known) and packed.step != FLOATS:
        assert packed.step == pytest.approx(np.ptp(known) / 65535)


@given(
    arrays.arrays(
        st.sampled_from([np.int16, np.uint16, np.uint8]),
        arrays.array_shapes(min_dims=2, max_dims=2, max_side=9),
    )
)
def test_packed_integers_come_back_exactly(unpacked: Unpacked, values: np.ndarray) -> None:
    np.testing.assert_array_equal(unpacked(pack(values)), values)


@pytest.mark.parametrize("value", [3e38, -3e38, 1e30, 1e9])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_extreme_value_leaves_the_others_as_they_are(
    unpacked: Unpacked, value: float, dtype: type
) -> None:
    values = np.random.default_rng(1).normal(100, 5, (64, 70)).astype(dtype)
    values[20, 30], values[5, 6] = value, np.nan
    np.testing.assert_array_equal(unpacked(pack(values)), values.astype(np.float32))


def test_values_beyond_float32_are_packed_as_its_largest(unpacked: Unpacked) -> None:
    values = np.random.default_rng(1).normal(100, 5, (64, 70))
    values[20, 30] = -1e300
    assert unpacked(pack(values))[20, 30] == np.finfo(np.float32).min


def test_a_field_of_stars_is_packed_in_steps() -> None:
    # Sky noise of 5 electrons and a saturated star: a step is the fourth of it.
    values = np.random.default_rng(1).normal(100, 5, (64, 70))
    values[20, 30] = 80_000
    assert pack(values).step == pytest.approx(np.ptp(values) / 65535)


def test_large_arrays_are_packed_in_strips(
    unpacked: Unpacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.arange(7 * 11, dtype=np.uint16).reshape(7, 11)
    monkeypatch.setattr(png, "STRIP", 22)
    np.testing.assert_array_equal(unpacked(pack(values)), values)


def test_values_too_far_apart_are_refused() -> None:
    with pytest.raises(PreviewError, match="too far apart"):
        pack(np.array([[-1.7e308, 1.7e308]]))


def test_values_hardly_apart_are_packed(unpacked: Unpacked) -> None:
    assert unpacked(pack(np.array([[0.0, 5e-324]]))) == pytest.approx(0, abs=1e-300)


def test_an_array_without_finite_values_is_packed(unpacked: Unpacked) -> None:
    assert np.isnan(unpacked(pack(np.full((3, 3), np.nan)))).all()
