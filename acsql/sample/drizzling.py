"""Drizzled products: the chips of an exposure on one grid of square pixels."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import keywords
from . import calibration
from .camera import GAP, Readout, Wcs, cd_matrix, deproject, skew, target_pixel
from .cards import Hdu, big_endian
from .headers import Values, header, structure
from .image_keywords import of_chip, of_wcs, statistics
from .simulation import Simulation
from .wcs_extensions import blended_lookups


@dataclass(frozen=True)
class Drizzled:
    """A rectified image: counts per second, its weight in seconds, which inputs it is from.

    `centre` is the pixel, from 1, on which the centre of the detector lies.
    """

    sci: np.ndarray
    weight: np.ndarray
    context: np.ndarray
    centre: tuple[float, float]


class _Plane(NamedTuple):
    """An image of a product: its EXTNAME, its pixels and its BUNIT."""

    extname: str
    data: np.ndarray
    unit: str


def drizzle(
    chips: list[np.ndarray], readouts: list[Readout], gap: int, exptime: float, inputs: int
) -> Drizzled:
    """Put the chips of an exposure together on square pixels.

    Parameters
    ----------
    chips : list of array
        In electrons, in the order of EXTVER, that is from below.
    gap : int
        Rows between two chips.
    """
    mosaic = chips[0]
    if len(chips) > 1:
        blank = np.full((gap, mosaic.shape[1]), np.nan, np.float32)
        mosaic = np.vstack([chips[0], blank, chips[1]])
    row, column, outside = _rectified(readouts[0].detector, *mosaic.shape)
    sci = mosaic[row, column]
    outside = outside | ~np.isfinite(sci)
    sci[outside] = 0
    sci /= np.float32(max(exptime, 1))
    weight = np.full(sci.shape, exptime, np.float32)
    weight[outside] = 0
    context = np.full(sci.shape, (1 << min(inputs, 31)) - 1, np.int32)
    context[outside] = 0
    height, width = sci.shape
    return Drizzled(sci, weight, context, ((width + 1) / 2, (height + 1) / 2))


@lru_cache(maxsize=1)
def _rectified(detector: str, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return from which row and column each square pixel comes, and which from outside."""
    matrix = skew(detector)
    height = int(np.ceil(rows * matrix[1, 1] + columns * matrix[1, 0])) + 2
    width = int(np.ceil(columns * matrix[0, 0] + rows * matrix[0, 1])) + 2
    back = np.linalg.inv(matrix).astype(np.float32)
    x = np.arange(width, dtype=np.float32)[None, :] - (width - 1) / 2
    y = np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2
    column = np.rint(back[0, 0] * x + back[0, 1] * y + (columns - 1) / 2).astype(np.int32)
    row = np.rint(back[1, 0] * x + back[1, 1] * y + (rows - 1) / 2).astype(np.int32)
    outside = (column < 0) | (column >= columns) | (row < 0) | (row >= rows)
    column[outside] = row[outside] = 0
    return row, column, outside


def drizzled(simulation: Simulation, filetype: str) -> list[Hdu]:
    """Return the extensions of a drizzled file: SCI, WHT and CTX.

    Parameters
    ----------
    simulation : Simulation
        The observation.
    filetype : str
        The filetype, drz or drc.

    Returns
    -------
    list of Hdu
        The three extensions.
    """
    o = simulation.observation
    chips = [chip.corrected if filetype == "drc" else chip.sci for chip in simulation.chips]
    inputs = len(o.exposures) * len(chips)
    result = drizzle(chips, simulation.readouts, _gap(simulation), o.exptime, inputs)
    common = {
        **simulation.common,
        **of_chip(o, simulation.readouts[0], raw=False),
        **calibration.photometry(o),
        **of_wcs(_drizzled_wcs(simulation, result), simulation.common, 1, distorted=False),
        **(blended_lookups() if o.members else {}),
        "EXTVER": 1,
        "LTV1": 0.0,
        "LTV2": 0.0,
    }
    # Products of several exposures have one plane for every 32 of them.
    context = result.context[None] if o.members else result.context
    planes = (
        _Plane("SCI", result.sci, "COUNTS/S" if calibration.gain(o) == 0 else "ELECTRONS/S"),
        _Plane("WHT", result.weight, "UNITLESS"),
        _Plane("CTX", context, "UNITLESS"),
    )
    return [
        _drizzled_plane(simulation, filetype, extension, plane, common)
        for extension, plane in enumerate(planes, start=1)
    ]


def _gap(simulation: Simulation) -> int:
    return round(GAP / simulation.readouts[0].reduction)


def _drizzled_wcs(simulation: Simulation, drizzled: Drizzled) -> Wcs:
    o, readout = simulation.observation, simulation.readouts[0]
    chips = len(simulation.readouts)
    rows = readout.rows * chips + _gap(simulation) * (chips - 1)
    middle = np.array([(readout.columns - 1) / 2, (rows - 1) / 2])
    cd = cd_matrix(o.detector, o.pa_v3, readout.arcsec)
    xi, eta = cd @ (middle - np.array(target_pixel(readout, o.offset)))
    square = cd_matrix(o.detector, o.pa_v3, readout.arcsec, skewed=False)
    return Wcs(drizzled.centre, deproject(o.target.ra, o.target.dec, xi, eta), square)


def _drizzled_plane(
    simulation: Simulation, filetype: str, extension: int, plane: _Plane, common: Values
) -> Hdu:
    key = simulation.key(filetype, extension)
    # The weight of a single exposure is the same everywhere, and stored as a constant if the list
    # of the header allows that.
    constant = "pixvalue" in keywords.load().lists[key] and not simulation.observation.members
    stored = None if constant else plane.data
    own = {
        **common,
        **(statistics(plane.data, plane.data != 0) if plane.extname != "CTX" else {}),
        **structure(stored),
        "PIXVALUE": float(plane.data.max()),
        "EXTNAME": plane.extname,
        "BUNIT": plane.unit,
    }
    return Hdu(header(key, own), None if stored is None else big_endian(stored))
