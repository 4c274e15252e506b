"""Rows as files: one function for each format that people take results away in.

Every function takes rows as they come from a search and yields pieces of a file as bytes (texts
are UTF-8), so that a result never has to be held as a whole; only a table for people has to know
its widths beforehand.  What astropy can write it writes, in `astropy_formats`.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..fits.header import cards
from ..keywords import COMMENTARY, KeywordSpec, KeywordSpecs
from ..query import Column
from .astropy_formats import write_ecsv, write_fits, write_votable
from .values import plain, text

Rows = Iterable[Mapping[str, Any]]

# A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection").
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


class Format(NamedTuple):
    """A format: its media type on the web, the end of its file names, and who writes it."""

    media_type: str
    extension: str
    write: Callable[[Rows, Sequence[Column]], Iterator[bytes]]


def write_csv(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield the lines of a CSV file (RFC 4180) with a header line.

    Texts that a spreadsheet would run as a formula get a single quote before them.
    """
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    for cells in _cells(rows, columns):
        writer.writerow(cells)
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()


def _cells(rows: Rows, columns: Sequence[Column]) -> Iterator[list[str]]:
    yield [column.address for column in columns]
    for row in rows:
        yield [_safe(row[column.address], column) for column in columns]


def _safe(value: Any, column: Column) -> str:
    cell = text(value, column)
    return f"'{cell}" if isinstance(value, str | list) and _FORMULA.match(cell) else cell


def write_json(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield a JSON array with an object for each row."""
    separator = "["
    for row in rows:
        yield f"{separator}\n{_record(row, columns)}".encode()
        separator = ","
    yield b"[]\n" if separator == "[" else b"\n]\n"


def write_jsonl(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield JSON Lines: an object for each row, each on a line of its own."""
    for row in rows:
        yield f"{_record(row, columns)}\n".encode()


def _record(row: Mapping[str, Any], columns: Sequence[Column]) -> str:
    return json.dumps({column.address: plain(row[column.address], column) for column in columns})


def write_table(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield the lines of a table for people: a header line, numbers to the right."""
    body = [[text(row[column.address], column) for column in columns] for row in rows]
    head = [column.address for column in columns]
    widths = [max(map(len, cells)) for cells in zip(head, *body, strict=True)]
    numeric = [column.spec.type in ("int", "float") for column in columns]
    for cells in [head, ["-" * width for width in widths], *body]:
        aligned = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        )
        yield f"{'  '.join(aligned).rstrip()}\n".encode()


def header_record(values: Mapping[str, Any], specs: KeywordSpecs) -> dict[str, Any]:
    """Return a header as JSON has it: keys as they are stored, dates as their specs say."""
    return {name: plain(value, _column(name, specs)) for name, value in values.items()}


def header_lines(values: Mapping[str, Any], specs: KeywordSpecs) -> Iterator[str]:
    """Yield a header as lines for people: ``EXPTIME  = 60.0 [s] / exposure duration``."""
    for keyword, value, spec in cards(values, specs):
        unit = f" [{spec.unit}]" if spec.unit else ""
        has_comment = spec.description and keyword not in COMMENTARY
        comment = f" / {spec.description}" if has_comment else ""
        yield f"{keyword:8} = {text(value, Column(spec.name, spec))}{unit}{comment}".rstrip()


def _column(name: str, specs: KeywordSpecs) -> Column:
    return Column(name, specs.keywords.get(name) or KeywordSpec(name.upper(), "str"))


FORMATS = {
    "table": Format("text/plain", "txt", write_table),
    "csv": Format("text/csv", "csv", write_csv),
    "ecsv": Format("application/x-ecsv", "ecsv", write_ecsv),
    "json": Format("application/json", "json", write_json),
    "jsonl": Format("application/jsonl", "jsonl", write_jsonl),
    # The first from the VOTable recommendation, the second from RFC 4047.
    "votable": Format("application/x-votable+xml", "vot", write_votable),
    "fits": Format("application/fits", "fits", write_fits),
}
