"""Image files: SCI, ERR and DQ of every chip that is read out."""

from collections.abc import Iterator

import numpy as np

from .. import keywords
from ..keywords import HeaderKey
from . import calibration
from .cards import Hdu, big_endian, unsigned
from .headers import Values, header, structure
from .image_keywords import of_chip, of_wcs, signal_to_noise, statistics
from .pixels import ExposedChip, rejected
from .simulation import PIXELS, Simulation
from .wcs_extensions import lookup_keywords, wcs_extensions

# Every how many observations there are tables of distortion, and the first of them.
_LOOKUPS = (2, 1)
_EXTNAMES = ("SCI", "ERR", "DQ")


def images(simulation: Simulation, filetype: str) -> list[Hdu]:
    """Return the extensions of a file with images.

    Parameters
    ----------
    simulation : Simulation
        The observation.
    filetype : str
        One of raw, flt, flc, crj and crc.

    Returns
    -------
    list of Hdu
        SCI, ERR and DQ of every chip, then the extensions of the WCS software.
    """
    lookups = _has_lookups(simulation, filetype)
    hdus: list[Hdu] = []
    for extver, chip in enumerate(simulation.chips, start=1):
        hdus += _image_set(simulation, filetype, extver, chip, lookups)
    if lookups:
        hdus += wcs_extensions(
            simulation.observation, simulation.readouts, simulation.pointings, simulation.common
        )
    return hdus


def _has_lookups(simulation: Simulation, filetype: str) -> bool:
    """Whether an image comes with tables of distortion, as about half of them do."""
    o = simulation.observation
    listed = "cpdis1" in keywords.load().lists[simulation.key(filetype, 1)]
    return listed and not o.internal and (o.subarray or simulation.every(_LOOKUPS))


def _image_set(
    simulation: Simulation, filetype: str, extver: int, chip: ExposedChip, lookups: bool
) -> Iterator[Hdu]:
    o = simulation.observation
    sci, err, dq = _planes(simulation, filetype, chip)
    unit = "COUNTS" if filetype == "raw" or calibration.gain(o) == 0 else "ELECTRONS"
    flagged = filetype != "raw" and not _is_constant(simulation, filetype, extver, "DQ")
    good = dq == 0 if flagged and dq is not None else None
    values = statistics(sci, good)
    if err is not None:
        values |= signal_to_noise(sci, err)
        values |= {"MEANBLEV": chip.bias, "MEANDARK": chip.dark}
        values |= {"MEANFLSH": simulation.conditions.flash}
        values |= {} if o.internal else calibration.photometry(o)
    if o.detector == "SBC":
        values |= {"MDECODT1": simulation.instrument.sbc_temperature_at(o.hours_on)}
    if lookups:
        values |= lookup_keywords(extver, o.subarray, simulation.common)
    stored = unsigned(sci) if filetype == "raw" else big_endian(sci)
    scaling = {"BUNIT": unit, "BSCALE": 1.0, "BZERO": 32768.0}
    yield _plane(simulation, filetype, extver, "SCI", stored, {**values, **scaling})
    values = {} if err is None else statistics(err, good)
    yield _plane(simulation, filetype, extver, "ERR", err, {**values, "BUNIT": unit})
    yield _plane(simulation, filetype, extver, "DQ", dq, {"BUNIT": "UNITLESS"})


def _planes(
    simulation: Simulation, filetype: str, chip: ExposedChip
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Return SCI, ERR and DQ of a chip; a raw file has no errors."""
    match filetype:
        case "raw":
            return chip.raw, None, chip.raw_dq
        case "flt":
            return chip.sci, chip.err, chip.dq
        case "flc":
            return chip.corrected, np.sqrt(chip.err**2 + 1), chip.dq
    combined = rejected(chip.dq, simulation.random(PIXELS, 99))
    return (chip.corrected if filetype == "crc" else chip.sci), chip.err, combined


def _plane(
    simulation: Simulation,
    filetype: str,
    extver: int,
    extname: str,
    data: np.ndarray | None,
    values: Values,
) -> Hdu:
    """Return one image extension, or the header of a constant one without its array."""
    readout, raw = simulation.readouts[extver - 1], filetype == "raw"
    constant = 0.0
    if data is not None and _is_constant(simulation, filetype, extver, extname):
        constant, data = float(np.median(data)), None
    shape = readout.raw_shape if raw else readout.shape
    wcs = simulation.pointings[extver - 1]
    if raw:
        wcs = wcs.shifted(readout.overscan[0], readout.overscan[2])
    data = None if data is None else big_endian(data)
    own = {
        **simulation.common,
        **of_chip(simulation.observation, readout, raw),
        **of_wcs(
            wcs,
            simulation.common,
            readout.reduction,
            distorted=not raw or _has_lookups(simulation, filetype),
        ),
        **values,
        **structure(data),
        "NPIX1": shape[1],
        "NPIX2": shape[0],
        "PIXVALUE": constant,
        "EXTNAME": extname,
        "EXTVER": extver,
        "FILETYPE": extname,
    }
    return Hdu(header(_image_key(simulation, filetype, extver, extname), own), data)


def _image_key(simulation: Simulation, filetype: str, extver: int, extname: str) -> HeaderKey:
    return simulation.key(filetype, 3 * extver - 2 + _EXTNAMES.index(extname))


def _is_constant(simulation: Simulation, filetype: str, extver: int, extname: str) -> bool:
    """Whether an image is stored as a constant, if the list of its header allows that."""
    listed = keywords.load().lists[_image_key(simulation, filetype, extver, extname)]
    if extname == "SCI" or "npix1" not in listed:
        return False
    o = simulation.observation
    if o.members:
        return filetype == "crj" and extname == "DQ" and o.position == 1
    if o.detector == "SBC":
        # Its raw files have no flags yet; calibrated ones flag broken anodes and hot pixels.
        return filetype == "raw" and o.internal
    return o.internal and (extname == "ERR" or o.visit.imagetyp == "BIAS")
