"""Detectors and pipeline: raw counts from the light, and calibrated images from raw counts.

A CCD adds bias, dark current, hot pixels, cosmic rays, charge trails and overscan; the
photon-counting SBC adds little.  The defects of a detector are the same for every seed; noise and
cosmic rays belong to one observation.
"""

from dataclasses import dataclass, field

import numpy as np

from .camera import DETECTORS, Readout
from .flats import flat_field, illumination
from .instrument import Instrument
from .scenes import fixed_random

# Flags of the data quality arrays: ACS Data Handbook, table 3.4.
_LOST, _BAD_PIXEL, _HOT, _WARM, _BAD_COLUMN = 2, 4, 16, 64, 128
_FULL_WELL, _ATOD, _COSMIC_RAY = 256, 2048, 8192
_ATOD_LIMIT = 65535
# Cosmic rays per second and pixel, and the seconds before and after an exposure in which a CCD
# collects them too.
_COSMIC_RAYS = 1.8e-6
_IDLE = 60.0
# Dark current of SBC in counts per second and pixel, as in real darks of 2015: what is added in the
# middle, and what is added in the hot pixel.
_SBC_GLOW, _SBC_HOT = 2e-6, 1.5
# Parts of the charge that was left behind in the pixels that are read next, and the largest charge
# of which a part is left behind, electrons.
_TRAIL, _TRAPPED = (0.5, 0.25, 0.15, 0.1), 4000.0


@dataclass(frozen=True)
class ExposureConditions:
    """The exposure conditions of one chip.

    `gain` is in electrons per count, `age` the detector's time in orbit in years, `combined` how
    many exposures are added, `flash` the charge of a post-flash in electrons, `blank` says that no
    light arrives, `hours_on` is the time since SBC was switched on, `instrument` what the detectors
    are like.
    """

    exptime: float
    imagetyp: str = "EXT"
    gain: float = 1.0
    age: float = 0.0
    flash: float = 0.0
    combined: int = 1
    cosmic_rays: bool = True
    lost_data: bool = False
    blank: bool = False
    nan_pixels: bool = False
    hours_on: float = 0.0
    instrument: Instrument = field(default_factory=Instrument)


@dataclass(frozen=True)
class ExposedChip:
    """One chip, read out and calibrated.

    `raw` counts (uint16, with overscan), `sci` and `err` in electrons (counts for SBC), `dq`
    flags, `corrected` as `sci` without the trails of lagging charge.  `raw_dq` is there when a
    part of the data was lost.  `bias` and `dark` are the mean levels that were subtracted.
    """

    raw: np.ndarray
    sci: np.ndarray
    err: np.ndarray
    dq: np.ndarray
    corrected: np.ndarray
    raw_dq: np.ndarray | None
    bias: float
    dark: float


def expose(
    light: np.ndarray | None,
    readout: Readout,
    conditions: ExposureConditions,
    filters: tuple[str, str],
    rng: np.random.Generator,
) -> ExposedChip:
    """Return what a chip records of the light that falls on it.

    Parameters
    ----------
    light : array or None
        Electrons per second in the calibrated pixels; None with the shutter closed.
    """
    flat = flat_field(readout, filters)
    if conditions.imagetyp == "FLAT":
        charge = conditions.instrument.lamp_at(conditions.age)
        light = np.full(readout.shape, charge / max(conditions.exptime, 1), np.float32)
        light *= illumination(readout)
    if conditions.blank:
        light = None
    if DETECTORS[readout.detector].photon_counting:
        return _count(light, readout, conditions, flat, rng)
    return _charge(light, readout, conditions, flat, rng)


def _count(
    light: np.ndarray | None,
    readout: Readout,
    conditions: ExposureConditions,
    flat: np.ndarray,
    rng: np.random.Generator,
) -> ExposedChip:
    """Return what the MAMA of SBC counts: photons, and a dark current that glows in its middle."""
    exptime = conditions.exptime
    rows, columns = (np.linspace(-1, 1, n, dtype=np.float32) for n in readout.shape)
    middle = np.exp(-((rows[:, None] - 0.1) ** 2 + columns[None, :] ** 2) / 0.25)
    dark = conditions.instrument.sbc_dark_at(conditions.hours_on) + _SBC_GLOW * middle
    expected = dark * exptime
    if light is not None:
        rate = np.minimum(light, 22.0 if conditions.imagetyp == "EXT" else 2.0)
        expected = expected + rate * flat * exptime
    dq = np.zeros(readout.shape, np.int16)
    broken = fixed_random("anode").integers(0, readout.rows, 3)
    expected[broken] = 0
    dq[broken] = _BAD_PIXEL
    hot = tuple(fixed_random("hot anode").integers(0, readout.shape))
    expected[hot] += _SBC_HOT * exptime
    dq[hot] = _HOT
    raw = rng.poisson(expected).astype(np.float32)
    sci = raw / flat
    err = np.sqrt(np.maximum(raw, 1)) / flat
    counts = np.minimum(raw, _ATOD_LIMIT).astype(np.uint16)
    return ExposedChip(counts, sci, err, dq, sci, None, 0.0, float(dark.mean()))


def _charge(
    light: np.ndarray | None,
    readout: Readout,
    conditions: ExposureConditions,
    flat: np.ndarray,
    rng: np.random.Generator,
) -> ExposedChip:
    """Return what a CCD collects, how it is read out, and how CALACS calibrates it."""
    gain = conditions.gain * conditions.combined
    noise = _read_noise(readout, conditions.instrument)
    dark = conditions.instrument.dark_at(conditions.age) * conditions.exptime
    flash = np.float32(conditions.flash) * illumination(readout) if conditions.flash else 0
    charge, dq = _collected(light, readout, conditions, flat, rng)
    charge += flash
    err = np.sqrt(np.maximum(charge, 0) + noise**2 * conditions.combined)
    charge += err * rng.standard_normal(readout.shape, np.float32)
    trailed, late = _trailed(charge, readout, conditions)
    lag = charge - trailed

    level, pattern = _bias(readout, conditions, rng)
    raw = _with_overscan(
        trailed / np.float32(gain) + pattern,
        late / np.float32(gain),
        level,
        readout,
        noise / gain,
        rng,
    )
    left, _, bottom, _ = readout.overscan
    image = raw[bottom : bottom + readout.rows, left : left + readout.columns]
    dq[image == _ATOD_LIMIT] |= _ATOD
    _flag_columns(dq, readout)

    sci = image.astype(np.float32) - level
    if conditions.imagetyp != "BIAS":
        sci -= pattern
    sci *= np.float32(gain)
    if conditions.imagetyp in ("EXT", "FLAT"):
        sci -= np.float32(dark)
    if conditions.imagetyp == "EXT":
        sci, lag, err = (sci - flash) / flat, lag / flat, err / flat
    raw_dq = _lose_data(raw, sci, dq, bottom, rng) if conditions.lost_data else None
    if conditions.nan_pixels:
        sci[(dq & _BAD_PIXEL) > 0] = np.nan
    return ExposedChip(raw, sci, err, dq, sci + lag, raw_dq, float(level.mean()), dark)


def _read_noise(readout: Readout, instrument: Instrument) -> np.ndarray:
    """Return the read noise of each column in electrons, that of its amplifier."""
    noise = DETECTORS[readout.detector].noise
    return _by_amplifier(readout, [instrument.read_noise.get(a, noise) for a in readout.amplifiers])


def _by_amplifier(readout: Readout, values: list[float]) -> np.ndarray:
    """Return the value of the amplifier of each column of a calibrated image."""
    parts = np.array_split(np.arange(readout.columns), len(values))
    return np.concatenate(
        [np.full(len(p), v, np.float32) for p, v in zip(parts, values, strict=True)]
    )


def _collected(
    light: np.ndarray | None,
    readout: Readout,
    conditions: ExposureConditions,
    flat: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the electrons in each pixel at the end of an exposure, and flags of some."""
    exptime = np.float32(conditions.exptime)
    dq = np.zeros(readout.shape, np.int16)
    dark = conditions.instrument.dark_at(conditions.age)
    charge = np.full(readout.shape, dark * exptime, np.float32)
    if light is not None:
        charge += light * flat * exptime
    _add_hot_pixels(charge, dq, readout, conditions)
    if conditions.cosmic_rays:
        _add_cosmic_rays(charge, conditions.exptime + _IDLE, rng)
    _bleed(charge, dq, DETECTORS[readout.detector].full_well * conditions.combined)
    return charge, dq


def _add_hot_pixels(
    charge: np.ndarray, dq: np.ndarray, readout: Readout, conditions: ExposureConditions
) -> None:
    # The anneals of each month heal some pixels and the orbit makes others.
    month = round(conditions.age * 12)
    rng = fixed_random("hot", readout.detector, readout.chip, month)
    count = int(charge.size * conditions.instrument.hot_at(conditions.age))
    where = rng.integers(0, charge.size, count)
    rate = 0.04 * rng.random(count) ** -0.9
    rate = np.minimum(rate, 60.0).astype(np.float32)
    np.add.at(charge.reshape(-1), where, rate * np.float32(conditions.exptime))
    dq.reshape(-1)[where] |= np.where(rate > 0.14, _HOT, _WARM).astype(np.int16)


def _add_cosmic_rays(charge: np.ndarray, seconds: float, rng: np.random.Generator) -> None:
    """Add tracks: most are a few pixels long, some graze the detector."""
    rows, columns = charge.shape
    count = rng.poisson(_COSMIC_RAYS * charge.size * seconds)
    length = np.minimum(1 + rng.exponential(2.2, count), min(60.0, 0.2 * columns))
    angle = rng.uniform(0, 2 * np.pi, count)
    energy = rng.lognormal(6.6, 0.9, count)
    steps = np.arange(int(length.max(initial=1)) + 1)
    x = rng.uniform(0, columns, count)[:, None] + steps * np.cos(angle)[:, None]
    y = rng.uniform(0, rows, count)[:, None] + steps * np.sin(angle)[:, None]
    column, row = x.astype(int), y.astype(int)
    hit = (steps < length[:, None]) & (x >= 0) & (column < columns) & (y >= 0) & (row < rows)
    deposits = np.broadcast_to(energy[:, None], hit.shape)[hit].astype(np.float32)
    np.add.at(charge.reshape(-1), (row * columns + column)[hit], deposits)


def _bleed(charge: np.ndarray, dq: np.ndarray, full_well: float) -> None:
    """Let charge above the full well flow along the columns, as it does in a CCD."""
    over = charge > full_well
    for column in np.flatnonzero(over.any(axis=0)):
        rows = np.flatnonzero(over[:, column])
        excess = float((charge[rows, column] - full_well).sum())
        reach = min(int(excess / full_well / 2) + 1, charge.shape[0] // 3)
        first, last = max(rows[0] - reach, 0), min(rows[-1] + reach, charge.shape[0] - 1) + 1
        charge[first:last, column] = full_well
        dq[first:last, column] |= _FULL_WELL


def _trailed(
    charge: np.ndarray, readout: Readout, conditions: ExposureConditions
) -> tuple[np.ndarray, np.ndarray]:
    """Return the charge after some of it lagged behind on its way to the amplifiers, and the rest.

    It lags more in an older detector, and further from the amplifiers: those of WFC chip 2 and
    of HRC are below the first row, those of chip 1 above the last.  The rest is read after the
    chip: it appears in the rows of the virtual overscan.
    """
    upwards = readout.chip == 1 and len(DETECTORS[readout.detector].chips) > 1
    image = charge[::-1] if upwards else charge
    far = np.linspace(0, 1, len(image), dtype=np.float32)[:, None]
    part = conditions.instrument.charge_loss_at(conditions.age)
    lost = np.float32(part) * far * np.clip(image, 0, _TRAPPED)
    result: np.ndarray = image - lost
    late = np.zeros((len(_TRAIL), image.shape[1]), np.float32)
    for step, share in enumerate(_TRAIL, start=1):
        result[step:] += np.float32(share) * lost[:-step]
        late[:step] += np.float32(share) * lost[-step:]
    return (result[::-1], late[::-1]) if upwards else (result, late)


def _bias(
    readout: Readout, conditions: ExposureConditions, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bias level of each column, for its amplifier, and the pattern on top of it."""
    own = fixed_random("bias", readout.detector, readout.chip)
    instrument = conditions.instrument
    levels = [
        instrument.bias_at(amplifier, conditions.age, 2400 + 60 * own.random())
        + instrument.bias_scatter * rng.standard_normal()
        for amplifier in readout.amplifiers
    ]
    level = _by_amplifier(readout, levels)
    pattern = np.zeros(readout.shape, np.float32)
    pattern += 0.9 * own.standard_normal(readout.columns, np.float32)
    pattern += 2.5 * np.linspace(0, 1, readout.rows, dtype=np.float32)[:, None] ** 2
    pattern += 0.6 * rng.standard_normal((readout.rows, 1), np.float32)
    for column, start in _bad_columns(readout):
        pattern[start:, column] += 55
    return level, pattern


def _bad_columns(readout: Readout) -> list[tuple[int, int]]:
    own = fixed_random("columns", readout.detector, readout.chip)
    count = 2 + readout.columns // 400
    return [
        (int(own.integers(readout.columns)), int(own.integers(readout.rows))) for _ in range(count)
    ]


def _flag_columns(dq: np.ndarray, readout: Readout) -> None:
    for column, start in _bad_columns(readout):
        dq[start:, column] |= _BAD_COLUMN
    own = fixed_random("dead", readout.detector, readout.chip)
    dead = own.integers(0, dq.size, 1 + dq.size // 20000)
    dq.reshape(-1)[dead] |= _BAD_PIXEL


def _with_overscan(
    counts: np.ndarray,
    late: np.ndarray,
    level: np.ndarray,
    readout: Readout,
    noise: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return the image as it is read, digitized; `late` are the counts that are read after it."""
    left, right, bottom, top = readout.overscan
    around, noise = (np.pad(each, (left, right), mode="edge") for each in (level, noise))
    raw: np.ndarray = around + noise * rng.standard_normal(readout.raw_shape, np.float32)
    columns = slice(left, left + readout.columns)
    raw[bottom : bottom + readout.rows, columns] = counts + level
    if bottom:
        rows = min(bottom, len(late))
        raw[bottom - rows : bottom, columns] += late[len(late) - rows :]
    else:
        rows = min(top, len(late))
        raw[readout.rows : readout.rows + rows, columns] += late[:rows]
    digitized: np.ndarray = np.clip(np.rint(raw), 0, _ATOD_LIMIT)
    return digitized.astype(np.uint16)


def _lose_data(
    raw: np.ndarray, sci: np.ndarray, dq: np.ndarray, bottom: int, rng: np.random.Generator
) -> np.ndarray:
    """Replace some rows by fill, as when packets are lost, and flag them."""
    first = int(rng.integers(len(dq) // 4, len(dq) // 2))
    last = first + max(2, len(dq) // 100)
    raw_dq = np.zeros(raw.shape, np.int16)
    raw[bottom + first : bottom + last], raw_dq[bottom + first : bottom + last] = 0, _LOST
    sci[first:last] = 0
    dq[first:last] |= _LOST
    return raw_dq


def rejected(dq: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the flags of an image combined from several exposures.

    Parameters
    ----------
    dq : array of int16
        The flags of one exposure.
    rng : numpy.random.Generator
        Chooses the pixels where all exposures have a cosmic ray.

    Returns
    -------
    array of int16
        The flags of the combined image.
    """
    flags = dq & ~np.int16(_LOST)
    where = rng.integers(0, dq.size, 1 + dq.size // 3000)
    flags.reshape(-1)[where] |= _COSMIC_RAY
    return flags
