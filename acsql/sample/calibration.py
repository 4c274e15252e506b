"""Calibration of an observation: its gain, its CALACS steps and its reference files."""

from .camera import DETECTORS
from .headers import Values
from .proposals import PHOTOMETRY
from .scenes import fixed_random
from .schedule import PlannedObservation

# Servicing Mission 3B installed ACS, and Servicing Mission 4 repaired it.
INSTALLED, REPAIRED = 52340.0, 54970.0

# Post-flash became usual for WFC.
POST_FLASH = 56000.0

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


def age(observation: PlannedObservation) -> float:
    """Return how long the detectors had been in orbit.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.

    Returns
    -------
    float
        Years since the installation of ACS.
    """
    return (observation.start - INSTALLED) / 365.25


def gain(observation: PlannedObservation) -> float:
    """Return the gain of the CCDs.

    WFC was read at a gain of 1 before its repair.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.

    Returns
    -------
    float
        Electrons per count; 0 for SBC, which counts photons.
    """
    facts = DETECTORS[observation.detector]
    early = observation.detector == "WFC" and observation.start < REPAIRED
    return 0.0 if facts.photon_counting else 1.0 if early else facts.gain


def element(observation: PlannedObservation) -> str:
    """Return the filter that shapes the light.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.

    Returns
    -------
    str
        The filter of the two wheels that is not clear.
    """
    return next(name for name in observation.filters if name in PHOTOMETRY)


def throughput(observation: PlannedObservation) -> float:
    """Return the throughput of the filter.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.

    Returns
    -------
    float
        Relative to a broad filter, from 0.03 to 1.
    """
    broad = "F140LP" if DETECTORS[observation.detector].photon_counting else "F606W"
    return min(1.0, max(0.03, PHOTOMETRY[broad][0] / PHOTOMETRY[element(observation)][0]))


def flash(observation: PlannedObservation) -> float:
    """Return the duration of the post-flash.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.

    Returns
    -------
    float
        Seconds; 0 before post-flash became usual.
    """
    return observation.visit.flash if observation.start > POST_FLASH else 0.0


def switches(observation: PlannedObservation, filetype: str) -> Values:
    """Return the calibration switches: which CALACS steps a file has undergone, or will.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.
    filetype : str
        The filetype of the file.

    Returns
    -------
    dict
        PERFORM, COMPLETE or OMIT by step.
    """
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


def reference_files(observation: PlannedObservation) -> Values:
    """Return the names of the calibration reference files.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.

    Returns
    -------
    dict
        By keyword; N/A for those that the detector does not have.
    """
    special = [_CCD_REFERENCES, _WFC_REFERENCES, _COUNTING_REFERENCES]
    files = dict.fromkeys([k for kind in special for k, _ in kind], _NOTHING)
    files |= dict.fromkeys(_WITHOUT_REFERENCE, _NOTHING)
    year, detector = int(age(observation)), observation.detector
    counting = DETECTORS[detector].photon_counting
    own = _COUNTING_REFERENCES if counting else _CCD_REFERENCES
    wide = _WFC_REFERENCES if detector == "WFC" else ()
    for keyword, suffix in (*_ALL_REFERENCES, *own, *wide):
        files[keyword] = _reference("jref", suffix, detector, year)
    table = bare_name(files["IDCTAB"])
    return {
        **files,
        "GRAPHTAB": _reference("mtab", "tmg", "", year),
        "COMPTAB": _reference("mtab", "tmc", "", year),
        "SIPNAME": f"{observation.ipppssoot}_{table}",
        "DISTNAME": f"{observation.ipppssoot}_{table}-NOMODEL-NOMODEL",
    }


def bare_name(reference: str) -> str:
    """Return the name in ``jref$<name>_<suffix>.fits``.

    Parameters
    ----------
    reference : str
        The value of a keyword.

    Returns
    -------
    str
        The name without folder, suffix and extension.
    """
    return reference.partition("$")[2].partition("_")[0]


def _reference(folder: str, suffix: str, detector: str, year: int) -> str:
    rng = fixed_random(suffix, detector, year)
    letters = "".join(rng.choice(list("klmnopqrstuvwxyz0123456789"), 2))
    return f"{folder}${'mnopqrstuvwxyz12'[year]}{letters}{rng.integers(10**5):05d}j_{suffix}.fits"


def photometry(observation: PlannedObservation) -> Values:
    """Return the keywords of the photometric calibration, which a raw file does not have yet.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.

    Returns
    -------
    dict
        PHOTMODE, PHOTFLAM (erg/cm2/Angstrom/electron), PHOTPLAM and PHOTBW (Angstrom).
    """
    inverse, pivot, width = PHOTOMETRY[element(observation)]
    names = [name for name in observation.filters if not name.startswith(("CLEAR", "N/A"))]
    return {
        "PHOTMODE": " ".join(["ACS", observation.detector, *names]),
        "PHOTFLAM": inverse,
        "PHOTZPT": -21.1,
        "PHOTPLAM": pivot,
        "PHOTBW": width,
    }
