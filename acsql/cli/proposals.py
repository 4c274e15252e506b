"""The command `proposals`: all proposals as a table, or one of them."""

from __future__ import annotations

from dataclasses import asdict

import click

from .context import open_archive
from .options import rows_format_option
from .output import make_column, print_rows


@click.command()
@click.argument("proposid", type=click.IntRange(0), required=False)
@rows_format_option
@click.pass_context
def proposals(ctx: click.Context, proposid: int | None, format_: str) -> None:
    """List all proposals, or show the one with the number PROPOSID.

    \b
    Examples:
      acsql proposals
      acsql proposals 9019 --format json
    """
    columns = [
        make_column("proposid", "int", "number of the proposal"),
        make_column("type", "str", "type of the proposal"),
        make_column("cycle", "int", "observing cycle"),
        make_column("pi", "str", "principal investigator"),
        make_column("observations", "int", "number of observations"),
        make_column("exptime", "float", "sum of the exposure times", "s"),
        make_column("first", "date", "date of the first observation"),
        make_column("last", "date", "date of the last observation"),
        make_column("title", "str", "title of the proposal"),
    ]
    with open_archive(ctx) as archive:
        found = archive.proposals() if proposid is None else [archive.proposal(proposid)]
    rows = (asdict(proposal) for proposal in found)
    print_rows(rows, columns, format_, lambda: "No proposals: the archive is empty.")
