"""Archive health: how late observations are ingested, and which files are missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...query import dates
from ..alerts import Silence
from ..monitor import Monitor, Row, column

if TYPE_CHECKING:
    from astropy.table import Table

    from ...observation import Observation

# What MAST delivers with each exposure, and with the product of an association (ACS Data
# Handbook, section 2.1).
_OF_EXPOSURE = ("raw", "flt", "spt", "jif", "jit")
_OF_PRODUCT = ("asn", "drz", "spt", "jif", "jit")
# Days; HST calibrates with ACS every week.
_LONGEST_SILENCE = 30


def measure(observation: Observation) -> Iterator[Row]:
    """Return how late an observation was ingested, and which of its files are missing.

    The latency is the time from the end of the exposure (``EXPEND``) to the first ingest.  A file
    is missing if MAST delivers it and the archive never had it; it has vanished if an ingest did
    not find it again.  Products of associations, whose names end with a digit, have other files
    than exposures.
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


def missing_by_filetype(table: Table) -> Table:
    """Return the number of observations that lack each filetype, or of which it has vanished."""
    from astropy.table import Table as Made

    missing, vanished = (
        Counter(name for text in table[column].filled("") for name in text.split())
        for column in ("missing", "vanished")
    )
    names = sorted(missing.keys() | vanished.keys())
    return Made(
        {
            "filetype": names,
            "missing": [missing[name] for name in names],
            "vanished": [vanished[name] for name in names],
        },
        dtype=(str, int, int),
    )


MONITOR = Monitor(
    name="archive_health",
    title="Archive health: latency and missing files",
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
    summary=missing_by_filetype,
)
