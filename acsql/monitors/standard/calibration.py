"""Calibration currency: observations with older reference files than the newest in the archive."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ... import keywords
from ..monitor import Monitor, Row, column
from .keyword_values import filter_name

if TYPE_CHECKING:
    from astropy.table import Table

    from ...observation import Observation
    from ..monitored import Monitored

# Names of reference files begin with the date of their delivery: year (a is 1990, 0 is 2016), month
# and day (1 to 9, then letters), hour and minute.
_REFERENCE_FILE = re.compile(r"(?:.*\$)?([0-9a-z])([1-9a-c])([1-9a-v])(\d{4})[0-9a-z]?j_\w+\.fits")
_VERSION = re.compile(r"\s*(\d+)\.(\d+)(?:\.(\d+))?")
CALACS = "CAL_VER"
# Files of these keywords are for one filter: flat fields and corrections of the distortion.
_OF_FILTER = frozenset({"CFLTFILE", "DFLTFILE", "DGEOFILE", "LFLTFILE", "NPOLFILE", "PFLTFILE"})


def measure(observation: Observation) -> Iterator[Row]:
    """List the reference files, the version of CALACS and the date of processing.

    One row for each keyword of the primary header that names a reference file, and one for
    ``CAL_VER``, from the ``flt`` file, or the ``raw`` file without one.  The summary compares the
    rows of all observations with the same detector, and of flat fields and distortion corrections
    also with the same filter: the newest is that with the latest date of delivery, which is part of
    the name of a reference file, or with the highest version.  Older
    superdarks and superbiases are usual, because each is made for the time around its observations.
    """
    filetype = "flt" if "flt" in observation.datasets else "raw"
    header = observation.stored_header(filetype, 0)
    shared = {
        "detector": observation["detector"],
        "visit": f"{observation['proposid']} {observation['visit']}",
        "processed": str(header.get("date") or "")[:10] or None,
    }
    for keyword in (CALACS.lower(), *_reference_keywords()):
        value = header.get(keyword)
        if isinstance(value, str) and value.strip() not in ("", "N/A"):
            name = keyword.upper()
            filter_ = filter_name(observation) if name in _OF_FILTER else None
            yield shared | {"keyword": name, "value": value.strip(), "filter": filter_}


@functools.cache
def _reference_keywords() -> tuple[str, ...]:
    return tuple(keywords.load().reference_files)


def age_key(keyword: str, value: str) -> tuple[int | str, ...]:
    """Return the key by which reference files, or versions of CALACS, are in order of age.

    Parameters
    ----------
    keyword : str
        The keyword of the header.
    value : str
        The name of the file, or the version.

    Returns
    -------
    tuple
        Of the newest the largest; empty if the value has no date or version.
    """
    if keyword == CALACS:
        match = _VERSION.match(value)
        return tuple(int(part or 0) for part in match.groups()) if match else ()
    match = _REFERENCE_FILE.fullmatch(value.lower())
    if match is None:
        return ()
    year, month, day, time = match.groups()
    # Digits of the year follow its letters.
    return (int(year) + 26 if year.isdigit() else ord(year) - ord("a"), month, day, time)


def currency(
    rows: Mapping[tuple[str, ...], int], processed: Iterable[tuple[str, str | None]]
) -> Table:
    """Return the newest value of each keyword, and the numbers of observations with older ones.

    A last row counts the visits whose files were processed on different dates.

    Parameters
    ----------
    rows : mapping
        Detector, keyword, filter (None for all) and value to the number of rows with them.
    processed : iterable of (str, str)
        The visits, each with the dates of its files.

    Returns
    -------
    Table
        By detector, keyword and filter, which is empty for files of all filters.
    """
    from astropy.table import Table as Made

    numbers: dict[tuple[str, str, str], Counter[str]] = {}
    for (detector, keyword, filter_, value), number in rows.items():
        numbers.setdefault((detector, keyword, filter_ or ""), Counter())[value] += number
    visits: dict[str, set[str | None]] = {}
    for visit, date in processed:
        visits.setdefault(visit, set()).add(date)
    counted = []
    for (detector, keyword, filter_), values in sorted(numbers.items()):
        newest = max(values, key=lambda value: (age_key(keyword, value), value))
        older = values.total() - values[newest]
        counted.append((detector, keyword, filter_, newest, values[newest], older))
    mixed = sum(len(dates) > 1 for dates in visits.values())
    counted.append(("all", "visit", "", "processed on one date", len(visits) - mixed, mixed))
    names = ("detector", "keyword", "filter", "newest", "current", "older")
    return Made(rows=counted, names=names, dtype=(str, str, str, str, int, int))


def summary(archive: Monitored) -> Table:
    """Return what `currency` counts; the rows are too many to be read for it."""
    results = archive.monitor("calibration")
    rows = results.counts("detector", "keyword", "filter", "value")
    return currency(rows, results.counts("visit", "processed"))


MONITOR = Monitor(
    name="calibration",
    title="Calibration currency: reference files and CALACS",
    measure=measure,
    condition="exists(raw.0.detector) or exists(flt.0.detector)",
    # Version 2 has the filter.
    version=2,
    filetypes=("raw", "flt"),
    columns=(
        column("keyword", "str", "keyword of the reference file, or CAL_VER"),
        column("value", "str", "name of the reference file, or version of CALACS"),
        column("filter", "str", "filter, of reference files for one filter"),
        column("detector", "str", "detector"),
        column("visit", "str", "proposal and visit"),
        column("processed", "str", "date of the file"),
    ),
    by="detector",
    archive_summary=summary,
)
