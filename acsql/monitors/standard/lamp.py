"""Internal flat fields: the level of the lamps and its low-order shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..monitor import Monitor, Row, column
from .amplifier_statistics import by_amplifier
from .keyword_values import filter_name, text

if TYPE_CHECKING:
    from ...observation import Observation


def measure(observation: Observation) -> Iterator[Row]:
    """Measure the level of an internal flat field at each amplifier.

    The level is the sigma-clipped mean of the ``flt`` file, from which CALACS subtracts bias and
    dark current, without division by a flat field.  The shape is the level divided by the mean of
    all amplifiers of the exposure: it shows a change of the illumination, but not of the lamp.  The
    name of the lamp is ``SCLAMP``.  Source: ACS Data Handbook, on flat fields.
    """
    parts = list(by_amplifier(observation, "flt", "clipped_mean"))
    levels = [part.values["clipped_mean"] for part in parts]
    lamp = text(observation.stored_header("flt", 0), "sclamp") or "unknown lamp"
    for part, level in zip(parts, levels, strict=True):
        mean = sum(levels) / len(levels)
        yield {
            "extver": part.extver,
            "amplifier": part.amplifier,
            "lamp": f"{lamp} {filter_name(observation)}",
            "level": level,
            "rate": level / observation["exptime"],
            "shape": level / mean if mean else None,
            "exptime": observation["exptime"],
        }


MONITOR = Monitor(
    name="lamp",
    title="Internal flat lamps",
    measure=measure,
    condition=(
        "imagetyp=FLAT obstype=INTERNAL detector=WFC,HRC exptime>0 exists(stats.flt.1.all.mean)"
    ),
    filetypes=("flt",),
    columns=(
        column("amplifier", "str", "detector and amplifier"),
        column("lamp", "str", "lamp and filter"),
        column("level", "float", "mean charge of a pixel", "electron"),
        column("rate", "float", "mean charge by exposure time", "electron / s"),
        column("shape", "float", "level relative to the mean of all amplifiers"),
        column("exptime", "float", "exposure time", "s"),
        column("extver", "int", "EXTVER of the SCI extension"),
    ),
    by="lamp",
    plotted=("rate", "shape"),
)
