"""Annotations as table rows: export, and import from CSV, JSON Lines and ECSV.

An imported row with the id of a stored annotation is that annotation.  A row without an id, as from
an older system, gets one from its content, so that importing it twice adds it once.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .annotations import Action, Annotation, AnnotationTarget, new_id
from .errors import AnnotationError, ArchiveError
from .keywords import KeywordSpecs
from .query import computed_column

COLUMNS = [
    computed_column("id", "str", "key of the annotation"),
    computed_column("when", "datetime", "when it was written (UTC)"),
    computed_column("by", "str", "who has written it"),
    computed_column("action", "str", "what it does: flag, clear, comment, edit ..."),
    computed_column("rootname", "str", "the observation"),
    computed_column("filetype", "str", "the file of the observation"),
    computed_column("extension", "int", "the extension of the file"),
    computed_column("region", "str", "the region of the image, in pixels"),
    computed_column("proposid", "int", "the proposal"),
    computed_column("run", "int", "the ingest run"),
    computed_column("flag", "str", "the flag"),
    computed_column("text", "str", "the comment, or the reason of a flag"),
    computed_column("of", "str", "the annotation that it edits, resolves, reopens or undoes"),
    computed_column("batch", "str", "those that were written together"),
]
_NAMES = [column.address for column in COLUMNS]
_OF_TARGET = ("rootname", "filetype", "extension", "region", "proposid", "run")
_NUMBERS = ("extension", "proposid", "run")


def to_row(annotation: Annotation) -> dict[str, Any]:
    """Return the values of `COLUMNS` of an annotation, None for those it does not have."""
    return {
        name: getattr(annotation.target if name in _OF_TARGET else annotation, name)
        for name in _NAMES
    }


def from_row(row: Mapping[str, Any], specs: KeywordSpecs) -> Annotation:
    """Return the annotation of a row.

    Parameters
    ----------
    row : mapping
        Values or texts by `COLUMNS`; missing, None and blank are the same.  It needs ``by``,
        ``when`` and what the annotation is about.  Without ``action`` it sets its flag, or
        comments.
    specs : KeywordSpecs
        The flags and filetypes that there are.

    Returns
    -------
    Annotation
        A checked one.

    Raises
    ------
    AnnotationError
        If a value is missing or wrong.
    """
    if unknown := [name for name in row if name not in _NAMES]:
        raise AnnotationError(f"unknown column {unknown[0]!r}; the columns are {', '.join(_NAMES)}")
    held = {name: row.get(name) for name in _NAMES}
    held = {name: None if value in ("", None) else value for name, value in held.items()}
    if missing := [name for name in ("by", "when") if held[name] is None]:
        raise AnnotationError(f"{missing[0]} is missing")
    key = held["id"] or new_id(*(f"{name}={held[name]}" for name in _NAMES))
    try:
        numbers = {n: None if held[n] is None else _whole(held[n]) for n in _NUMBERS}
        when = _moment(held["when"])
        action = Action(held["action"] or ("flag" if held["flag"] else "comment"))
    except ValueError as error:
        raise AnnotationError(str(error)) from error
    target = AnnotationTarget(**{name: held[name] for name in _OF_TARGET} | numbers)
    own = {name: None if held[name] is None else str(held[name]) for name in ("flag", "text", "of")}
    batch = None if held["batch"] is None else str(held["batch"])
    annotation = Annotation(str(key), action, target, str(held["by"]), when, **own, batch=batch)
    return annotation.checked(specs)


def _whole(value: Any) -> int:
    """Return a whole number; pandas writes ``1.0`` in a column that also has missing values."""
    return int(str(value).removesuffix(".0"))


def _moment(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    # MongoDB stores milliseconds.
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def write(path: Path, annotations: Iterable[Annotation]) -> None:
    """Write annotations to a file that `read` reads, or to one of another export format.

    Parameters
    ----------
    path : Path
        The file, in the format to which its ending belongs; an existing one is replaced.  CSV is
        guarded for spreadsheets as that of the site is, and `read` takes all CSV with these
        columns for such a file.
    annotations : iterable of Annotation
        The annotations to write.

    Raises
    ------
    QueryError
        If the ending belongs to no format.
    ArchiveError
        If the file cannot be written.
    """
    from .export import guarded
    from .export.to_file import write_file

    rows = map(to_row, annotations)
    write_file(path, guarded(rows, COLUMNS) if path.suffix.lower() == ".csv" else rows, COLUMNS)


def read(path: Path, specs: KeywordSpecs) -> list[Annotation]:
    """Return the annotations of a file.

    Parameters
    ----------
    path : Path
        CSV, JSON Lines or ECSV, by its suffix: ``.csv``, ``.jsonl``, ``.ecsv``.  CSV with all of
        `COLUMNS` is guarded for spreadsheets, as `write` writes it; other CSV is read as it is.
    specs : KeywordSpecs
        The flags and filetypes that there are.

    Returns
    -------
    list of Annotation
        In the order of the file.

    Raises
    ------
    AnnotationError
        If the file is not of a known format, or a row is wrong; the message says which.
    """
    try:
        rows = _READERS[path.suffix.lower()]
    except KeyError:
        known = ", ".join(_READERS)
        raise AnnotationError(f"{path}: expected a file with the suffix {known}") from None
    annotations = []
    try:
        for number, row in enumerate(rows(path), 1):
            try:
                annotations.append(from_row(row, specs))
            except ArchiveError as error:
                raise AnnotationError(f"{path}: row {number}: {error}") from error
    except (OSError, ValueError, csv.Error) as error:
        raise AnnotationError(f"cannot read {path}: {error}") from error
    return annotations


def _csv(path: Path) -> Iterator[Mapping[str, Any]]:
    from .export import unguarded

    # Spreadsheets begin their UTF-8 with a byte order mark.
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        # acsql alone writes all columns, with guards; in other files a quote is part of the text.
        is_guarded = {*_NAMES} == {*(reader.fieldnames or ())}
        for row in reader:
            if None in row or None in row.values():
                raise AnnotationError("it has more or fewer values than there are columns")
            yield {name: unguarded(value) for name, value in row.items()} if is_guarded else row


def _json_lines(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8-sig") as file:
        for line in filter(str.strip, file):
            row = json.loads(line)
            if not isinstance(row, dict):
                raise AnnotationError("expected an object")
            yield row


def _ecsv(path: Path) -> Iterator[Mapping[str, Any]]:
    from astropy.table import Table

    from .export.tables import table_rows

    return table_rows(Table.read(path, format="ascii.ecsv"))


_READERS: dict[str, Callable[[Path], Iterator[Mapping[str, Any]]]] = {
    ".csv": _csv,
    ".jsonl": _json_lines,
    ".ecsv": _ecsv,
}
