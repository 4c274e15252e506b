"""What the keywords of an observation hold, so that all its files agree.

Each function gives the keywords of one subject; a header takes from them what its list has.
Times are Modified Julian Dates.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .camera import ARCSEC, DETECTORS, Readout, Wcs, readouts, separation
from .plan import Observation, sun
from .proposals import PHOTOMETRY
from .scenes import fixed

Values = dict[str, Any]

# Servicing Mission 3B installed ACS, and Servicing Mission 4 repaired it.
_INSTALLED, _REPAIRED = 52340.0, 54970.0
# Post-flash became usual for WFC.
_POST_FLASH = 56000.0
_LAST_PROCESSED = 58300.0
_NOTHING = "N/A".ljust(23)

# CALACS steps by the type of exposure; the rest are omitted.
_STEPS = {
    "BIAS": "DQICORR BLEVCORR",
    "DARK": "DQICORR BLEVCORR BIASCORR",
    "FLAT": "DQICORR BLEVCORR BIASCORR DARKCORR",
    "EXT": "DQICORR BLEVCORR BIASCORR DARKCORR FLATCORR PHOTCORR EXPSCORR DRIZCORR",
}
_COUNTING_STEPS = {
    "DARK": "DQICORR",
    "FLAT": "DQICORR GLINCORR LFLGCORR",
    "EXT": "DQICORR GLINCORR LFLGCORR DARKCORR FLATCORR PHOTCORR EXPSCORR DRIZCORR",
}
_ALL_STEPS = (
    "DQICORR", "ATODCORR", "BLEVCORR", "BIASCORR", "FLSHCORR", "CRCORR", "EXPSCORR", "SHADCORR",
    "GLINCORR", "LFLGCORR", "PCTECORR", "SINKCORR", "DARKCORR", "FLATCORR", "PHOTCORR",
    "RPTCORR", "DRIZCORR",
)  # fmt: skip

# Reference files: keyword and suffix, by the kind of detector that has them.
_ALL_REFERENCES = (
    ("BPIXTAB", "bpx"), ("CCDTAB", "ccd"), ("OSCNTAB", "osc"), ("DARKFILE", "drk"),
    ("PFLTFILE", "pfl"), ("IMPHTTAB", "imp"), ("IDCTAB", "idc"), ("MDRIZTAB", "mdz"),
)  # fmt: skip
_COUNTING_REFERENCES = (("MLINTAB", "lin"),)
_CCD_REFERENCES = (
    ("ATODTAB", "a2d"), ("BIASFILE", "bia"), ("CRREJTAB", "crr"), ("SHADFILE", "shd"),
    ("DGEOFILE", "dxy"), ("NPOLFILE", "npl"),
)  # fmt: skip
_WFC_REFERENCES = (
    ("FLSHFILE", "fls"), ("D2IMFILE", "d2i"), ("DRKCFILE", "dkc"), ("PCTETAB", "cte"),
    ("SNKCFILE", "snk"),
)  # fmt: skip
_WITHOUT_REFERENCE = ("DFLTFILE", "LFLTFILE", "PHOTTAB", "CFLTFILE", "SPOTTAB")

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


def age(observation: Observation) -> float:
    """Return how long the detectors had been in orbit, in years."""
    return (observation.start - _INSTALLED) / 365.25


def gain(observation: Observation) -> float:
    """Return the gain in electrons per count: WFC was read at 1 before its repair."""
    facts = DETECTORS[observation.detector]
    early = observation.detector == "WFC" and observation.start < _REPAIRED
    return 0.0 if facts.photon_counting else 1.0 if early else facts.gain


def element(observation: Observation) -> str:
    """Return the filter that shapes the light."""
    return next(name for name in observation.filters if name in PHOTOMETRY)


def throughput(observation: Observation) -> float:
    """Return how much a filter lets through, relative to a broad one."""
    broad = "F140LP" if DETECTORS[observation.detector].photon_counting else "F606W"
    return min(1.0, max(0.03, PHOTOMETRY[broad][0] / PHOTOMETRY[element(observation)][0]))


def flash(observation: Observation) -> float:
    """Return the duration of the post-flash in seconds."""
    return observation.visit.flash if observation.start > _POST_FLASH else 0.0


def common(observation: Observation, rng: np.random.Generator) -> Values:
    """Return what all files of an observation say of it."""
    return {
        **_identity(observation),
        **_times(observation, rng),
        **_pointing(observation, rng),
        **_configuration(observation),
        **_reference_files(observation),
        **_pattern(observation),
        **_engineering(observation, rng),
        **_versions(observation),
    }


def _identity(observation: Observation) -> Values:
    proposal, target = observation.proposal, observation.target
    asn_id = observation.asn_id
    return {
        "SIMPLE": True,
        "EXTEND": True,
        "TELESCOP": "HST",
        "INSTRUME": "ACS",
        "EQUINOX": 2000.0,
        "ORIGIN": "HST/OPUS",
        "INHERIT": True,
        "ROOTNAME": observation.ipppssoot,
        "EXPNAME": observation.ipppssoot,
        "IMAGETYP": observation.visit.imagetyp,
        "PRIMESI": "ACS",
        "TARGNAME": target.name,
        "RA_TARG": target.ra,
        "DEC_TARG": target.dec,
        "PROPOSID": proposal.proposid,
        "LINENUM": f"{observation.obset}.{observation.line:03d}",
        "PR_INV_L": proposal.last_name,
        "PR_INV_F": proposal.first_name,
        "PR_INV_M": proposal.middle_name,
        "MTFLAG": True if target.moving else "",
        "ASN_ID": asn_id.upper() if asn_id else "NONE",
        "ASN_TAB": f"{asn_id}_asn.fits" if asn_id else "NONE",
        "ASN_MTYP": observation.asn_mtyp,
        "ASN_STAT": "COMPLETE",
        "ASN_PROD": bool(observation.members),
        "CONFIG": f"ACS/{observation.detector}",
        "PROGRMID": proposal.code.upper(),
        "OBSET_ID": observation.obset.upper(),
        "OBSERVTN": observation.ipppssoot[6:8].upper(),
    }


def _times(observation: Observation, rng: np.random.Generator) -> Values:
    processed = rng.uniform(observation.end + 1, _LAST_PROCESSED)
    start, end, exptime = observation.start, observation.end, observation.exptime
    darktime = exptime + 3.0 + 0.5 * len(observation.exposures)
    return {
        "DATE": processed,
        "PROCTIME": processed,
        "DATE-OBS": start,
        "TIME-OBS": start,
        "EXPSTART": start,
        "EXPEND": end,
        "EXPTIME": exptime,
        "TEXPTIME": exptime,
        "DARKTIME": 0.0 if observation.visit.imagetyp == "BIAS" else darktime,
        "EXPFLAG": "INTERRUPTED" if observation.interrupted else "NORMAL",
        "QUALITY": "EXPOSURE INTERRUPTED BY LOSS OF LOCK" if observation.interrupted else "",
        "ACCPDATE": mjd_of_day(observation) - 120,
        "PSTRTIME": start,
        "PSTPTIME": end,
        "TSTRTIME": start,
        "TENDTIME": end,
        "STARTIME": start,
        "ENDTIME": end,
        "SHADOENT": start - 0.021,
        "SHADOEXT": start + 0.004,
    }


def mjd_of_day(observation: Observation) -> float:
    """Return the Modified Julian Date of the day on which an observation began."""
    return float(np.floor(observation.start))


def _pointing(observation: Observation, rng: np.random.Generator) -> Values:
    target = observation.target
    sun_ra, sun_dec = sun(observation.start)
    moon_ra = float((sun_ra + 12.19 * (observation.start % 29.53)) % 360)
    sun_angle = separation(target.ra, target.dec, sun_ra, sun_dec)
    moon_angle = separation(target.ra, target.dec, moon_ra, 0.0)
    jitter = rng.uniform(2, 6, 6).round(3)
    fine = not observation.internal
    return {
        "PA_V3": observation.pa_v3,
        "POSTARG1": observation.offset[0],
        "POSTARG2": observation.offset[1],
        "SUNANGLE": round(sun_angle, 6),
        "MOONANGL": round(moon_angle, 6),
        "SUN_ALT": round(rng.uniform(-20, 75), 6),
        "FGSLOCK": "FINE" if fine else "UNKNOWN",
        "GYROMODE": "2" if 53611 < observation.start < _REPAIRED else "T",
        "REFFRAME": "GSC1" if observation.start < 53900 else "ICRS",
        "T_SGSTAR": False if rng.random() < 0.15 else "",
        "RA_SUN": sun_ra,
        "DEC_SUN": sun_dec,
        "RA_MOON": moon_ra,
        "DEC_MOON": 0.0,
        "RA_V1": target.ra,
        "DEC_V1": target.dec,
        "RA_REF": target.ra,
        "DEC_REF": target.dec,
        "RA_AVG": target.ra,
        "DEC_AVG": target.dec,
        "TRA_AVG": target.ra,
        "TDEC_AVG": target.dec,
        "ROLL_AVG": observation.pa_v3,
        "TROLLAVG": observation.pa_v3,
        "PA_REF": observation.pa_v3,
        "GSD_ID": f"0{rng.integers(1e9):09d}",
        "GSD_RA": round(target.ra + 0.2 * rng.random(), 6),
        "GSD_DEC": round(target.dec - 0.2 * rng.random(), 6),
        "GSD_MAG": round(rng.uniform(9, 14), 3),
        "GSD_FGS": "3",
        "GSR_ID": f"0{rng.integers(1e9):09d}",
        "GSR_RA": round(target.ra - 0.2 * rng.random(), 6),
        "GSR_DEC": round(target.dec + 0.2 * rng.random(), 6),
        "GSR_MAG": round(rng.uniform(9, 14), 3),
        "GSR_FGS": "1",
        "GS_PRIM": "DOMINANT",
        "GUIDECMD": "FINE LOCK" if fine else "GYRO",
        "GUIDEACT": "FINE LOCK" if fine else "GYRO",
        "COORDSYS": "SI",
        "LOS_SUN": round(sun_angle, 6),
        "LOS_MOON": round(moon_angle, 6),
        "LOS_LIMB": round(rng.uniform(20, 100), 6),
        "LOS_SCV": round(rng.uniform(0, 90), 6),
        "ALTITUDE": round(rng.uniform(540, 600), 3),
        **dict(zip(("V2_RMS", "V3_RMS", "TV2_RMS", "TV3_RMS"), jitter[:4], strict=True)),
        **dict(zip(("V2_P2P", "V3_P2P"), jitter[4:] * 5, strict=True)),
        "MV2_P2P": jitter[4] * 5,
        "MV3_P2P": jitter[5] * 5,
    }


def _configuration(observation: Observation) -> Values:
    visit, counting = observation.visit, DETECTORS[observation.detector].photon_counting
    seconds = flash(observation)
    amplifiers = "".join(
        dict.fromkeys("".join(r.amplifiers for r in readouts(visit.aperture, "full")))
    )
    coronagraph = visit.obstype == "CORONAGRAPHIC"
    return {
        "OBSTYPE": visit.obstype,
        "OBSMODE": "ACCUM",
        "OPMODE": "ACCUM",
        "CTEIMAGE": "NONE",
        "CTEDIR": "NONE",
        "SCLAMP": visit.lamp,
        "NRPTEXP": 1,
        "SUBARRAY": observation.subarray,
        "DETECTOR": observation.detector,
        "FILTER1": observation.filters[0],
        "FILTER2": observation.filters[1],
        "LRFWAVE": 6563.0 if visit.aperture.endswith("RAMP") else 0.0,
        "APERTURE": visit.aperture,
        "PROPAPER": visit.aperture,
        "DIRIMAGE": "NONE",
        "ACQNAME": "NONE" if not coronagraph else observation.ipppssoot,
        "CRSPLIT": visit.crsplit,
        "JWROTYPE": "DS_int" if observation.start > _REPAIRED else "CDS",
        "CCDAMP": "N/A" if counting else "".join(sorted(amplifiers)),
        "CCDGAIN": int(gain(observation)),
        **{f"CCDOFST{a}": 0 if counting else 3 for a in "ABCD"},
        "FLASHDUR": seconds,
        "FLASHCUR": "LOW" if seconds else "OFF",
        "FLASHSTA": "SUCCESSFUL" if seconds else "NOT PERFORMED",
        "SHUTRPOS": "A" if observation.line % 2 else "B",
        "INITGUES": "MIN" if observation.members else "",
        "SKYSUB": "MODE" if observation.members else "",
        "CRSIGMAS": "6.5,5.5,4.5" if observation.members else "",
        "STDCFFP": "0x5569",
        "COMPTYP": "None",
        "WRTERR": True,
        "SS_DTCTR": observation.detector,
        "SS_APER": visit.aperture,
        "SS_OBSMD": "ACCUM",
        "SS_GAIN": int(gain(observation)),
    }


def switches(observation: Observation, filetype: str) -> Values:
    """Return which steps of the calibration a file has seen, or will."""
    visit, counting = observation.visit, DETECTORS[observation.detector].photon_counting
    steps = (_COUNTING_STEPS if counting else _STEPS).get(visit.imagetyp, "").split()
    if flash(observation):
        steps.append("FLSHCORR")
    if visit.crsplit > 1 and not counting:
        steps.append("CRCORR")
    if filetype in ("flc", "crc", "drc"):
        steps.append("PCTECORR")
    done = "PERFORM" if filetype == "raw" else "COMPLETE"
    return {step: done if step in steps else "OMIT" for step in _ALL_STEPS}


def _reference_files(observation: Observation) -> Values:
    special = [_CCD_REFERENCES, _WFC_REFERENCES, _COUNTING_REFERENCES]
    files = dict.fromkeys([k for kind in special for k, _ in kind], _NOTHING)
    files |= dict.fromkeys(_WITHOUT_REFERENCE, _NOTHING)
    year, detector = int(age(observation)), observation.detector
    counting = DETECTORS[detector].photon_counting
    own = _COUNTING_REFERENCES if counting else _CCD_REFERENCES
    wide = _WFC_REFERENCES if detector == "WFC" else ()
    for keyword, suffix in (*_ALL_REFERENCES, *own, *wide):
        files[keyword] = _reference("jref", suffix, detector, year)
    table = _bare_name(files["IDCTAB"])
    return {
        **files,
        "GRAPHTAB": _reference("mtab", "tmg", "", year),
        "COMPTAB": _reference("mtab", "tmc", "", year),
        "SIPNAME": f"{observation.ipppssoot}_{table}",
        "DISTNAME": f"{observation.ipppssoot}_{table}-NOMODEL-NOMODEL",
    }


def _bare_name(reference: str) -> str:
    """Return the name in ``jref$<name>_<suffix>.fits``."""
    return reference.partition("$")[2].partition("_")[0]


def _reference(folder: str, suffix: str, detector: str, year: int) -> str:
    rng = fixed(suffix, detector, year)
    letters = "".join(rng.choice(list("klmnopqrstuvwxyz0123456789"), 2))
    return f"{folder}${'mnopqrstuvwxyz12'[year]}{letters}{rng.integers(1e5):05d}j_{suffix}.fits"


def _pattern(observation: Observation) -> Values:
    visit = observation.visit
    if visit.positions == 1:
        return {"PATTERN1": "NONE"}
    return {
        "PATTERN1": f"ACS-{observation.detector}-DITHER-LINE",
        "P1_SHAPE": "LINE",
        "P1_PURPS": "DITHER",
        "P1_NPTS": visit.positions,
        "P1_PSPAC": 3.023,
        "P1_LSPAC": 0.0,
        "P1_ANGLE": 0.0,
        "P1_FRAME": "POS-TARG",
        "P1_ORINT": 34.216,
        "P1_CENTR": "NO",
        "PATTSTEP": observation.position,
    }


def _engineering(observation: Observation, rng: np.random.Generator) -> Values:
    facts = DETECTORS[observation.detector]
    values: Values = {}
    for amplifier in "ABCD":
        used = amplifier in facts.amplifiers and not facts.photon_counting
        values[f"ATODGN{amplifier}"] = gain(observation) * used
        values[f"READNSE{amplifier}"] = facts.noise * used
        values[f"BIASLEV{amplifier}"] = round(2400 + 60 * rng.random(), 4) * used
    return values


def _versions(observation: Observation) -> Values:
    late = observation.start > _REPAIRED
    year = 2002 + int(age(observation))
    return {
        "OPUS_VER": f"OPUS {year + 1}_{1 + int(observation.start) % 4}a",
        "OMS_VER": "",
        "PDB_VER": "CCS",
        "PROC_TYP": "NORMAL",
        "CAL_VER": "9.2.0 (01-Jun-2017)" if late else "4.6.1 (13-Mar-2006)",
        "CSYS_VER": "hstdp-2017.3",
        "CRDS_VER": "7.1.5, 7.1.5, 2e1c3b4",
        "CRDS_CTX": "hst_0575.pmap",
        "UPWCSVER": "1.3.1",
        "PYWCSVER": "2.0",
        "CTE_NAME": "PixelCTE 2012",
        "CTE_VER": "1.2",
        "PCTEFRAC": round(0.09 * max(age(observation), 0), 6),
        "PCTENSMD": 2,
        "PCTERNCL": 4.2,
        "PCTESHFT": 4,
        "PCTESMIT": 7,
        "PCTETRSH": -10.0,
        "BLENDVER": "1.1.1",
        "PROD_VER": "DrizzlePac 2.1.13",
        "RULESVER": 1.1,
        "RULEFILE": "interface to the rules of header blending: primary keywords of the first "
        "input, sums of exposure times, earliest start and latest end",
    }


def telemetry(observation: Observation) -> Values:
    """Return what only the support file (spt) tells: the proposal and the target at length.

    What is not known of a target is undefined.
    """
    proposal, target = observation.proposal, observation.target
    unknown = "SURF_B SURF_R SURF_U SURF_V SURFALTD SURFLATD SURFLONG MAG_B MAG_R MAG_U RAD_VEL"
    return {
        **dict.fromkeys(unknown.split()),
        "PROPTTL1": proposal.title,
        "PROP_TYP": proposal.type,
        "TARDESCR": target.description,
        "TARGCAT": target.description.partition(";")[0],
        "TAR_TYPE": "SOLAR" if target.moving else "FIXED",
        "TARG_ID": f"{proposal.proposid}_{observation.obset}",
        "MT_LV1_1": f"STD={target.name}" if target.moving else "",
        "PARENTID": 0,
        "RA_PROP": target.ra,
        "DEC_PROP": target.dec,
        "PEQUINOX": "J2000",
        "SHUTTER": "CLOSED" if observation.internal else "OPEN",
    }


def of_chip(observation: Observation, readout: Readout, raw: bool) -> Values:
    """Return what an image says of the pixels that it holds."""
    left, _, bottom, _ = readout.overscan
    x, y = readout.corner
    rows, columns = readout.raw_shape if raw else readout.shape
    return {
        "CCDCHIP": readout.chip,
        "BINAXIS1": 1,
        "BINAXIS2": 1,
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


def photometry(observation: Observation) -> Values:
    """Return the calibration of brightness, which a raw file does not have yet."""
    inverse, pivot, width = PHOTOMETRY[element(observation)]
    names = [name for name in observation.filters if not name.startswith(("CLEAR", "N/A"))]
    return {
        "PHOTMODE": " ".join(["ACS", observation.detector, *names]),
        "PHOTFLAM": inverse,
        "PHOTZPT": -21.1,
        "PHOTPLAM": pivot,
        "PHOTBW": width,
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
        "WCSNAME": f"IDC_{_bare_name(reference['IDCTAB'])}" if distorted else "DRZWCS",
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


def blocks(
    observation: Observation, filetype: str, chips: int, arcsec: float
) -> list[dict[str, Any]]:
    """Return the ``Dnnn`` keywords of a drizzled product: one block for every input chip."""
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
    """Return the statistics of an image over its errors."""
    ratio = sci / np.maximum(err, np.float32(1e-6))
    ratio = ratio[np.isfinite(ratio)]
    if not ratio.size:
        return {}
    return {
        "SNRMIN": float(ratio.min()),
        "SNRMAX": float(ratio.max()),
        "SNRMEAN": float(ratio.mean(dtype=np.float64)),
    }
