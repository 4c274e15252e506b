"""The command `group`: statistics of groups of observations."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

import click

from ..search.grouping import STATISTICS
from ..search.grouping import group as grouped
from . import completion
from .context import open_archive
from .options import (
    conditions_argument,
    rootnames_option,
    rows_format_option,
    split_keywords,
    time_limit_option,
)
from .output import print_notes, print_rows
from .search import listed


def _statistics_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each statistic, which takes keywords of numbers."""
    for name, what in reversed(STATISTICS.items()):
        command = click.option(
            f"--{name}",
            metavar="KEYWORDS",
            shell_complete=completion.keyword_list,
            help=f"Print the {what} of these keywords, separated by commas.",
        )(command)
    return command


@click.command()
@conditions_argument
@rootnames_option
@click.option(
    "--by",
    required=True,
    metavar="KEYS",
    shell_complete=completion.keyword_list,
    help="Keywords to group by, separated by commas; dates also by year(...), month(...) or "
    "day(...).",
)
@_statistics_options
@rows_format_option
@time_limit_option
@click.pass_context
def group(
    ctx: click.Context,
    /,
    conditions: tuple[str, ...],
    rootnames: IO[str] | None,
    by: str,
    format_: str,
    time_limit: float | None,
    **statistics: str | None,
) -> None:
    """Print statistics of groups of observations.

    The database computes them; each group comes with its number of observations.

    \b
    Examples:
      acsql group --by detector,filter1
      acsql group imagetyp=DARK --by 'month(date_obs)' --mean raw.1.meandark
    """
    measured = {name: split_keywords(each) for name, each in statistics.items() if each}
    with open_archive(ctx, time_limit) as archive:
        search = listed(archive.find(*conditions), rootnames)
        rows, columns = grouped(search, split_keywords(by), measured)
        print_rows(rows, columns, format_, search.explain)
        print_notes(search)
