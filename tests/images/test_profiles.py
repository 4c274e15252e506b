"""Line cuts are the pixels themselves, and radial profiles those of a star that is known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from acsql.errors import QueryError
from acsql.images.planes import Plane
from acsql.images.profiles import LineCut, RadialProfile, line_pixels, read_profile
from acsql.images.region_files import parse_region

Described = Callable[[Path], dict[str, Plane]]
# A star: its place with the first pixel 0, its sigma in pixels, its peak and the sky.
X, Y, SIGMA, PEAK, SKY = 40.3, 35.8, 1.8, 5000.0, 12.0


@pytest.fixture
def star(tmp_path: Path, write: Callable[..., Path]) -> tuple[Path, np.ndarray]:
    """An image of one star."""
    y, x = np.indices((80, 90))
    values = SKY + PEAK * np.exp(-((x - X) ** 2 + (y - Y) ** 2) / 2 / SIGMA**2)
    values = values.astype(np.float32)
    return write(tmp_path / "star_flt.fits", {"SCI": values}), values


def profile(path: Path, described: Described, text: str) -> LineCut | RadialProfile:
    with path.open("rb") as file:
        return read_profile(file, path.name, described(path)["SCI"], parse_region(text))


def test_a_star_has_its_centre_width_and_flux(
    star: tuple[Path, np.ndarray], described: Described
) -> None:
    path, values = star
    found = profile(path, described, "circle(41,37,15)")
    assert isinstance(found, RadialProfile)
    assert (found.x, found.y) == pytest.approx((X, Y), abs=0.05)
    assert found.fwhm == pytest.approx(SIGMA * np.sqrt(8 * np.log(2)), rel=0.05)
    assert found.sky == pytest.approx(SKY)
    assert found.total[-1] == pytest.approx(2 * np.pi * SIGMA**2 * PEAK, rel=1e-3)
    # It takes 2 s to import, which each process would spend while it looks for its tests.
    from photutils.aperture import CircularAperture, aperture_photometry

    circle = CircularAperture((found.x, found.y), 7)
    expected = aperture_photometry(values.astype(float) - found.sky, circle)["aperture_sum"][0]
    assert found.total[found.aperture.index(7)] == pytest.approx(expected)
    assert found.mean[-1] == pytest.approx(SKY, abs=0.01)
    assert len(found.radius) == len(found.aperture) == 15


def test_pixels_without_a_value_count_in_no_annulus(
    two_chips: tuple[Path, np.ndarray, np.ndarray], described: Described
) -> None:
    path, *_ = two_chips
    found = profile(path, described, "point(30,55)")
    assert isinstance(found, RadialProfile)
    means = [mean for mean in found.mean if mean is not None]
    assert np.mean(means) == pytest.approx(100, abs=10)
    with pytest.raises(QueryError, match="no pixel around the place has a value"):
        profile(path, described, "circle(2,2,1)")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("line(11,21,51,61)", (10, 20), (50, 60)),
        ("line(51,61,11,21)", (50, 60), (10, 20)),
        ("line(20,5,20,30)", (19, 4), (19, 29)),
    ],
)
def test_a_line_cut_has_the_pixels_along_the_line(
    star: tuple[Path, np.ndarray], described: Described, text: str, start: tuple, end: tuple
) -> None:
    path, values = star
    found = profile(path, described, text)
    assert isinstance(found, LineCut)
    x, y = line_pixels(start, end)
    assert (found.x[0], found.y[0], found.x[-1], found.y[-1]) == (*start, *end)
    np.testing.assert_array_equal(np.array(found.values, np.float32), values[y, x])
    assert max(np.diff(found.distance)) <= 1
    assert found.distance[-1] == pytest.approx(np.hypot(*np.subtract(end, start)))


def test_a_line_that_leaves_the_image_has_no_value_there(
    star: tuple[Path, np.ndarray], described: Described
) -> None:
    found = profile(star[0], described, "line(85,40,95,40)")
    assert isinstance(found, LineCut)
    assert [value is None for value in found.values] == [x > 89 for x in found.x]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("box(10,10,4,4,0)", "only lines, circles and points have a profile"),
        ("circle(40,30,300)", "radius from 1 to 100 pixels, not 300"),
        ("circle(400,30,9)", "not within the image"),
        ("line(1,1,9999,1)", "longer than 340 pixels"),
        ("line(200,1,210,1)", "not within"),
    ],
)
def test_what_has_no_profile_is_refused(
    star: tuple[Path, np.ndarray], described: Described, text: str, message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        profile(star[0], described, text)
