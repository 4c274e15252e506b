"""Calibration currency: which observations have older reference files than the newest seen."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ... import keywords
from ..monitor import Monitor, Row, column

if TYPE_CHECKING:
    from astropy.table import Table

    from ...observation import Observation

# Names of reference files begin with the date of their delivery: year (a is 1990, 0 is 2016), month
# and day (1 to 9, then letters), hour and minute.
_REFERENCE_FILE = re.compile(r"(?:.*\$)?([0-9a-z])([1-9a-c])([1-9a-v])(\d{4})[0-9a-z]?j_\w+\.fits")
_VERSION = re.compile(r"\s*(\d+)\.(\d+)(?:\.(\d+))?")
CALACS = "CAL_VER"


def measure(observation: Observation) -> Iterator[Row]:
    """Return the reference files, the version of CALACS and the date of processing.

    One row for each keyword of the primary header that names a reference file, and one for
    ``CAL_VER``, from the ``flt`` file, or the ``raw`` file without one.  The summary compares the
    rows of all observations with the same detector: the newest is that with the latest date of
    delivery, which is part of the name of a reference file, or with the highest version.  For
    superdarks and superbiases an older file is usual, because each is for the time around its
    observations.
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
            yield shared | {"keyword": keyword.upper(), "value": value.strip()}


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


def currency(table: Table) -> Table:
    """Return the newest value of each keyword, and the numbers of observations with older ones.

    A last row counts the visits whose files were processed on different dates.
    """
    from astropy.table import Table as Made

    groups: dict[tuple[str, str], dict[str, set[str]]] = {}
    visits: dict[str, set[str]] = {}
    for row in _plain_rows(table):
        values = groups.setdefault((row["detector"], row["keyword"]), {})
        values.setdefault(row["value"], set()).add(row["rootname"])
        visits.setdefault(row["visit"], set()).add(row["processed"])
    rows = []
    for (detector, keyword), values in sorted(groups.items()):
        newest = max(values, key=lambda value: (age_key(keyword, value), value))
        older = sum(len(names) for value, names in values.items() if value != newest)
        rows.append((detector, keyword, newest, len(values[newest]), older))
    mixed = sum(len(processed) > 1 for processed in visits.values())
    rows.append(("all", "visit", "processed on one date", len(visits) - mixed, mixed))
    names = ("detector", "keyword", "newest", "current", "older")
    return Made(rows=rows, names=names, dtype=(str, str, str, int, int))


def _plain_rows(table: Table) -> Iterator[dict[str, Any]]:
    names = ("rootname", "detector", "visit", "processed", "keyword", "value")
    for values in zip(*(table[name].filled("") for name in names), strict=True):
        yield dict(zip(names, map(str, values), strict=True))


MONITOR = Monitor(
    name="calibration",
    title="Calibration currency: reference files and CALACS",
    measure=measure,
    condition="exists(raw.0.detector) or exists(flt.0.detector)",
    filetypes=("raw", "flt"),
    columns=(
        column("keyword", "str", "keyword of the reference file, or CAL_VER"),
        column("value", "str", "name of the reference file, or version of CALACS"),
        column("detector", "str", "detector"),
        column("visit", "str", "proposal and visit"),
        column("processed", "str", "date of the file"),
    ),
    by="detector",
    summary=currency,
)
