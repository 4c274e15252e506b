"""Tiles are the cutouts of the same pixels, however they are made."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from acsql.errors import QueryError
from acsql.images import pyramid
from acsql.images.cutout import Region, read_cutout
from acsql.images.planes import Plane
from acsql.images.pyramid import Tile, level_count, read_overview, read_tile, sample_overview

Described = Callable[[Path], dict[str, Plane]]


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles of which a small image has many."""
    monkeypatch.setattr(pyramid, "TILE", 8)


def tiles(plane: Plane) -> Iterator[Tile]:
    """Yield all tiles of an image."""
    for level in range(level_count(plane)):
        size = pyramid.TILE << level
        for row in range(-(-plane.height // size)):
            for column in range(-(-plane.width // size)):
                yield Tile(level, column, row)


def kept_in(kept: dict[str, bytes]) -> pyramid.Cache:
    """Return a cache, each of whose entries is made once."""

    def cache(key: str, make: Callable[[], bytes]) -> bytes:
        if key not in kept:
            kept[key] = make()
        return kept[key]

    return cache


@pytest.mark.parametrize("extname", ["SCI", "DQ"])
def test_tiles_are_cutouts_and_the_file_is_read_once_for_coarse_levels(
    two_chips: tuple[Path, np.ndarray, np.ndarray], described: Described, extname: str
) -> None:
    path = two_chips[0]
    plane = described(path)[extname]
    kept: dict[str, bytes] = {}
    cache = kept_in(kept)
    with path.open("rb") as file:
        for tile in tiles(plane):
            found = read_tile(file, path.name, plane, tile, cache, extname)
            expected = read_cutout(file, path.name, plane, tile.region, tile.binning)
            np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert list(kept) == [f"levels {extname}"]


@pytest.mark.parametrize("extname", ["SCI", "DQ"])
@pytest.mark.parametrize("size", [8, 64, 128])
def test_an_overview_is_the_coarsest_tile_with_the_limits_of_all_pixels(
    two_chips: tuple[Path, np.ndarray, np.ndarray],
    described: Described,
    monkeypatch: pytest.MonkeyPatch,
    extname: str,
    size: int,
) -> None:
    monkeypatch.setattr(pyramid, "TILE", size)
    path, science, flags = two_chips
    plane = described(path)[extname]
    kept: dict[str, bytes] = {}
    with path.open("rb") as file:
        tile, bins, limits = read_overview(file, path.name, plane, kept_in(kept), "")
        expected = read_tile(file, path.name, plane, tile, kept_in(kept), "")
    np.testing.assert_array_equal(bins, expected)
    assert len(kept) == (size == 8)
    pixels = flags if extname == "DQ" else science[np.isfinite(science)]
    assert (limits.finite, limits.minmax) == (pixels.size, (pixels.min(), pixels.max()))


@pytest.mark.parametrize("extname", ["SCI", "DQ"])
def test_a_sampled_overview_has_the_pixels_of_one_row_of_each_bin(
    two_chips: tuple[Path, np.ndarray, np.ndarray], described: Described, extname: str
) -> None:
    path = two_chips[0]
    plane = described(path)[extname]  # 53 x 74 pixels
    with path.open("rb") as file:
        tile, bins, limits = sample_overview(file, path.name, plane)
        exact, every, of_all = read_overview(file, path.name, plane, kept_in({}), "")
        pixels = read_cutout(file, path.name, plane, Region(0, plane.width, 0, plane.height))
    assert (tile, bins.shape, bins.dtype) == (exact, every.shape, every.dtype)
    rows = np.where(np.isfinite(pixels), pixels, np.nan)[[8, 24, 40, 56, 72]]
    column = rows[:, 16:32].astype(pixels.dtype)
    if extname == "DQ":
        np.testing.assert_array_equal(bins[:, 1], np.bitwise_or.reduce(column, axis=1))
    else:
        np.testing.assert_allclose(bins[:, 1], np.nanmean(column, axis=1), rtol=1e-5)
    assert limits.minmax == (np.nanmin(rows), np.nanmax(rows))
    assert of_all.minmax[0] <= limits.minmax[0] <= limits.minmax[1] <= of_all.minmax[1]


def test_limits_leave_out_what_marks_say(
    tmp_path: Path, write: Callable[..., Path], described: Described
) -> None:
    values = np.random.default_rng(3).normal(100, 9, (40, 60)).astype(np.float32)
    weights = np.ones_like(values)
    values[:9] = weights[:9] = 0
    values[20, 20] = 0  # a real one
    path = write(tmp_path / "x.fits", {"SCI": values, "WHT": weights})
    planes = described(path)
    science = planes["SCI"]
    with path.open("rb") as file:
        *_, by_weight = read_overview(file, "", science, kept_in({}), "", planes["WHT"])
        *_, by_itself = read_overview(file, "", science, kept_in({}), "", science)
        *_, sampled = sample_overview(file, "", science, drizzled=True)
    assert (by_weight.minmax, by_weight.finite) == ((0, values.max()), 31 * 60)
    assert (by_itself.minmax[0], by_itself.finite) == (values[values != 0].min(), 31 * 60 - 1)
    assert sampled.minmax[0] > 0


def test_the_coarsest_level_is_one_tile(
    two_chips: tuple[Path, np.ndarray, np.ndarray], described: Described
) -> None:
    plane = described(two_chips[0])["SCI"]  # 53 x 74 pixels
    assert level_count(plane) == 5
    assert sum(tile.level == 4 for tile in tiles(plane)) == 1


@pytest.mark.parametrize(
    ("tile", "message"),
    [
        (Tile(5, 0, 0), "level must be 0 to 4, not 5"),
        (Tile(-1, 0, 0), "level must be 0 to 4, not -1"),
        (Tile(0, 99, 0), "not within"),
        (Tile(3, 1, 0), "no tile in column 1, row 0"),
        (Tile(3, 0, -3), "no tile in column 0, row -3"),
    ],
)
def test_a_tile_that_does_not_exist_is_an_error(
    two_chips: tuple[Path, np.ndarray, np.ndarray], described: Described, tile: Tile, message: str
) -> None:
    path = two_chips[0]
    with path.open("rb") as file, pytest.raises(QueryError, match=message):
        read_tile(file, path.name, described(path)["SCI"], tile, lambda _, make: make(), "")
