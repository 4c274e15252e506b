"""Limits of the viewer's stretch equal what numpy computes from the pixels."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from acsql.images import limits, planes
from acsql.images.limits import Limits, LimitsBuilder
from acsql.images.planes import Plane

Described = Callable[[Path], dict[str, Plane]]


def read_limits(path: Path, plane: Plane) -> Limits:
    """Return the limits of an image that is read in strips."""
    builder = LimitsBuilder(plane.pixels)
    with path.open("rb") as file:
        for strip in plane.chip_strips(file, path.name):
            builder.add(strip)
    return builder.build(path.name)


def test_limits_are_those_of_the_pixels(
    two_chips: tuple[Path, np.ndarray, np.ndarray], described: Described
) -> None:
    path, science, flags = two_chips
    by_extname = described(path)
    finite = science[np.isfinite(science)].astype(np.float64)
    offered = read_limits(path, by_extname["SCI"])
    of_flags = read_limits(path, by_extname["DQ"])
    assert offered.minmax == (finite.min(), finite.max())
    assert (offered.pixels, offered.finite, offered.sampled) == (
        science.size,
        finite.size,
        finite.size,
    )
    assert offered.percentiles["98"] == pytest.approx(tuple(np.percentile(finite, (1, 99))))
    assert finite.min() <= offered.zscale[0] < offered.zscale[1] <= finite.max()
    assert of_flags.minmax == (0, flags.max())


def test_a_sample_is_even_over_strips(
    tmp_path: Path,
    write: Callable[..., Path],
    described: Described,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = np.arange(50 * 64, dtype=np.float32).reshape(50, 64)
    path = write(tmp_path / "x.fits", {"SCI": values})
    monkeypatch.setattr(limits, "SAMPLE", 600)
    monkeypatch.setattr(planes, "STRIP", 150)
    offered = read_limits(path, described(path)["SCI"])
    assert offered.sampled == values.ravel()[::5].size
    expected = np.percentile(values.ravel()[::5], (5, 95))
    assert offered.percentiles["90"] == pytest.approx(tuple(expected))
    assert offered.minmax == (0, values.size - 1)


def test_limits_can_be_made_from_a_share_of_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(3200, dtype=np.float32)
    monkeypatch.setattr(limits, "SAMPLE", 600)
    builder = LimitsBuilder(values.size, 4)
    builder.add(values)
    offered = builder.build("x.fits")
    every = values[::21]  # 3200 * 4 // 600, odd
    assert (offered.sampled, offered.minmax) == (every.size, (0, 3199))
    assert offered.percentiles["90"] == pytest.approx(tuple(np.percentile(every, (5, 95))))


def test_an_image_without_finite_pixels_has_limits(
    tmp_path: Path, write: Callable[..., Path], described: Described
) -> None:
    path = write(tmp_path / "x.fits", {"SCI": np.full((3, 3), np.nan)})
    offered = read_limits(path, described(path)["SCI"])
    assert (offered.finite, offered.minmax, offered.zscale) == (0, (0, 0), (0, 0))


def test_values_that_are_not_finite_are_no_extremes(
    tmp_path: Path, write: Callable[..., Path], described: Described
) -> None:
    values = np.arange(12.0).reshape(3, 4)
    values[0, :3] = np.inf, -np.inf, np.nan
    path = write(tmp_path / "x.fits", {"SCI": values})
    offered = read_limits(path, described(path)["SCI"])
    assert (offered.finite, offered.minmax) == (9, (3, 11))


def test_limits_of_a_sparse_image_differ(
    tmp_path: Path, write: Callable[..., Path], described: Described
) -> None:
    values = np.zeros((100, 100), np.uint16)
    values[::20, ::10] = 1
    values[7, 7] = 900
    path = write(tmp_path / "x.fits", {"SCI": values})
    offered = read_limits(path, described(path)["SCI"])
    assert offered.percentiles["98"] == (0, np.percentile(values, 99.9))
    assert offered.zscale[0] < offered.zscale[1]
