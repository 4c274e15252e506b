"""Keywords of image extensions: chip, WCS, distortion, drizzle inputs and pixel statistics."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .calibration import bare_name
from .camera import ARCSEC, Readout, Wcs
from .headers import Values
from .schedule import PlannedObservation

# Polynomial distortion of WFC, from the IDCTAB of 2005, by (power of x, power of y): the
# other detectors are given the same shape.
_DISTORTION = {
    (2, 0): (8.551e-6, -1.746e-6),
    (1, 1): (-5.197e-6, 6.184e-6),
    (0, 2): (2.166e-6, -7.217e-6),
    (3, 0): (-4.730e-10, 8.568e-11),
    (2, 1): (-3.977e-11, -5.086e-10),
    (1, 2): (-5.235e-10, -6.169e-11),
    (0, 3): (1.082e-11, -4.175e-10),
    (4, 0): (2.374e-14, -1.769e-14),
}

_ORDER = 4


def of_chip(observation: PlannedObservation, readout: Readout, raw: bool) -> Values:
    """Return the keywords of the pixels of an image.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.
    readout : Readout
        The chip.
    raw : bool
        Whether the image has overscan.

    Returns
    -------
    dict
        Values by keyword.
    """
    left, _, bottom, _ = readout.overscan
    x, y = readout.corner
    rows, columns = readout.raw_shape if raw else readout.shape
    return {
        "CCDCHIP": readout.chip,
        "BINAXIS1": readout.reduction,
        "BINAXIS2": readout.reduction,
        "CENTERA1": x + readout.raw_shape[1] // 2 + 1,
        "CENTERA2": y + readout.raw_shape[0] // 2 + 1,
        "SIZAXIS1": columns,
        "SIZAXIS2": rows,
        "LTV1": float(left * raw - x),
        "LTV2": float(bottom * raw - y),
        "RAW_LTV1": float(left - x),
        "RAW_LTV2": float(bottom - y),
        "LTM1_1": 1.0,
        "LTM2_2": 1.0,
        "RA_APER": observation.target.ra,
        "DEC_APER": observation.target.dec,
        "VAFACTOR": 1 + 1e-4 * np.sin(observation.start / 58.1),
        "NCOMBINE": len(observation.exposures),
        "SDQFLAGS": 31743,
        "IDCSCALE": readout.arcsec,
        "IDCV2REF": 256.6222229003906,
        "IDCV3REF": 302.2264099121094,
        "IDCXREF": readout.columns / 2,
        "IDCYREF": readout.rows / 2,
        "TDD_CTB": -0.00003,
        "TDD_CXB": 0.00001,
    }


def of_wcs(wcs: Wcs, reference: Mapping[str, Any], reduction: int, distorted: bool) -> Values:
    """Return a WCS as keywords: the present one, the original one, and the distortion.

    Parameters
    ----------
    reference : mapping
        Has the name of the distortion table, IDCTAB.
    reduction : int
        By how much the pixels are larger than real ones.
    distorted : bool
        Whether the image has the distortion of the camera; drizzling takes it out.
    """
    suffix = "-SIP" if distorted else ""
    plane: Values = {
        "WCSAXES": 2,
        **{f"CRPIX{i + 1}": float(wcs.crpix[i]) for i in (0, 1)},
        **{f"CRVAL{i + 1}": float(wcs.crval[i]) for i in (0, 1)},
        **{f"CD{i + 1}_{j + 1}": float(wcs.cd[i, j]) for i in (0, 1) for j in (0, 1)},
        **{f"CDELT{i}": 1.0 for i in (1, 2)},
        **{f"CUNIT{i}": "deg" for i in (1, 2)},
        "LONPOLE": 180.0,
        "LATPOLE": float(wcs.crval[1]),
        "RADESYS": "FK5",
        "EQUINOX": 2000.0,
    }
    return {
        **plane,
        **{f"{keyword}O": value for keyword, value in plane.items()},
        "CTYPE1": f"RA---TAN{suffix}",
        "CTYPE2": f"DEC--TAN{suffix}",
        "CTYPE1O": "RA---TAN",
        "CTYPE2O": "DEC--TAN",
        "WCSNAME": f"IDC_{bare_name(reference['IDCTAB'])}" if distorted else "DRZWCS",
        "WCSNAMEO": "OPUS",
        "ORIENTAT": wcs.orientat,
        "PA_APER": wcs.orientat,
        "OCX10": float(wcs.cd[0, 0]) * ARCSEC,
        "OCX11": float(wcs.cd[0, 1]) * ARCSEC,
        "OCY10": float(wcs.cd[1, 0]) * ARCSEC,
        "OCY11": float(wcs.cd[1, 1]) * ARCSEC,
        **(_distortion(reduction) if distorted else {}),
    }


def _distortion(reduction: int) -> Values:
    values: Values = {"A_ORDER": _ORDER, "B_ORDER": _ORDER}
    for (p, q), pair in _DISTORTION.items():
        for letter, coefficient in zip("AB", pair, strict=True):
            values[f"{letter}_{p}_{q}"] = coefficient * float(reduction) ** (p + q - 1)
    return values


def drizzle_blocks(
    observation: PlannedObservation, filetype: str, chips: int, arcsec: float
) -> list[dict[str, Any]]:
    """Return the ``Dnnn`` keywords of a drizzled product.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.
    filetype : str
        The filetype, drz or drc.
    chips : int
        Number of chips of each input image.
    arcsec : float
        Size of a pixel, arcseconds.

    Returns
    -------
    list of dict
        One for every chip of every input image, without the prefix ``Dnnn``.
    """
    source = "flc" if filetype == "drc" else "flt"
    product = observation.filename(filetype)
    return [
        {
            "VER": "DrizzlePac 2.1.13",
            "GEOM": "User parameters",
            "DATA": f"{exposure.filename(source)}[sci,{extver}]",
            "DEXP": exposure.exptime,
            "OUDA": f"{product}[SCI,1]",
            "OUWE": f"{product}[WHT,1]",
            "OUCO": f"{product}[CTX,1]",
            "MASK": f"{exposure.ipppssoot}_sci{extver}_final_mask.fits",
            "WTSC": 1.0,
            "KERN": "square",
            "PIXF": 1.0,
            "COEF": "SIP",
            "SCAL": arcsec,
            "ISCL": arcsec,
            "FVAL": "INDEF",
            "OUUN": "cps",
            "WKEY": "",
        }
        for exposure in observation.exposures
        for extver in range(1, chips + 1)
    ]


def statistics(data: np.ndarray, good: np.ndarray | None = None) -> Values:
    """Return the statistics of the good pixels of an image, those that are numbers.

    Parameters
    ----------
    good : array of bool, optional
        By default all.
    """
    finite = np.isfinite(data) if data.dtype.kind == "f" else np.ones(data.shape, bool)
    pixels = data[finite if good is None else finite & good]
    if not pixels.size:
        return {}
    least, most = float(pixels.min()), float(pixels.max())
    return {
        "DATAMIN": least,
        "DATAMAX": most,
        "NGOODPIX": int(pixels.size),
        "GOODMIN": least,
        "GOODMAX": most,
        "GOODMEAN": float(pixels.mean(dtype=np.float64)),
    }


def signal_to_noise(sci: np.ndarray, err: np.ndarray) -> Values:
    """Return the statistics of an image divided by its errors.

    Parameters
    ----------
    sci : array
        The image.
    err : array
        Its errors.

    Returns
    -------
    dict
        SNRMIN, SNRMAX and SNRMEAN; empty without finite pixels.
    """
    ratio = sci / np.maximum(err, np.float32(1e-6))
    ratio = ratio[np.isfinite(ratio)]
    if not ratio.size:
        return {}
    return {
        "SNRMIN": float(ratio.min()),
        "SNRMAX": float(ratio.max()),
        "SNRMEAN": float(ratio.mean(dtype=np.float64)),
    }
