"""Histograms count all finite pixels, as numpy does."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from acsql.errors import QueryError
from acsql.images.histogram import BINS, read_histogram
from acsql.images.planes import Plane


def test_every_finite_pixel_is_in_a_bin_or_outside(
    two_chips: tuple[Path, np.ndarray, np.ndarray], described: Callable[[Path], dict[str, Plane]]
) -> None:
    path, science, _ = two_chips
    with path.open("rb") as file:
        found = read_histogram(file, path.name, described(path)["SCI"], 80, 130)
    finite = science[np.isfinite(science)]
    np.testing.assert_array_equal(found.counts, np.histogram(finite, BINS, (80, 130))[0])
    assert (found.below, found.above) == ((finite < 80).sum(), (finite > 130).sum())
    assert sum(found.counts) + found.below + found.above == finite.size


@pytest.mark.parametrize(("low", "high"), [(-1e300, 1e300), (0, 1e39), (100, 100.0001)])
def test_bins_may_be_wider_or_narrower_than_the_type_of_the_pixels_tells(
    two_chips: tuple[Path, np.ndarray, np.ndarray],
    described: Callable[[Path], dict[str, Plane]],
    low: float,
    high: float,
) -> None:
    path, science, _ = two_chips
    with path.open("rb") as file:
        found = read_histogram(file, path.name, described(path)["SCI"], low, high)
    finite = science[np.isfinite(science)].astype(np.float64)
    np.testing.assert_array_equal(found.counts, np.histogram(finite, BINS, (low, high))[0])


@pytest.mark.parametrize(
    ("low", "high"),
    [(1, 1), (2, 1), (0, np.inf), (np.nan, 1), (1, np.nextafter(1, 2))],
)
def test_a_range_must_have_a_width(
    two_chips: tuple[Path, np.ndarray, np.ndarray],
    described: Callable[[Path], dict[str, Plane]],
    low: float,
    high: float,
) -> None:
    path, *_ = two_chips
    with path.open("rb") as file, pytest.raises(QueryError, match="has no range"):
        read_histogram(file, path.name, described(path)["SCI"], low, high)
