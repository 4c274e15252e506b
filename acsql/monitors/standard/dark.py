"""Dark current and hot pixels of the CCDs, from dark exposures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..alerts import Silence
from ..monitor import Monitor, Row, column
from .amplifier_statistics import by_amplifier

if TYPE_CHECKING:
    from astropy.table import Table

    from ...observation import Observation

# The day from which Modified Julian Dates count.
_MJD_0 = np.datetime64("1858-11-17")
# Days; darks are taken several times a week.
_LONGEST_SILENCE = 30
# The part of all hot pixels that an anneal heals at least: it heals 45 to 80 % of those that are
# new since the last one (A. Riess et al., ISR ACS 2002-06), and their number scatters less.
_HEALED = 0.05
# Days; over a longer time without darks, growth hides an anneal.
_LONGEST_GAP = 15.0


def measure(observation: Observation) -> Iterator[Row]:
    """Measure the dark current and the fractions of hot and warm pixels of each amplifier.

    The dark current is the sigma-clipped mean of the ``flt`` file divided by the exposure time:
    CALACS subtracts the bias from a dark exposure, not the dark current, and clipping removes
    cosmic rays and hot pixels.  Hot and warm pixels are those with the data quality flags 16 and
    64, in files that have them.  Exposures with a post-flash are not measured.  The summary has the
    means of each month, and the anneals: dates on which the number of hot pixels dropped.  In
    exposures of less than 1000 s, warm pixels are within the noise and are not clipped, so the rate
    is a few percent high.  Source: ACS Data Handbook, section 4.3.
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


def anneal_times(table: Table) -> list[float]:
    """Return the start of the first exposure after each anneal, as Modified Julian Date.

    Parameters
    ----------
    table : Table
        The rows of this monitor.
    """
    return sorted(set(anneals(table)["before"].tolist()))


def by_month(table: Table) -> Table:
    """Return the dark current and the fractions of hot and warm pixels of each month.

    Parameters
    ----------
    table : Table
        The rows of this monitor.

    Returns
    -------
    Table
        For each detector and month (UTC): the number of exposures, the median of the rates and the
        means of the fractions of all amplifiers (NaN without values), and the days of the first
        exposures after anneals.
    """
    from astropy.table import Table as Made

    healed: dict[tuple[str, str], list[str]] = {}
    for detector, time in anneals(table).iterrows("detector", "before"):
        month, _, day = str(_days(time)).rpartition("-")
        healed.setdefault((str(detector), month), []).append(day)
    known = table[~table["expstart"].mask]
    known["detector"] = [str(name).partition(" ")[0] for name in known["amplifier"].tolist()]
    known["month"] = _days(known["expstart"]).astype("datetime64[M]").astype(str)
    rows = []
    for own in known.group_by(["detector", "month"]).groups if len(known) else ():
        key = str(own["detector"][0]), str(own["month"][0])
        means = (
            _average(own["rate"], np.median),
            _average(own["hot"], np.mean),
            _average(own["warm"], np.mean),
        )
        exposures = len(set(own["rootname"].tolist()))
        rows.append((*key, exposures, *means, ", ".join(healed.get(key, []))))
    names = ("detector", "month", "exposures", "rate", "hot", "warm", "anneals")
    made = Made(rows=rows or None, names=names, dtype=(str, str, int, float, float, float, str))
    made["rate"].unit = "electron / s"
    return made


def _average(values: Any, average: Callable[[Any], Any]) -> float:
    """Return an average of the values of a column that are known, NaN if none is."""
    known = np.asarray(values[~values.mask])
    return float(average(known)) if known.size else np.nan


def _days(times: Any) -> Any:
    """Return the days of Modified Julian Dates, as `numpy.datetime64`."""
    return _MJD_0 + np.floor(np.asarray(times)).astype("timedelta64[D]")


def _hot_pixels(table: Table) -> dict[str, list[tuple[float, float]]]:
    """Return the time and the mean fraction of hot pixels of each exposure, by detector."""
    known = table[~(table["hot"].mask | table["expstart"].mask)]
    exposures: dict[tuple[str, float], list[float]] = {}
    # As lists: each value of a masked column takes tens of microseconds.
    columns = (known[name].tolist() for name in ("amplifier", "expstart", "hot"))
    for amplifier, start, hot in zip(*columns, strict=True):
        detector, _, _ = str(amplifier).partition(" ")
        exposures.setdefault((detector, start), []).append(hot)
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
    summary=by_month,
    marks=anneal_times,
    marked="anneal",
)
