"""Dark rate of SBC against its temperature, from dark exposures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..monitor import Monitor, Row, column
from .keyword_values import number

if TYPE_CHECKING:
    from ...observation import Observation


def measure(observation: Observation) -> Iterator[Row]:
    """Return the dark rate of SBC, with the temperature of the detector.

    SBC counts photons, and most pixels of a dark exposure have none.  So the rate follows from the
    part of the pixels of the ``raw`` file that are empty: of a Poisson distribution with the mean m
    it is exp(-m).  Hot pixels do not disturb it, as they do the mean; the rows of broken anodes
    count as empty, so the rate is low by their part of the rows, less than one percent.  The
    temperature is ``MDECODT1``, which rises with the time for which SBC is on; no keyword says
    when it was switched on.  Source: ACS Instrument Handbook, chapter 4.
    """
    temperature = number(observation.stored_header("raw", 1), "mdecodt1")
    for parts in observation.image_statistics.get("raw", {}).values():
        pixels, empty = parts["all"]["pixels"], parts["all"].get("zero", 0)
        # In an exposure without empty pixels, the rate is not that of darks.
        if empty:
            yield {
                "rate": math.log(pixels / empty) / observation["exptime"],
                "temperature": temperature,
                "exptime": observation["exptime"],
            }


MONITOR = Monitor(
    name="sbc_dark",
    title="SBC dark rate",
    measure=measure,
    condition="imagetyp=DARK detector=SBC exptime>0 exists(stats.raw.1.all.mean)",
    filetypes=("raw",),
    columns=(
        column("rate", "float", "dark counts of a pixel", "ct / s"),
        column("temperature", "float", "temperature of the MAMA, MDECODT1", "deg_C"),
        column("exptime", "float", "exposure time", "s"),
    ),
    plotted=("rate", "temperature"),
)
