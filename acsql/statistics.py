"""The statistics of the archive as tables: what each is called, and what its columns are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .keywords import KeywordSpec
from .query import Column


def _column(name: str, type_: str, description: str, unit: str | None = None) -> Column:
    return Column(name, KeywordSpec(name.upper(), type_, unit, description))


_MONTH = _column("month", "str", "year and month, UT; unknown where the date is")
_DETECTOR = _column("detector", "str", "detector")
_OBSERVATIONS = _column("observations", "int", "number of observations")
_FILES = _column("files", "int", "number of files")
_BYTES = _column("bytes", "int", "their size", "byte")
_TOTAL = _column("total", "int", "size of these and of all earlier files", "byte")


@dataclass(frozen=True)
class Kind:
    """What a statistic is about, and the columns of its table."""

    title: str
    columns: tuple[Column, ...]


KINDS = {
    "observations": Kind(
        "Observations against time",
        (
            _MONTH,
            _DETECTOR,
            _OBSERVATIONS,
            _column("exptime", "float", "sum of the exposure times", "s"),
        ),
    ),
    "size_observed": Kind(
        "Size of the archive by date of observation", (_MONTH, _FILES, _BYTES, _TOTAL)
    ),
    "size_ingested": Kind(
        "Size of the archive by date of first ingest", (_MONTH, _FILES, _BYTES, _TOTAL)
    ),
    "filetypes": Kind(
        "Files by filetype", (_column("filetype", "str", "filetype"), _FILES, _BYTES)
    ),
    "headers": Kind(
        "Headers by detector, filetype and extension",
        (
            _DETECTOR,
            _column("filetype", "str", "filetype"),
            _column("extension", "int", "number of the extension"),
            _column("headers", "int", "number of headers"),
        ),
    ),
    "filters": Kind(
        "Filters", (_column("filter", "str", "filter in either wheel"), _DETECTOR, _OBSERVATIONS)
    ),
    "exptimes": Kind(
        "Exposure times",
        (
            _column("low", "float", "shortest exposure time; four steps to a factor of ten", "s"),
            _DETECTOR,
            _OBSERVATIONS,
        ),
    ),
}


@dataclass(frozen=True)
class Statistic:
    """One statistic: a table, and when it was counted."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: list[dict[str, Any]]
    counted: datetime


def to_statistics(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Statistic]:
    """Return what was counted as statistics, in the order in which they are shown."""
    return {
        name: Statistic(name, kind.title, kind.columns, **stored[name])
        for name, kind in KINDS.items()
        if name in stored
    }
