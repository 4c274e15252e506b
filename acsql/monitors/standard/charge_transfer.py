"""Charge transfer: the deferred charge of flat fields, measured in the virtual overscan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ... import keywords
from ...fits.amplifiers import AmplifierParts, Area, image_parts, size
from ..monitor import Monitor, Row, column

if TYPE_CHECKING:
    from ...observation import Observation


def measure(observation: Observation) -> Iterator[Row]:
    """Measure the deferred charge of each amplifier in flat fields.

    Extended pixel edge response: the first row of the virtual overscan is read after the last row
    of the chip, and has the charge that was left behind on the way over all rows.  The deferred
    charge is the median of that row, the signal that of the last row of the chip, both less the
    median of the physical overscan, times the gain.  The inefficiency is their ratio for one
    transfer.  Pixels of the ``raw`` file are read, because the statistics of the virtual overscan
    are of all of its rows.  Source: Janesick 2001, Scientific Charge-Coupled Devices, chapter 5.
    """
    detector, gain = str(observation["detector"]), observation["ccdgain"]
    readout = keywords.load().readouts[detector]
    with observation.open("raw") as hdus:
        filename, ccdamp = observation.datasets["raw"], hdus[0].header.get("CCDAMP")
        for hdu in hdus:
            if hdu.name == "SCI":
                parts = image_parts(hdu, ccdamp, readout, filename)
                for amplifier, part in parts.amplifiers.items():
                    if size(part.overscan) and size(part.virtual_overscan):
                        level, last, late = _levels(hdu.data, part)
                        signal, deferred = (last - level) * gain, (late - level) * gain
                        yield {
                            "amplifier": f"{detector} {amplifier.upper()}",
                            "deferred": deferred,
                            "signal": signal,
                            "inefficiency": deferred / signal / readout.rows
                            if signal > 0
                            else None,
                        }


def _levels(pixels: np.ndarray, part: AmplifierParts) -> tuple[float, float, float]:
    """Return the medians of the overscan, of the last row of the chip and of the row after it."""
    rows, columns = part.virtual_overscan
    is_above = rows.start >= part.area[0].stop
    first = rows.start if is_above else rows.stop - 1
    last = first - 1 if is_above else first + 1
    areas: list[Area] = [(slice(row, row + 1), columns) for row in (last, first)]
    level, *of_rows = (float(np.median(pixels[area])) for area in (part.overscan, *areas))
    return level, of_rows[0], of_rows[1]


MONITOR = Monitor(
    name="charge_transfer",
    title="Charge transfer",
    measure=measure,
    condition="imagetyp=FLAT obstype=INTERNAL detector=WFC,HRC exptime>0 exists(raw.1.extname)",
    filetypes=("raw",),
    columns=(
        column("amplifier", "str", "detector and amplifier"),
        column("deferred", "float", "charge in the first row of the virtual overscan", "electron"),
        column("signal", "float", "charge in the last row of the chip", "electron"),
        column("inefficiency", "float", "deferred charge by signal and transfer"),
    ),
    by="amplifier",
    plotted=("deferred", "inefficiency"),
)
