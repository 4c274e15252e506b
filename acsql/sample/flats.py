"""Flat fields: the sensitivity of each pixel, and the illumination by the internal lamps."""

import numpy as np

from .camera import Readout
from .scenes import enlarged, fixed_random


def flat_field(readout: Readout, filters: tuple[str, str]) -> np.ndarray:
    """Return the sensitivity of each pixel of a chip in a filter.

    Parameters
    ----------
    readout : Readout
        The chip.
    filters : tuple of str
        The filters of both wheels.

    Returns
    -------
    array
        Relative to the mean of the chip.
    """
    rng = fixed_random("flat", readout.detector, readout.chip, *filters)
    surface = np.float32(0.03) * enlarged(_bumps(rng, 5), readout.shape)
    surface += np.float32(0.006) * fixed_random("pixels", readout.detector).standard_normal(
        readout.shape, np.float32
    )
    surface += 1
    for _ in range(7):
        _add_dust(surface, rng)
    return surface


def _add_dust(surface: np.ndarray, rng: np.random.Generator) -> None:
    """Darken a ring: a grain on the window, out of focus."""
    rows, columns = surface.shape
    radius = rng.uniform(0.012, 0.035) * columns
    width = max(0.25 * radius, 0.8)
    x, y = rng.uniform(0, columns), rng.uniform(0, rows)
    reach = radius + 3 * width
    left, bottom = max(int(x - reach), 0), max(int(y - reach), 0)
    part = surface[bottom : int(y + reach) + 1, left : int(x + reach) + 1]
    row, column = np.ogrid[: part.shape[0], : part.shape[1]]
    distance = np.hypot(column + left - x, row + bottom - y)
    part -= (0.02 * np.exp(-(((distance - radius) / width) ** 2))).astype(np.float32)


def illumination(readout: Readout) -> np.ndarray:
    """Return the relative illumination of a chip by the internal lamps.

    Parameters
    ----------
    readout : Readout
        The chip.

    Returns
    -------
    array
        Near 1, and less in the corners.
    """
    lower = readout.chip == 2
    y = np.linspace(-1.0 if lower else 0.0, 0.0 if lower else 1.0, 33, dtype=np.float32)
    x = np.linspace(-1, 1, 33, dtype=np.float32)
    surface = 1.08 - 0.16 * (x[None, :] ** 2 + 0.6 * y[:, None] ** 2) + 0.06 * x[None, :]
    return enlarged(surface.astype(np.float32), readout.shape)


def _bumps(rng: np.random.Generator, scales: int) -> np.ndarray:
    surface = np.zeros((65, 65), np.float32)
    for scale in range(scales):
        grid = rng.standard_normal((3 + 2**scale, 3 + 2**scale), np.float32)
        surface += np.float32(0.6**scale) * enlarged(grid, surface.shape)
    return surface
