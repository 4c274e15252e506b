"""Saturation and cosmic rays: fractions of the pixels of each calibrated image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..monitor import Monitor, Row, column

if TYPE_CHECKING:
    from ...observation import Observation

# Data quality flags of cosmic rays: found by CALACS, and by AstroDrizzle for an association (STScI,
# ACS Data Quality Flags).
_COSMIC_RAYS = ("flag_8192", "flag_4096")


def measure(observation: Observation) -> Iterator[Row]:
    """Measure the fractions of saturated pixels and of pixels hit by cosmic rays.

    Both are image statistics of the ``flt`` file, divided by its number of pixels: saturated
    pixels have the data quality flag 256 or 2048, cosmic rays 4096 or 8192 (the larger number).
    One row for each SCI extension.  Source: STScI, ACS Data Quality Flags.
    """
    for extver, parts in observation.image_statistics.get("flt", {}).items():
        statistics = parts["all"]
        pixels, hit = statistics["pixels"], [statistics.get(name) for name in _COSMIC_RAYS]
        known = [number for number in hit if number is not None]
        if pixels:
            yield {
                "extver": int(extver),
                "saturated": statistics["saturated"] / pixels
                if "saturated" in statistics
                else None,
                "cosmic_rays": max(known) / pixels if known else None,
                "exptime": observation["exptime"],
                "detector": observation["detector"],
            }


MONITOR = Monitor(
    name="saturation",
    title="Saturation and cosmic rays",
    measure=measure,
    condition="exists(stats.flt.1.all.pixels)",
    filetypes=("flt",),
    columns=(
        column("extver", "int", "EXTVER of the SCI extension"),
        column("saturated", "float", "fraction of saturated pixels"),
        column("cosmic_rays", "float", "fraction of pixels hit by cosmic rays"),
        column("exptime", "float", "exposure time", "s"),
        column("detector", "str", "detector"),
    ),
    by="detector",
    plotted=("saturated", "cosmic_rays"),
)
