"""Dark current and hot pixels of the CCDs, from dark exposures."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from ..alerts import Silence
from ..monitor import Monitor, Row, column
from .amplifier_statistics import by_amplifier

if TYPE_CHECKING:
    from astropy.table import Table

    from ...observation import Observation

# Days; darks are taken several times a week.
_LONGEST_SILENCE = 30
# The part of all hot pixels that an anneal heals at least: it heals most of those that are new
# since the last one (ACS Data Handbook, chapter 4), and their number scatters less than this.
_HEALED = 0.05
# Days; over a longer time without darks, growth hides an anneal.
_LONGEST_GAP = 15.0


def measure(observation: Observation) -> Iterator[Row]:
    """Return the dark current and the fractions of hot and warm pixels of each amplifier.

    The dark current is the sigma-clipped mean of the ``flt`` file divided by the exposure time:
    CALACS subtracts the bias from a dark exposure, not the dark current, and clipping removes
    cosmic rays and hot pixels.  Hot and warm pixels are those with the data quality flags 16 and
    64, in files that have them.  Exposures with a post-flash are not measured.  The summary lists
    the times between which the hot pixels became fewer: the anneals.  In exposures of less than
    1000 s, warm pixels are within the noise and are not clipped, so the rate is a few percent high.
    Source: ACS Data Handbook, chapter 4.
    """
    for part in by_amplifier(observation, "flt", "clipped_mean"):
        yield {
            "extver": part.extver,
            "amplifier": part.amplifier,
            "rate": part.values["clipped_mean"] / observation["exptime"],
            "hot": part.fraction("flag_16"),
            "warm": part.fraction("flag_64"),
            "exptime": observation["exptime"],
        }


def anneals(table: Table) -> Table:
    """Return the times between which the fraction of hot pixels fell, by detector.

    Of exposures further apart than 15 days, no anneal can be said.

    Parameters
    ----------
    table : Table
        The rows of this monitor.

    Returns
    -------
    Table
        Detector, the last exposure before and the first after the fall, and both fractions.
    """
    from astropy.table import Table as Made

    rows = []
    for detector, exposures in _hot_pixels(table).items():
        for (start, before), (end, after) in pairwise(sorted(exposures)):
            if end - start <= _LONGEST_GAP and after < before * (1 - _HEALED):
                rows.append((detector, start, end, before, after))
    names = ("detector", "after", "before", "hot_then", "hot_now")
    return Made(rows=rows or None, names=names, dtype=(str, float, float, float, float))


def _hot_pixels(table: Table) -> dict[str, list[tuple[float, float]]]:
    """Return the time and the mean fraction of hot pixels of each exposure, by detector."""
    known = table[~(table["hot"].mask | table["expstart"].mask)]
    exposures: dict[tuple[str, float], list[float]] = {}
    for amplifier, start, hot in known.iterrows("amplifier", "expstart", "hot"):
        detector, _, _ = str(amplifier).partition(" ")
        exposures.setdefault((detector, float(start)), []).append(float(hot))
    by_detector: dict[str, list[tuple[float, float]]] = {}
    for (detector, start), fractions in exposures.items():
        mean = sum(fractions) / len(fractions)
        by_detector.setdefault(detector, []).append((start, mean))
    return by_detector


MONITOR = Monitor(
    name="dark",
    title="Dark current and hot pixels",
    measure=measure,
    condition=(
        "imagetyp=DARK detector=WFC,HRC exptime>0 not flashdur>0 exists(stats.flt.1.all.mean)"
    ),
    filetypes=("flt",),
    columns=(
        column("amplifier", "str", "detector and amplifier"),
        column("rate", "float", "dark current of a pixel", "electron / s"),
        column("hot", "float", "fraction of hot pixels, flag 16"),
        column("warm", "float", "fraction of warm pixels, flag 64"),
        column("exptime", "float", "exposure time", "s"),
        column("extver", "int", "EXTVER of the SCI extension"),
    ),
    by="amplifier",
    plotted=("rate", "hot", "warm"),
    alerts=(Silence(_LONGEST_SILENCE),),
    summary=anneals,
)
