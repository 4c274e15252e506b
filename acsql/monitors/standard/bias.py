"""Bias level and read noise of each amplifier, from the overscan of every raw frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..alerts import Silence, Trend
from ..monitor import Monitor, Row, column
from .amplifier_statistics import by_amplifier

if TYPE_CHECKING:
    from ...observation import Observation

# DN a year, a choice: ten times the scatter of the level from exposure to exposure in the sample
# archive, about 4 DN.
_FASTEST_DRIFT = 50.0
# Days; biases are taken every week.
_LONGEST_SILENCE = 30


def measure(observation: Observation) -> Iterator[Row]:
    """Measure the bias level and the read noise of each amplifier.

    Both are image statistics of the ``raw`` file: the sigma-clipped mean and standard deviation
    of the physical overscan (``overscan_mean``, ``overscan_std``), which no light reaches.  One row
    for each amplifier that reads a part of an image.  Source: ACS Data Handbook, section 4.2.1.
    """
    for part in by_amplifier(observation, "raw", "overscan_mean"):
        yield {
            "extver": part.extver,
            "amplifier": part.amplifier,
            "level": part.values["overscan_mean"],
            "noise": part.values.get("overscan_std"),
            "gain": observation["ccdgain"],
        }


MONITOR = Monitor(
    name="bias",
    title="Bias level and read noise",
    measure=measure,
    # Statistics can be filled in long after the ingest of a file.
    condition="exists(stats.raw.1.all.mean) detector=WFC,HRC",
    filetypes=("raw",),
    columns=(
        column("amplifier", "str", "detector and amplifier"),
        column("level", "float", "bias level: mean of the physical overscan", "adu"),
        column("noise", "float", "read noise: standard deviation of the overscan", "adu"),
        column("gain", "float", "commanded gain", "electron / adu"),
        column("extver", "int", "EXTVER of the SCI extension"),
    ),
    by="amplifier",
    plotted=("level", "noise"),
    alerts=(Trend("level", per_year=_FASTEST_DRIFT), Silence(_LONGEST_SILENCE)),
)
