"""Printing: rows in the export formats, records as text or JSON.

The export formats load astropy, so they are imported when something is printed in one of them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click

from .context import invocation

if TYPE_CHECKING:
    from ..query import Column
    from ..search import Search


class FormatType(click.Choice[str]):
    """The name of an export format; the formats are imported when their names are needed."""

    def __init__(self) -> None:
        self.case_sensitive = True

    @cached_property
    def choices(self) -> Sequence[str]:  # type: ignore[override]  # read-only here
        """The names of all formats."""
        from .. import export

        return list(export.FORMATS)


def print_rows(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[Column],
    format_: str,
    explain: Callable[[], object] | None = None,
    site: str | None = None,
) -> None:
    """Print rows in an export format as they arrive.

    Parameters
    ----------
    rows : iterable of mapping
        Values by the address of their column.
    columns : sequence of Column
        The columns to print.
    format_ : str
        One of `acsql.export.FORMATS`.
    explain : callable, optional
        Returns the reason why there are no rows, which is printed on stderr.
    site : str, optional
        The URL of the site, for the links of a VOTable.
    """
    from .. import export
    from ..export.links import write_linked

    if invocation(click.get_current_context()).for_spreadsheet:
        rows = export.guarded(rows, columns)
    rows = iter(rows)
    first = list(islice(rows, 1))
    for piece in write_linked(format_, chain(first, rows), columns, site):
        sys.stdout.buffer.write(piece)
    sys.stdout.flush()
    if not first and explain is not None:
        click.echo(explain(), err=True)


def print_notes(search: Search) -> None:
    """Print the notes on a search on stderr, unless the command is quiet (``-q``)."""
    if invocation(click.get_current_context()).verbosity >= 0:
        for note in search.notes():
            click.echo(f"Note: {note}", err=True)


def print_json(value: Any) -> None:
    """Print a value as indented JSON; dates are in ISO 8601, NaN and infinity are null."""
    from .. import export

    click.echo(json.dumps(export.plain(value), indent=2, default=str))


def print_fields(fields: Mapping[str, object]) -> None:
    """Print labels and values in two columns."""
    width = max(map(len, fields))
    for label, value in fields.items():
        click.echo(f"{label:{width}}  {value}".rstrip())
