"""Dark rate of SBC against its temperature and the time it is on, from dark exposures."""

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

# Days between the starts of two exposures, over which SBC is taken as switched off: two hours.
_LONGEST_PAUSE = 2 / 24
# Days for which SBC is on at most: in the South Atlantic Anomaly, every day, it is switched off.
_LONGEST_ON = 2.0


def measure(observation: Observation) -> Iterator[Row]:
    """Return the dark rate of SBC, with the temperature of the detector and the time it is on.

    SBC counts photons, and most pixels of a dark exposure have none.  So the rate follows from the
    part of the pixels of the ``raw`` file that are empty: of a Poisson distribution with the mean m
    it is exp(-m).  Hot pixels do not disturb it, as they do the mean; the rows of broken anodes
    count as empty, so the rate is low by their part of the rows, less than one percent.  The
    temperature is ``MDECODT1``, which rises with the time for which SBC is on.  No keyword says
    when it was switched on: exposures of SBC that follow each other within two hours are taken as
    one period for which it was on, and the hours are counted from the first of them in the archive.
    If earlier ones are ingested later, ``acsql monitor redo sbc_dark`` counts again.  The
    summary compares the first and the last dark of each period.  Sources: C. Cox, ISR
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
    """Return the hours from the first of the exposures that follow each other up to this one."""
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
    """Return, of each period with several darks, how time on and temperature changed the rate.

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
        column("time_on", "float", "time for which SBC was on at the start", "h"),
        column("exptime", "float", "exposure time", "s"),
    ),
    plotted=("rate", "temperature"),
    against=("temperature", "time_on"),
    summary=by_period,
)
