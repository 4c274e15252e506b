"""Keywords that all files of an observation share, so that they agree.

Times are Modified Julian Dates.
"""

import numpy as np

from . import calibration
from .camera import DETECTORS, readouts, separation
from .headers import Values
from .instrument import UNGUIDED, Instrument
from .schedule import PlannedObservation, sun

_LAST_PROCESSED = 58300.0


def common(
    observation: PlannedObservation, rng: np.random.Generator, instrument: Instrument
) -> Values:
    """Return the keywords that all files of an observation share.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.
    rng : numpy.random.Generator
        For values that differ from run to run.
    instrument : Instrument
        The simulated instrument.

    Returns
    -------
    dict
        Values by keyword.
    """
    return {
        **_identity(observation),
        **_times(observation, rng),
        **_pointing(observation, rng, instrument),
        **_configuration(observation),
        **calibration.reference_files(observation),
        **_pattern(observation),
        **_engineering(observation, rng, instrument),
        **_versions(observation),
    }


def _identity(observation: PlannedObservation) -> Values:
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


def _times(observation: PlannedObservation, rng: np.random.Generator) -> Values:
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


def mjd_of_day(observation: PlannedObservation) -> float:
    """Return the day on which an observation began.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.

    Returns
    -------
    float
        Modified Julian Date.
    """
    return float(np.floor(observation.start))


def is_guided(observation: PlannedObservation, instrument: Instrument) -> bool:
    """Return whether guide stars were found; internal exposures need none.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.
    instrument : Instrument
        Says how often they are not found.

    Returns
    -------
    bool
        False for a product if they were not found for one of its exposures.
    """
    return observation.internal or all(
        instrument.is_guided(exposure.ipppssoot) for exposure in observation.exposures
    )


def _pointing(
    observation: PlannedObservation, rng: np.random.Generator, instrument: Instrument
) -> Values:
    target = observation.target
    sun_ra, sun_dec = sun(observation.start)
    moon_ra = float((sun_ra + 12.19 * (observation.start % 29.53)) % 360)
    sun_angle = separation(target.ra, target.dec, sun_ra, sun_dec)
    moon_angle = separation(target.ra, target.dec, moon_ra, 0.0)
    guided = is_guided(observation, instrument)
    scale = instrument.jitter * (1.0 if guided else UNGUIDED)
    jitter = (rng.uniform(0.5, 1.5, 6) * scale).round(3)
    fine = guided and not observation.internal
    return {
        "PA_V3": observation.pa_v3,
        "POSTARG1": observation.offset[0],
        "POSTARG2": observation.offset[1],
        "SUNANGLE": round(sun_angle, 6),
        "MOONANGL": round(moon_angle, 6),
        "SUN_ALT": round(rng.uniform(-20, 75), 6),
        "FGSLOCK": "FINE" if fine else "UNKNOWN",
        "GYROMODE": "2" if 53611 < observation.start < calibration.REPAIRED else "T",
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
        "GSD_ID": f"0{rng.integers(10**9):09d}",
        "GSD_RA": round(target.ra + 0.2 * rng.random(), 6),
        "GSD_DEC": round(target.dec - 0.2 * rng.random(), 6),
        "GSD_MAG": round(rng.uniform(9, 14), 3),
        "GSD_FGS": "3",
        "GSR_ID": f"0{rng.integers(10**9):09d}",
        "GSR_RA": round(target.ra - 0.2 * rng.random(), 6),
        "GSR_DEC": round(target.dec + 0.2 * rng.random(), 6),
        "GSR_MAG": round(rng.uniform(9, 14), 3),
        "GSR_FGS": "1",
        "GS_PRIM": "DOMINANT",
        "GUIDECMD": "GYRO" if observation.internal else "FINE LOCK",
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


def _configuration(observation: PlannedObservation) -> Values:
    visit, counting = observation.visit, DETECTORS[observation.detector].photon_counting
    seconds = calibration.flash(observation)
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
        "JWROTYPE": "DS_int" if observation.start > calibration.REPAIRED else "CDS",
        "CCDAMP": "N/A" if counting else "".join(sorted(amplifiers)),
        "CCDGAIN": float(calibration.gain(observation)),
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
        "SS_GAIN": int(calibration.gain(observation)),
    }


def _pattern(observation: PlannedObservation) -> Values:
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


def _engineering(
    observation: PlannedObservation, rng: np.random.Generator, instrument: Instrument
) -> Values:
    facts = DETECTORS[observation.detector]
    values: Values = {}
    for amplifier in "ABCD":
        used = amplifier in facts.amplifiers and not facts.photon_counting
        values[f"ATODGN{amplifier}"] = calibration.gain(observation) * used
        values[f"READNSE{amplifier}"] = instrument.read_noise.get(amplifier, facts.noise) * used
        level = instrument.bias_at(
            amplifier, calibration.age(observation), 2400 + 60 * rng.random()
        )
        values[f"BIASLEV{amplifier}"] = round(level, 4) * used
    return values


def _versions(observation: PlannedObservation) -> Values:
    late = observation.start > calibration.REPAIRED
    year = 2002 + int(calibration.age(observation))
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
        "PCTEFRAC": round(0.09 * max(calibration.age(observation), 0), 6),
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


def support_keywords(observation: PlannedObservation) -> Values:
    """Return the keywords of the support file (spt) alone: proposal and target at length.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.

    Returns
    -------
    dict
        Values by keyword; None for an undefined value.
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
