"""Colour images: alignment against astropy's WCS, and the colours of sources."""

import io

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from PIL import Image

from acsql.errors import PreviewError
from acsql.images import colour

# Positions of stars, degrees from the pole of the projection to the east and north.
STARS = np.array([(0.0, 0.0), (9e-4, -3e-4), (-5e-4, 8e-4), (-8e-4, -7e-4)])


def wcs(rotation: float = 0.0, scale: float = 0.05, ra: float = 150.0, size: int = 200) -> WCS:
    """Return a tangent projection with a size in pixels."""
    result = WCS(naxis=2)
    result.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    result.wcs.crval = [ra, 60.0]
    result.wcs.crpix = [size / 2 + 3, size / 2 - 5]
    c, s = np.cos(np.radians(rotation)), np.sin(np.radians(rotation))
    result.wcs.cd = np.array([[-c, s], [s, c]]) * scale / 3600
    result.pixel_shape = (size, size - 20)
    return result


def layer(of: WCS, fluxes: list[float], **keywords: object) -> colour.Layer:
    """Return a layer that was read from a file with stars."""
    columns, rows = of.pixel_shape
    ra, dec = 150 + STARS[:, 0] / np.cos(np.radians(60)), 60 + STARS[:, 1]
    x, y = of.wcs_world2pix(ra, dec, 0)
    grid_y, grid_x = np.mgrid[:rows, :columns]
    pixels = np.random.default_rng(1).normal(10, 0.01, (rows, columns))
    for x_star, y_star, flux in zip(x, y, fluxes, strict=True):
        pixels += flux * np.exp(-((grid_x - x_star) ** 2 + (grid_y - y_star) ** 2) / 8)
    header = of.to_header()
    header.update(keywords)
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(pixels.astype(np.float32), header, name="SCI")]
    stream = io.BytesIO()
    fits.HDUList(hdus).writeto(stream)
    stream.seek(0)
    with fits.open(stream) as opened:
        return colour.read_layer(opened, "a_drz.fits", "SCI", None)


@pytest.mark.parametrize("max_side", [2048, 90])
@pytest.mark.parametrize("other", [wcs(40), wcs(170, 0.04, size=260), wcs(5, 0.03, 150.0004, 300)])
def test_stars_are_where_the_world_coordinates_have_them(
    monkeypatch: pytest.MonkeyPatch, other: WCS, max_side: int
) -> None:
    monkeypatch.setattr(colour, "MAX_SIDE", max_side)
    onto, moved = layer(wcs(), [0, 0, 0, 0]), layer(other, [5, 5, 5, 5])
    aligned = colour.align(moved, onto)
    assert aligned.shape == onto.values.shape
    expected_x, expected_y = wcs().wcs_world2pix(
        150 + STARS[:, 0] / np.cos(np.radians(60)), 60 + STARS[:, 1], 0
    )
    for x, y in zip(expected_x, expected_y, strict=True):
        x, y = ((value + 0.5) / onto.factor - 0.5 for value in (x, y))
        row, column, reach = round(y), round(x), 4
        part = aligned[row - reach : row + reach + 1, column - reach : column + reach + 1] - 10
        assert np.isfinite(part).all()
        grid_y, grid_x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        assert (part * grid_x).sum() / part.sum() + column == pytest.approx(x, abs=0.2)
        assert (part * grid_y).sum() / part.sum() + row == pytest.approx(y, abs=0.2)


def test_colours_are_those_of_the_sources_and_pixels_without_all_layers_are_black() -> None:
    red = layer(wcs(), [50, 5, 5, 50])
    green = layer(wcs(90), [5, 50, 5, 50])
    blue = layer(wcs(200), [5, 5, 50, 50])
    picture = colour.compose(red, green, blue)[::-1].astype(int)
    assert picture.shape == (*green.values.shape, 3)
    x, y = wcs(90).wcs_world2pix(150 + STARS[:, 0] / np.cos(np.radians(60)), 60 + STARS[:, 1], 0)
    seen = [picture[round(row), round(column)] for column, row in zip(x, y, strict=True)]
    for channel in range(3):
        assert seen[channel].argmax() == channel
        assert seen[channel].max() > 2 * np.median(seen[channel])
    assert np.ptp(seen[3]) < 100
    assert seen[3].min() > 150
    covered = np.isfinite(colour.align(red, green)) & np.isfinite(colour.align(blue, green))
    assert not covered.all()
    assert (picture[~covered] == 0).all()


def test_the_jpeg_is_the_picture() -> None:
    picture = colour.compose(*(layer(wcs(), [5, 5, 5, 5]) for _ in range(3)))
    with Image.open(io.BytesIO(colour.to_jpeg(picture))) as image:
        assert image.mode == "RGB"
        assert np.abs(np.asarray(image).astype(int) - picture).mean() < 6


def test_layers_of_different_fields_are_refused() -> None:
    with pytest.raises(PreviewError, match="no part of the sky in common"):
        colour.compose(layer(wcs(), [5] * 4), layer(wcs(ra=151.0), [5] * 4), layer(wcs(), [5] * 4))


@pytest.mark.parametrize(
    "keywords",
    [
        {"CTYPE1": "GLON-CAR"},
        {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "B_ORDER": 2},
    ],
)
def test_an_image_with_distortion_or_without_coordinates_is_refused(
    keywords: dict[str, object],
) -> None:
    with pytest.raises(PreviewError, match="drizzled images alone"):
        layer(wcs(), [5] * 4, **keywords)
