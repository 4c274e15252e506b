"""Archive health: the delay of ingest, missing files and failed files of each observation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...query import dates
from ...store import failures
from ..alerts import Silence
from ..monitor import Monitor, Row, column

if TYPE_CHECKING:
    from astropy.table import Table

    from ...observation import Observation
    from ..monitored import Monitored

# Filetypes that MAST delivers with each exposure, and with the product of an association (ACS Data
# Handbook, section 2.1).
_OF_EXPOSURE = ("raw", "flt", "spt", "jif", "jit")
_OF_PRODUCT = ("asn", "drz", "spt", "jif", "jit")
# Failures that the summary counts at most.
_MOST_FAILURES = 100_000
# Days; HST calibrates with ACS every week.
_LONGEST_SILENCE = 30


def measure(observation: Observation) -> Iterator[Row]:
    """Measure the delay of the ingest of an observation, and list its missing files.

    The latency is the time from the end of the exposure (``EXPEND``) to the first ingest.  A file
    is missing if MAST delivers it and the archive never had it; it has vanished if a later ingest
    did not find it.  Products of associations, whose names end with a digit, have other files
    than exposures.  The summary counts missing and vanished files by filetype, and files that
    could not be ingested by reason.
    """
    files = observation.files
    expected = _OF_PRODUCT if observation.ipppssoot[-1].isdigit() else _OF_EXPOSURE
    first, end = observation["first_ingest_date"], observation["expend"]
    latency = dates.to_mjd(first) - end if first and isinstance(end, float) else None
    yield {
        "latency": latency,
        "files": len(files),
        "size": sum(file["size"] for file in files.values()) / 1e6,
        "missing": " ".join(name for name in expected if name not in files),
        "vanished": " ".join(name for name in files if files[name].get("vanished")),
        "detector": observation["detector"],
    }


def problems(archive: Monitored) -> Table:
    """Return the numbers of missing and vanished files by filetype, and of failures by reason.

    Parameters
    ----------
    archive : Monitored
        The archive.

    Returns
    -------
    Table
        Failures are files that could not be ingested; their reasons are without names of files.
    """
    from astropy.table import Table as Made

    counts: Counter[tuple[str, str]] = Counter()
    for row in archive.monitor("archive_health").rows():
        for kind in ("missing", "vanished"):
            counts.update((kind, filetype) for filetype in row[kind].split())
    for failure in failures.listed(archive.store, _MOST_FAILURES):
        reason = failure["reason"].replace(failure["filename"], "...")
        counts[f"failed: {failure['stage']}", reason] += 1
    rows = [(*key, number) for key, number in sorted(counts.items())]
    return Made(rows=rows or None, names=("problem", "what", "files"), dtype=(str, str, int))


MONITOR = Monitor(
    name="archive_health",
    title="Archive health: latency, missing files and failures",
    measure=measure,
    columns=(
        column("latency", "float", "from the end of the exposure to the first ingest", "d"),
        column("files", "int", "files of the observation"),
        column("size", "float", "size of the files", "Mbyte"),
        column("missing", "str", "filetypes that the archive never had"),
        column("vanished", "str", "filetypes that are no longer on disk"),
        column("detector", "str", "detector"),
    ),
    by="detector",
    plotted=("latency", "files"),
    alerts=(Silence(_LONGEST_SILENCE),),
    archive_summary=problems,
)
