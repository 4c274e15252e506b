"""Anomalies: what is wrong with some images, and the annotations that say so.

They are flags of `keyword_specs/flags.yaml`, so that the pages of these flags have examples.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from ..annotations import Action, Annotation, AnnotationTarget, new_id
from .schedule import PlannedObservation

# Every how many observations of the WFC a part of the data is lost, and the first of them.
_PERIOD, _FIRST = 10, 8
# Light of a trail in electrons per second and pixel, some hundred times that of the sky, and its
# width (standard deviation) relative to the width of the image.
_TRAIL, _TRAIL_WIDTH = 2.0, 0.008
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
