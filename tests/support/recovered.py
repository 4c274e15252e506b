"""What the monitors of a sample archive recover of the instrument that was put into it.

The errors follow from the noise that the sample adds to each pixel and from the number of pixels,
not from the scatter of the measurements.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from astropy.stats import sigma_clip
from monitored_truth import OBSERVATIONS, TRUTH, age

import acsql
from acsql import keywords
from acsql.sample.camera import readouts
from acsql.sample.flats import flat_field, illumination
from acsql.sample.pixels import _TRAIL, _TRAPPED
from acsql.sample.proposals import MONITORING
from acsql.sample.schedule import PlannedObservation, plan
from acsql.sample.simulation import Simulation

# Pixels of a chip in the frames of the sample, which are 256 by 128, and of one amplifier.
CHIP, AMPLIFIER = 256 * 128, 128 * 128
# Pixels of the overscan that an amplifier reads: one settled column beside each of its rows.
OVERSCAN = 128
# Pixels of SBC, and the part of them in its three broken rows, which count nothing.
COUNTERS, BROKEN = 64 * 64, 3 / 64
# Variance of a uniform error of one, that of rounding to whole counts.
ROUNDING = 1 / 12
# What 3-sigma clipping leaves of the standard deviation of normal noise.
CLIPPED = math.sqrt(1 - 6 * math.exp(-4.5) / math.sqrt(2 * math.pi) / math.erf(3 / math.sqrt(2)))
# A median of normal noise has this many times the standard error of a mean, and 2.5 medians less
# 1.5 means of the same pixels (their covariance is the variance of the mean) this many times.
OF_MEDIAN = math.sqrt(math.pi / 2)
OF_MODE = math.sqrt(2.5**2 * OF_MEDIAN**2 - 2 * 2.5 * 1.5 + 1.5**2)
# Cosmic rays hit this part of the pixels of a CCD in a second.
COSMIC_RAYS = 6e-6
# Errors are five standard deviations at most: one in two million by chance.
SIGMAS = 5.0


@dataclass(frozen=True)
class Recovered:
    """A quantity as it was injected and as it was measured.

    Attributes
    ----------
    name, unit : str
        Of the quantity.
    injected, measured, error : numpy.ndarray
        For each measurement: the injected value, the measured value, its standard error.
    excess : numpy.ndarray
        By how much the method can measure too much.
    """

    name: str
    unit: str
    injected: np.ndarray
    measured: np.ndarray
    error: np.ndarray
    excess: np.ndarray

    @property
    def pulls(self) -> np.ndarray:
        """The deviations in standard errors."""
        return (self.measured - self.injected) / self.error

    def check(self) -> None:
        """Check each measurement and their mean."""
        deviations = self.measured - self.injected
        assert len(deviations) > 0
        assert np.all(deviations >= -SIGMAS * self.error), self
        assert np.all(deviations <= SIGMAS * self.error + self.excess), self
        of_mean = SIGMAS * math.sqrt(np.mean(self.error**2) / len(deviations))
        assert -of_mean <= np.mean(deviations) <= of_mean + np.mean(self.excess), self


def _recovered(name: str, unit: str, values: Iterable[tuple[float, ...]]) -> Recovered:
    """Return a quantity from injected, measured, error, and excess or nothing, of each row."""
    padded = [(*each, 0.0)[:4] for each in values]
    return Recovered(name, unit, *np.array(padded, float).T)


def _rows(archive: acsql.Archive, monitor: str) -> Iterable[Mapping[str, Any]]:
    return archive.monitor(monitor).rows()


def _noise(row: Mapping[str, Any]) -> float:
    """Return the read noise of the amplifier of a row in electrons."""
    return TRUTH.read_noise[row["amplifier"][-1]]


def bias_level(archive: acsql.Archive) -> Recovered:
    """Return the bias level of each amplifier, as it drifts."""
    return _recovered(
        "bias level",
        "adu",
        (
            (
                TRUTH.bias_at(row["amplifier"][-1], age(row["expstart"]), math.nan),
                row["level"],
                math.sqrt(((_noise(row) / row["gain"]) ** 2 + ROUNDING) / OVERSCAN),
            )
            for row in _rows(archive, "bias")
        ),
    )


def read_noise(archive: acsql.Archive) -> Recovered:
    """Return the read noise of each amplifier."""
    values = []
    for row in _rows(archive, "bias"):
        noise = CLIPPED * math.sqrt((_noise(row) / row["gain"]) ** 2 + ROUNDING)
        values.append((noise, row["noise"], noise / math.sqrt(2 * OVERSCAN)))
    return _recovered("read noise", "adu", values)


def dark_current(archive: acsql.Archive) -> Recovered:
    """Return the dark current of the CCDs, which grows in orbit and since each anneal."""
    values = []
    for row in _rows(archive, "dark"):
        rate, seconds = TRUTH.dark_at(age(row["expstart"])), row["exptime"]
        deviation = math.sqrt(rate * seconds + _noise(row) ** 2)
        error = deviation / math.sqrt(AMPLIFIER) / seconds
        values.append((rate, row["rate"], error, _unclipped(row, deviation) / seconds))
    return _recovered("dark current", "electron / s", values)


def _unclipped(row: Mapping[str, Any], deviation: float) -> float:
    """Return the most that warm pixels and cosmic rays add to a clipped mean, in electrons.

    They are nowhere more than three standard deviations too bright, or they are clipped.
    """
    part = TRUTH.hot_at(age(row["expstart"])) + COSMIC_RAYS * (row["exptime"] + 60)
    return 3 * deviation * part


def hot_pixels(archive: acsql.Archive) -> Recovered:
    """Return the fraction of hot and warm pixels, which grows in orbit and since each anneal."""
    values = []
    for row in _rows(archive, "dark"):
        part = TRUTH.hot_at(age(row["expstart"]))
        # Of pixels that are chosen twice, half have both flags and count twice.
        values.append((part, row["hot"] + row["warm"], math.sqrt(part / AMPLIFIER)))
    return _recovered("hot and warm pixels", "", values)


@cache
def _light(amplifier: str, filters: tuple[str, str] | None = None) -> float:
    """Return the mean illumination of the pixels of an amplifier, as seen through filters."""
    (chip,) = (each for each in readouts("WFC", "small") if amplifier in each.amplifiers)
    light = illumination(chip) * (1 if filters is None else flat_field(chip, filters))
    middle = chip.columns // 2
    half = light[:, :middle] if amplifier == chip.amplifiers[0] else light[:, middle:]
    return float(sigma_clip(half, sigma=3, maxiters=5).mean())


def post_flash(archive: acsql.Archive) -> Recovered:
    """Return the level of the post-flash, with the dark current of the exposure."""
    values = []
    for row in _rows(archive, "post_flash"):
        flash = TRUTH.flash_rate * row["duration"] * _light(row["amplifier"][-1])
        level = flash + TRUTH.dark_at(age(row["expstart"])) * row["exptime"]
        deviation = math.sqrt(level + _noise(row) ** 2)
        error = deviation / math.sqrt(AMPLIFIER)
        values.append((level, row["level"], error, _unclipped(row, deviation)))
    return _recovered("post-flash", "electron", values)


def lamp(archive: acsql.Archive) -> Recovered:
    """Return the level of the flat fields at each amplifier, as the lamp fades."""
    values = []
    for row in _rows(archive, "lamp"):
        light = _light(row["amplifier"][-1], ("F606W", "CLEAR2L"))
        part = TRUTH.charge_loss_at(age(row["expstart"]))
        level = TRUTH.lamp_at(age(row["expstart"])) * light - _left_behind(part)
        deviation = math.sqrt(level + _noise(row) ** 2)
        # Clipping removes dead and lost pixels, with a little of the light.
        error = math.hypot(deviation / math.sqrt(AMPLIFIER), 2e-4 * level)
        values.append((level, row["level"], error, _unclipped(row, deviation)))
    return _recovered("flat lamp", "electron", values)


def sky(archive: acsql.Archive) -> Recovered:
    """Return the background by filter, which is brighter near to the Sun."""
    values = []
    noise = math.sqrt(np.mean(np.square([*TRUTH.read_noise.values()])))
    for row in _rows(archive, "sky"):
        seconds = row["exptime"]
        level = TRUTH.sky_at(row["filter"].split()[1], row["sun_angle"])
        assert level is not None
        deviation = math.sqrt(level * seconds + noise**2)
        error = OF_MODE * deviation / math.sqrt(CHIP) / seconds
        excess = _galaxies(row["rootname"], row["extver"]) + _unclipped(row, deviation) / seconds
        values.append((level, row["sky"], error, excess))
    return _recovered("sky", "electron / s", values)


@cache
def _galaxies(rootname: str, extver: int) -> float:
    """Return the median light of the galaxies in a chip, which no background is without."""
    (exposure,) = (each for each in planned() if each.ipppssoot.startswith(rootname))
    simulation = Simulation(exposure, 1, "small", replace(TRUTH, sky=dict.fromkeys(TRUTH.sky, 0.0)))
    light = simulation.light_on(simulation.readouts[extver - 1], simulation.pointings[extver - 1])
    assert light is not None
    return float(np.median(light))


@cache
def planned() -> list[PlannedObservation]:
    """Return the observations of the archive, as the generator has planned them."""
    return plan(OBSERVATIONS, 1, keywords.load(), MONITORING)


def sbc_dark(archive: acsql.Archive) -> Recovered:
    """Return the dark rate of SBC as it warms, of all pixels with those of its broken rows."""
    values = []
    for row in _rows(archive, "sbc_dark"):
        seconds = row["exptime"]
        hours = (row["temperature"] - TRUTH.sbc_temperature) / TRUTH.sbc_heating
        empty = BROKEN + (1 - BROKEN) * math.exp(-TRUTH.sbc_dark_at(hours) * seconds)
        # Of the logarithm of a binomial fraction.
        error = math.sqrt((1 / empty - 1) / COUNTERS) / seconds
        values.append((-math.log(empty) / seconds, row["rate"], error))
    return _recovered("SBC dark rate", "ct / s", values)


def _left_behind(part: float) -> float:
    """Return the charge that each pixel of a flat field loses to the rows after the chip."""
    return _TRAPPED * part * sum(row * share for row, share in enumerate(_TRAIL, start=1)) / 128


def charge_transfer(archive: acsql.Archive) -> Recovered:
    """Return the charge that is read in the first row after a chip."""
    values = []
    for row in _rows(archive, "charge_transfer"):
        part = TRUTH.charge_loss_at(age(row["expstart"]))
        # At most 4000 electrons of a pixel lag behind, in the four rows after it.
        late = sum(share * (1 - rows / 127) for rows, share in enumerate(_TRAIL))
        # Medians are of whole counts, of two electrons: in the overscan and in the row.
        error = math.sqrt(OF_MEDIAN**2 * _noise(row) ** 2 / 128 + 2 * 2**2 * ROUNDING)
        values.append((_TRAPPED * part * late, row["deferred"], error))
    return _recovered("deferred charge", "electron", values)


QUANTITIES: tuple[Callable[[acsql.Archive], Recovered], ...] = (
    bias_level,
    read_noise,
    dark_current,
    hot_pixels,
    post_flash,
    lamp,
    sky,
    sbc_dark,
    charge_transfer,
)

HEADS = (
    "quantity",
    "unit",
    "measurements",
    "injected",
    "measured / injected",
    "error of one",
    "scatter",
)


def summary(archive: acsql.Archive) -> list[tuple[str, ...]]:
    """Return the table of the documentation, without its heads.

    The error of one measurement is relative, the scatter that of all in such errors.
    """
    rows = []
    for quantity in QUANTITIES:
        found = quantity(archive)
        low, high = (
            np.format_float_positional(limit, 3, fractional=False, trim="-")
            for limit in (found.injected.min(), found.injected.max())
        )
        rows.append(
            (
                found.name,
                found.unit,
                str(len(found.measured)),
                low if low == high else f"{low} to {high}",
                f"{np.mean(found.measured / found.injected):.4f}",
                f"{np.mean(found.error / found.injected):.4f}",
                f"{np.std(found.pulls):.1f}",
            )
        )
    return rows


def draw(archive: acsql.Archive, path: Path) -> None:
    """Draw measured against injected values, with errors, as an SVG."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.hashsalt": "acsql", "svg.fonttype": "none"})
    figure = Figure(figsize=(9, 9), layout="constrained")
    for axes, quantity in zip(figure.subplots(3, 3).flat, QUANTITIES, strict=True):
        found = quantity(archive)
        ends = [found.injected.min(), found.injected.max()]
        axes.errorbar(found.injected, found.measured, found.error, fmt=".", color="#1f6f8b")
        axes.plot(ends, ends, color="#999999", linewidth=1)
        axes.set_title(f"{found.name} ({found.unit})" if found.unit else found.name, fontsize=10)
    figure.supxlabel("injected")
    figure.supylabel("measured")
    figure.savefig(path, format="svg", metadata={"Date": None})
