"""Printing: rows in the export formats, records as text or JSON.

The export formats load astropy, so they are imported when something is printed in one of them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from ..query import Column


class FormatType(click.ParamType):
    """The name of an export format."""

    name = "format"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return the names of all formats, for the help."""
        return f"[{'|'.join(_format_names())}]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Return the name of the format, checked."""
        return click.Choice(_format_names()).convert(value, param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the formats that complete a word."""
        return click.Choice(_format_names()).shell_complete(ctx, param, incomplete)


def _format_names() -> list[str]:
    from .. import export

    return list(export.FORMATS)


def make_column(
    address: str, type_: str, description: str, unit: str | None = None
) -> Column:
    """Return a column of a table whose rows are not observations."""
    from ..keywords import KeywordSpec
    from ..query import Column

    return Column(address, KeywordSpec(address.upper(), type_, unit, description))


def print_rows(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[Column],
    format_: str,
    explain: Callable[[], object] | None = None,
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
    """
    from .. import export

    rows = iter(rows)
    first = list(islice(rows, 1))
    for piece in export.FORMATS[format_].write(chain(first, rows), columns):
        sys.stdout.buffer.write(piece)
    sys.stdout.flush()
    if not first and explain is not None:
        click.echo(explain(), err=True)


def print_json(value: Any) -> None:
    """Print a value as indented JSON; dates are in ISO 8601, NaN and infinity are null."""
    from .. import export

    click.echo(json.dumps(export.plain(value), indent=2, default=str))


def print_fields(fields: Mapping[str, object]) -> None:
    """Print labels and values in two columns."""
    width = max(map(len, fields))
    for label, value in fields.items():
        click.echo(f"{label:{width}}  {value}".rstrip())
