"""Anomalies of some images of the sample archive, and the annotations that describe them.

They are flags of `keyword_specs/flags.yaml`, so that the pages of these flags have examples.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from ..annotations import Action, Annotation, AnnotationTarget, new_id
from .schedule import PlannedObservation
from .stamps import add_points

# Every how many observations of the WFC a part of the data is lost, and the first of them.
_PERIOD, _FIRST = 10, 8
# Light of a trail in electrons per second and pixel, some hundred times that of the sky, and its
# width (standard deviation) relative to the width of the image.
_TRAIL, _TRAIL_WIDTH = 2.0, 0.008
# The place of a star that saturates, relative to the sides of the chip, and its electrons for each
# row of the chip: they fill its column over a good part of these.
_STAR, _STAR_CHARGE = (0.55, 0.35), 1e5
# The two rings of a figure-eight ghost: their radius relative to the width of the image, where on
# the diagonal the first begins, and its electrons in a pixel; the second is fainter.
_GHOST_RADIUS, _GHOST_START, _GHOST_CHARGE = 0.05, 0.06, (1500.0, 900.0)
_BY, _WHEN = "sample archive", datetime(2026, 1, 1)


def flags_of(observation: PlannedObservation) -> tuple[str, ...]:
    """Return the flags that hold for an observation.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.

    Returns
    -------
    tuple of str
        Names of flags; of an association none.
    """
    if observation.members:
        return ()
    is_cut = observation.detector == "WFC" and observation.number % _PERIOD == _FIRST
    return (*observation.visit.flags, *(("truncated_image",) if is_cut else ()))


def satellite_trail(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return the light of a satellite that crosses the field from edge to edge, out of focus.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the image.
    rng : numpy.random.Generator
        Chooses where it passes.

    Returns
    -------
    numpy.ndarray, shape (rows, columns)
        Electrons per second and pixel.
    """
    rows, columns = shape
    y, x = np.ogrid[:rows, :columns]
    angle = rng.uniform(0.2, 1.2)
    across = (y - rows * rng.uniform(0.4, 0.6)) * np.cos(angle)
    across = across - (x - columns * rng.uniform(0.4, 0.6)) * np.sin(angle)
    width = max(_TRAIL_WIDTH * columns, 1.0)
    light: np.ndarray = _TRAIL * np.exp(-((across / width) ** 2) / 2)
    return light.astype(np.float32)


def saturated_star(shape: tuple[int, int], ghost: bool = False) -> np.ndarray:
    """Return a star that is brighter than its pixels can hold, with its reflection if there is one.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the image.
    ghost : bool
        Whether it is reflected between CCD and window: two touching rings on the diagonal.

    Returns
    -------
    numpy.ndarray, shape (rows, columns)
        Electrons in each pixel at the end of the exposure.
    """
    rows, columns = shape
    x, y = _STAR[0] * columns, _STAR[1] * rows
    charge = np.zeros(shape, np.float32)
    add_points(charge, np.array([x]), np.array([y]), np.array([_STAR_CHARGE * rows]))
    if ghost:
        radius, away = _GHOST_RADIUS * columns, _GHOST_START * columns
        row, column = np.ogrid[:rows, :columns]
        for electrons in _GHOST_CHARGE:
            centre = (away + radius) / np.sqrt(2)
            distance = np.hypot(column - x - centre, row - y - centre)
            ring = np.exp(-(((distance - 0.8 * radius) / (0.2 * radius)) ** 2))
            charge += (electrons * ring).astype(np.float32)
            away += 2 * radius
    return charge


def annotations(planned: Sequence[PlannedObservation]) -> list[Annotation]:
    """Return the annotations of a sample archive.

    Parameters
    ----------
    planned : sequence of PlannedObservation
        Its observations.

    Returns
    -------
    list of Annotation
        The flags of each, and the first observation with a flag as its example.
    """
    entries: list[Annotation] = []
    for observation in planned:
        for flag in flags_of(observation):
            is_first = not any(entry.flag == flag for entry in entries)
            for action in (Action.FLAG, *([Action.EXAMPLE] if is_first else [])):
                target = AnnotationTarget(observation.ipppssoot)
                key = new_id(_BY, action, flag, observation.ipppssoot)
                entries.append(Annotation(key, action, target, _BY, _WHEN, flag=flag))
    return entries
