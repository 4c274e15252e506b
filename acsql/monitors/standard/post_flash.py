"""Post-flash: the level of the lamp against the commanded flash, from flashed darks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..monitor import Monitor, Row, column
from .amplifier_statistics import by_amplifier
from .keyword_values import text

if TYPE_CHECKING:
    from ...observation import Observation


def measure(observation: Observation) -> Iterator[Row]:
    """Measure the charge of the post-flash of each amplifier, and its rate.

    The level is the sigma-clipped mean of the ``flt`` file of a dark exposure with a post-flash,
    from which CALACS subtracts the bias alone; the rate is the level divided by the commanded
    duration (``FLASHDUR``).  At each commanded current (``FLASHCUR``) a constant lamp gives a
    constant rate.  The dark current adds about an electron in 100 s.  Source: ACS Data Handbook,
    section 3.4, doFlash.
    """
    seconds = observation["flashdur"]
    current = text(observation.stored_header("flt", 0), "flashcur")
    for part in by_amplifier(observation, "flt", "clipped_mean"):
        level = part.values["clipped_mean"]
        yield {
            "extver": part.extver,
            "amplifier": part.amplifier,
            "current": current,
            "duration": seconds,
            "level": level,
            "rate": level / seconds,
            "exptime": observation["exptime"],
        }


MONITOR = Monitor(
    name="post_flash",
    title="Post-flash level",
    measure=measure,
    condition="imagetyp=DARK detector=WFC,HRC flashdur>0 exists(stats.flt.1.all.mean)",
    filetypes=("flt",),
    columns=(
        column("amplifier", "str", "detector and amplifier"),
        column("current", "str", "commanded current: LOW, MED or HIGH"),
        column("duration", "float", "commanded duration", "s"),
        column("level", "float", "mean charge of a pixel", "electron"),
        column("rate", "float", "mean charge by commanded duration", "electron / s"),
        column("exptime", "float", "exposure time", "s"),
        column("extver", "int", "EXTVER of the SCI extension"),
    ),
    by="amplifier",
    plotted=("level", "rate"),
    against=("duration",),
)
