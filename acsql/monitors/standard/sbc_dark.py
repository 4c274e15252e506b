"""Dark rate of SBC against its temperature and the time since switch-on, from dark exposures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..monitor import Monitor, Row, column
from .keyword_values import number

if TYPE_CHECKING:
    from astropy.table import Table

    from ...observation import Observation

# Days between the starts of two exposures beyond which SBC counts as switched off: two hours.
_LONGEST_PAUSE = 2 / 24
# Longest period in days: SBC is switched off in the South Atlantic Anomaly, every day.
_LONGEST_ON = 2.0


def measure(observation: Observation) -> Iterator[Row]:
    """Measure the dark rate of SBC, with the detector temperature and the time since switch-on.

    SBC counts photons, and most pixels of a dark exposure have no count.  The rate m follows from
    the fraction of empty pixels in the ``raw`` file, which is exp(-m) for a Poisson distribution.
    Unlike the mean, this fraction is not disturbed by hot pixels.  The rows of broken anodes count
    as empty, so the rate is too low by their share of the rows, less than one percent.  The
    temperature is ``MDECODT1``, which rises while SBC is on.

    No keyword has the time of the switch-on.  SBC exposures that start within two hours of each
    other count as one period, and ``time_on`` is the time since the first exposure of the period
    that is in the archive when the dark is measured.  Exposures of the same period that are
    ingested later do not change it: measure the darks again with ``acsql monitor redo sbc_dark``.
    The summary compares the first and the last dark of each period.  Sources: C. Cox, ISR
    ACS 2009-02; A. M. Guzman and R. J. Avila, ISR ACS 2024-04.
    """
    temperature = number(observation.stored_header("raw", 1), "mdecodt1")
    hours_on = _hours_on(observation)
    for parts in observation.image_statistics.get("raw", {}).values():
        pixels, empty = parts["all"]["pixels"], parts["all"].get("zero", 0)
        # In an exposure without empty pixels, the rate is not that of darks.
        if empty:
            yield {
                "rate": math.log(pixels / empty) / observation["exptime"],
                "temperature": temperature,
                "time_on": hours_on,
                "exptime": observation["exptime"],
            }


def _hours_on(observation: Observation) -> float | None:
    """Return the hours from the first exposure of the period to this one."""
    start = observation["expstart"]
    if not isinstance(start, float):
        return None
    begin = start
    for earlier in observation.earlier_starts(_LONGEST_ON):
        if begin - earlier > _LONGEST_PAUSE:
            break
        begin = earlier
    return (start - begin) * 24


def by_period(table: Table) -> Table:
    """Return the first and the last dark of each period with several darks.

    Parameters
    ----------
    table : Table
        The rows of this monitor, in the order of time.

    Returns
    -------
    Table
        Begin and length of each period, its number of darks, and the temperature and the rate of
        the first and of the last of them.
    """
    from astropy.table import Table as Made

    known = table[~(table["expstart"].mask | table["temperature"].mask)]
    starts = np.asarray(known["expstart"])
    rows = []
    for period in np.split(known, np.flatnonzero(np.diff(starts) > _LONGEST_PAUSE) + 1):
        if len(period) > 1:
            first, last = period[0], period[-1]
            hours = (last["expstart"] - first["expstart"]) * 24
            temperatures = first["temperature"], last["temperature"]
            rates = first["rate"], last["rate"]
            rows.append((first["expstart"], hours, len(period), *temperatures, *rates))
    names = ("begin", "hours", "darks", "temperature", "temperature_end", "rate", "rate_end")
    made = Made(rows=rows or None, names=names, dtype=(float, float, int, *[float] * 4))
    units = ("d", "h", "", "deg_C", "deg_C", "ct / s", "ct / s")
    for name, unit in zip(names, units, strict=True):
        made[name].unit = unit or None
    return made


MONITOR = Monitor(
    name="sbc_dark",
    title="SBC dark rate",
    measure=measure,
    condition="imagetyp=DARK detector=SBC exptime>0 exists(stats.raw.1.all.mean)",
    # Version 2 has the time on.
    version=2,
    filetypes=("raw",),
    columns=(
        column("rate", "float", "dark counts of a pixel", "ct / s"),
        column("temperature", "float", "temperature of the MAMA, MDECODT1", "deg_C"),
        column("time_on", "float", "time since the first exposure of the period with SBC on", "h"),
        column("exptime", "float", "exposure time", "s"),
    ),
    plotted=("rate", "temperature"),
    against=("temperature", "time_on"),
    summary=by_period,
)
