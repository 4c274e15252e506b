"""Remarks of the pipeline in primary headers, and cards that other programs left there."""

from typing import Any

from .cards import card

BLENDED = (
    "Primary keywords are blended from those of all input images: the first value,",
    "the sum of exposure times, the earliest start and the latest end.",
)

_STEP_NAMES = {"BIASCORR": "BIASFILE", "DARKCORR": "DARKFILE", "FLATCORR": "PFLTFILE"}


def history(own: dict[str, Any]) -> list[str]:
    """Return what CALACS logs about the steps that it has done.

    Parameters
    ----------
    own : dict
        The keywords of the primary header.

    Returns
    -------
    list of str
        Lines for HISTORY cards.
    """
    lines = ["CCD parameters table:", f"  reference table {own['CCDTAB'].strip()}"]
    lines.append("Uncertainty array initialized.")
    for step, reference in _STEP_NAMES.items():
        if own[step] == "COMPLETE":
            lines.append(f"{step} complete ...")
            lines.append(f"  reference image {own[reference].strip()}")
    if own["DQICORR"] == "COMPLETE":
        lines += ["DQICORR complete ...", "  values checked for saturation"]
    return lines


def repeated() -> str:
    """Return a keyword that the header has already: two programs wrote their version."""
    return card("PYWCSVER", "1.12.1.dev3982", "Version of PYWCS used to updated the WCS")


def unfinished() -> str:
    """Return what IRAF left in headers, which no list names."""
    return card("IRAF-TLM", "10:43:32 (18/12/2008)", "Time of last modification")
