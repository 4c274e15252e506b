"""Stars, galaxies and spectra on an image, each computed in a square around its place."""

from collections.abc import Callable

import numpy as np

from .camera import Wcs

# Pixels that are computed at once.
_CHUNK = 2_000_000


def add_points(rate: np.ndarray, x: np.ndarray, y: np.ndarray, flux: np.ndarray) -> None:
    """Add stars to an image; only the bright ones have wings and a cross, of the vanes.

    Parameters
    ----------
    rate : array, 2-D
        The image, electrons per second and pixel, which is changed.
    x, y : array
        Where the stars are, pixels from 0.
    flux : array
        Their light, electrons per second.
    """
    for least, most, radius in ((0, 30, 4), (30, 900, 12), (900, np.inf, 45)):
        chosen = (flux >= least) & (flux < most)
        _stamp(rate, x[chosen], y[chosen], (flux[chosen],), radius, _point_spread)


def _point_spread(dx: np.ndarray, dy: np.ndarray, flux: np.ndarray) -> np.ndarray:
    distance = dx * dx + dy * dy
    core = 0.30 * np.exp(-distance / 1.25)
    wings = 0.012 * (1 + distance / 3.0) ** -1.45
    # The vanes are at 45 degrees to the pixels.
    along, across = (dx + dy) ** 2 / 2, (dx - dy) ** 2 / 2
    cross = 0.004 * (
        np.exp(-along / 0.4) / (1 + across / 20) + np.exp(-across / 0.4) / (1 + along / 20)
    )
    surface: np.ndarray = flux * (core + wings + cross)
    return surface


def add_galaxies(
    rate: np.ndarray, x: np.ndarray, y: np.ndarray, blobs: np.ndarray, arcsec: float, wcs: Wcs
) -> None:
    """Add galaxies to an image.

    Parameters
    ----------
    rate : array, 2-D
        As for `add_points`.
    x, y : array
        As for `add_points`.
    blobs : array
        The galaxies, as `acsql.sample.scenes.SkyField` has them.
    arcsec : float
        The width of a pixel, arcseconds.
    wcs : Wcs
        Of the chip.
    """
    size = blobs[:, 3] / arcsec
    angle = blobs[:, 5] - np.radians(wcs.orientat)
    for least, most in ((0, 2.5), (2.5, 6), (6, 40)):
        chosen = (size >= least) & (size < most)
        shapes = (blobs[chosen, 2], size[chosen], blobs[chosen, 4], angle[chosen])
        _stamp(rate, x[chosen], y[chosen], shapes, int(min(5 * most, 60)), _sersic)


def _sersic(
    dx: np.ndarray,
    dy: np.ndarray,
    flux: np.ndarray,
    size: np.ndarray,
    ratio: np.ndarray,
    angle: np.ndarray,
) -> np.ndarray:
    along = dx * np.cos(angle) + dy * np.sin(angle)
    across = (dy * np.cos(angle) - dx * np.sin(angle)) / ratio
    distance = np.sqrt(along * along + across * across + 0.3) / size
    # Sersic's law with n = 1.6, between a disc and an elliptical.
    surface: np.ndarray = (
        0.11 * flux / (ratio * size * size) * np.exp(-2.87 * (distance**0.625 - 0.3))
    )
    return surface


def _stamp(
    rate: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    shapes: tuple[np.ndarray, ...],
    radius: int,
    profile: Callable[..., np.ndarray],
) -> None:
    """Add the same kind of object at many places, each in a square around it."""
    rows, columns = rate.shape
    near = (x > -radius) & (x < columns + radius) & (y > -radius) & (y < rows + radius)
    x, y, shapes = x[near], y[near], tuple(shape[near] for shape in shapes)
    steps = np.arange(-radius, radius + 1)
    at_once = max(1, _CHUNK // len(steps) ** 2)
    for start in range(0, len(x), at_once):
        part = slice(start, start + at_once)
        column = np.floor(x[part]).astype(int)[:, None, None] + steps[None, None, :]
        row = np.floor(y[part]).astype(int)[:, None, None] + steps[None, :, None]
        values = profile(
            column - x[part, None, None] + 0.0,
            row - y[part, None, None] + 0.0,
            *(shape[part, None, None] for shape in shapes),
        )
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        np.add.at(
            rate.reshape(-1),
            (row * columns + column)[inside],
            values[inside].astype(np.float32),
        )


def add_spectra(rate: np.ndarray, x: np.ndarray, y: np.ndarray, flux: np.ndarray) -> None:
    """Add the first order of a grism to an image: a trace along the rows for every object.

    Parameters
    ----------
    rate : array, 2-D
        As for `add_points`.
    x, y : array
        As for `add_points`.
    flux : array
        As for `add_points`.
    """
    length = min(150, rate.shape[1] // 3)
    steps = np.arange(length)
    blaze = np.exp(-(((steps - 0.45 * length) / (0.26 * length)) ** 2)) / (0.4 * length)
    for least, most in ((0, 60), (60, np.inf)):
        chosen = (flux >= least) & (flux < most)
        trace_x = (x[chosen, None] + steps).reshape(-1)
        trace_y = (y[chosen, None] - 0.02 * steps).reshape(-1)
        weights = (6 * flux[chosen, None] * blaze).reshape(-1)
        _stamp(rate, trace_x, trace_y, (weights,), 2 if most == 60 else 5, _point_spread)
    add_points(rate, x - 0.8 * length, y, 0.04 * flux)
