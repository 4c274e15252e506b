"""The command `proposals`: all proposals as a table, or one of them."""

from __future__ import annotations

import click

from ..query import computed_column
from .context import open_archive
from .options import rows_format_option
from .output import print_rows


@click.command()
@click.argument("proposid", type=click.IntRange(0), required=False)
@rows_format_option
@click.pass_context
def proposals(ctx: click.Context, proposid: int | None, format_: str) -> None:
    """List all proposals, or show one.

    PROPOSID is the number of a proposal.

    \b
    Examples:
      acsql proposals
      acsql proposals 9019 --format json
    """
    columns = [
        computed_column("proposid", "int", "number of the proposal"),
        computed_column("type", "str", "type of the proposal"),
        computed_column("cycle", "int", "observing cycle"),
        computed_column("pi", "str", "principal investigator"),
        computed_column("observations", "int", "number of observations"),
        computed_column("exptime", "float", "sum of the exposure times", "s"),
        computed_column("first", "date", "date of the first observation"),
        computed_column("last", "date", "date of the last observation"),
        computed_column("title", "str", "title of the proposal"),
    ]
    with open_archive(ctx) as archive:
        found = archive.proposals() if proposid is None else [archive.proposal(proposid)]
    rows = map(vars, found)
    print_rows(rows, columns, format_, lambda: "No proposals: the archive is empty.")
