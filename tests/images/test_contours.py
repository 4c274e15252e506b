"""Contours lie where the pixels have their level."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from acsql.errors import QueryError
from acsql.images import contours
from acsql.images.contours import read_contours
from acsql.images.cutout import Region
from acsql.images.planes import Plane

EVERYTHING = Region(0, 10**6, 0, 10**6)


@pytest.fixture
def cone(tmp_path: Path, write: Callable[..., Path], described: Callable[..., dict]) -> tuple:
    """An image that falls by 1 per pixel from its top at x = 60.5, y = 40.5, with a bad corner."""
    y, x = np.mgrid[:100, :120].astype(np.float32)
    science = 100 - np.hypot(x + 0.5 - 60.5, y + 0.5 - 40.5)
    science[:10, :10] = np.nan
    path = write(tmp_path / "x.fits", {"SCI": science})
    return path, described(path)["SCI"]


@pytest.mark.parametrize("binning", [1, 2, 4])
@pytest.mark.parametrize("level", [70.0, 80.0])
def test_a_contour_is_where_the_image_has_its_level(
    cone: tuple[Path, Plane], binning: int, level: float
) -> None:
    path, plane = cone
    with path.open("rb") as file:
        (found,) = read_contours(file, path.name, plane, EVERYTHING, binning, [level]).contours
    (line,) = found.lines
    x, y = np.reshape(line, (-1, 2)).T
    assert found.level == level
    # Smoothing moves a curved line by less than a bin squared over its radius.
    radius = 100 - level
    np.testing.assert_allclose(
        np.hypot(x - 60.5, y - 40.5), radius, atol=0.02 + binning**2 / radius
    )


def test_a_part_has_the_contours_of_the_whole(cone: tuple[Path, Plane]) -> None:
    path, plane = cone
    with path.open("rb") as file:
        (found,) = read_contours(
            file, path.name, plane, Region(60, 120, 40, 100), 1, [75.0]
        ).contours
    x, y = np.reshape(found.lines[0], (-1, 2)).T
    assert (x.min(), y.min()) >= (60, 40)
    inner = (x > 64) & (y > 44)
    np.testing.assert_allclose(np.hypot(x - 60.5, y - 40.5)[inner], 25, atol=0.1)


def test_no_line_crosses_pixels_without_a_value(cone: tuple[Path, Plane]) -> None:
    path, plane = cone
    with path.open("rb") as file:
        (found,) = read_contours(file, path.name, plane, EVERYTHING, 1, [35.0]).contours
    for line in found.lines:
        x, y = np.reshape(line, (-1, 2)).T
        assert not ((x < 10) & (y < 10)).any()


def test_too_many_levels_or_lines_are_errors(
    cone: tuple[Path, Plane], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, plane = cone
    with path.open("rb") as file:
        for levels in ([], list(range(21)), [np.nan]):
            with pytest.raises(QueryError, match="expected 1 to 20 finite numbers"):
                read_contours(file, path.name, plane, EVERYTHING, 1, levels)
        monkeypatch.setattr(contours, "MAX_POSITIONS", 10)
        with pytest.raises(QueryError, match="too many contours"):
            read_contours(file, path.name, plane, EVERYTHING, 1, [80.0])
