"""Pointing: jitter and guide stars of each exposure, from the headers of telemetry files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..alerts import Limit
from ..monitor import Monitor, Row, column
from .keyword_values import number, text

if TYPE_CHECKING:
    from ...observation import Observation

# Milliarcseconds: HST holds its pointing within 7 mas RMS when it guides on two stars (HST Primer,
# "Pointing, Orientation, and Roll Constraints"); twice as much blurs a pixel of HRC (25 mas).
_MOST_JITTER_MAS = 14.0


def measure(observation: Observation) -> Iterator[Row]:
    """List the jitter and the state of the guide stars of each exposure.

    One row for each extension of the ``jit`` file, from its header, or from the header of the
    ``jif`` file for a keyword that it lacks: RMS about the mean along V2 and V3 (``V2_RMS``,
    ``V3_RMS``) and of both (the root of the sum of squares), the guiding mode (``GUIDEACT``), the
    losses of lock (``NLOSSES``, ``LOCKLOSS``) and recentrings (``NRECENT``). The guide star is the
    dominant one of the ``spt`` file (``DGESTAR``), ``EXPFLAG`` that of the observation. Source:
    Jitter File Format Definition, STScI.
    """
    headers = observation.headers
    star = text(headers.get("spt", {}).get(0, {}), "dgestar")
    jit, jif = headers.get("jit", {}), headers.get("jif", {})
    # Both files have one extension for each exposure; some jit files have no such keywords.
    for extension in sorted(jit.keys() | jif.keys()):
        header = {**jif.get(extension, {}), **jit.get(extension, {})}
        if extension > 0 and {"v2_rms", "guideact"} & header.keys():
            v2, v3 = (number(header, name) for name in ("v2_rms", "v3_rms"))
            yield {
                "exposure": extension,
                "jitter_v2": v2,
                "jitter_v3": v3,
                "jitter_rms": math.hypot(v2, v3) if v2 is not None and v3 is not None else None,
                "guiding": text(header, "guideact"),
                "losses": _whole(header, "nlosses"),
                "lost": number(header, "lockloss"),
                "recentrings": _whole(header, "nrecent"),
                "guide_star": star,
                "expflag": observation["expflag"],
            }


def _whole(header: Mapping[str, Any], name: str) -> int | None:
    value = number(header, name)
    return None if value is None else int(value)


MONITOR = Monitor(
    name="pointing",
    title="Pointing: jitter and guide stars",
    measure=measure,
    condition="exists(jit.1.v2_rms) or exists(jif.1.v2_rms)",
    # Version 2 has the guide star, and jif files; version 3 these also beside jit files.
    version=3,
    filetypes=("jit", "jif", "spt"),
    columns=(
        column("exposure", "int", "extension of the jitter file, one for each exposure"),
        column("jitter_rms", "float", "RMS of the jitter", "mas"),
        column("jitter_v2", "float", "RMS of the jitter along V2", "mas"),
        column("jitter_v3", "float", "RMS of the jitter along V3", "mas"),
        column("guiding", "str", "guiding mode"),
        column("losses", "int", "losses of lock"),
        column("lost", "float", "time without lock", "s"),
        column("recentrings", "int", "recentrings"),
        column("guide_star", "str", "guidance sensor and identifier of the dominant guide star"),
        column("expflag", "str", "EXPFLAG: NORMAL, or why the exposure is not"),
    ),
    by="guiding",
    plotted=("jitter_rms", "lost"),
    alerts=(Limit("jitter_rms", high=_MOST_JITTER_MAS),),
)
