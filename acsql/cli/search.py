"""Commands that search: `find`, `count`, `values`, `paths` and `keywords`."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING

import click

from . import completion
from .context import open_archive
from .exit_status import ExitStatus
from .options import (
    columns_option,
    conditions_argument,
    mongosh_option,
    rootnames_option,
    rows_format_option,
    sort_option,
    split_keywords,
    time_limit_option,
)
from .output import print_notes, print_rows

if TYPE_CHECKING:
    from ..search import Search


@click.command()
@conditions_argument
@rootnames_option
@columns_option
@sort_option
@click.option("--limit", type=click.IntRange(1), help="Print at most this many rows.")
@rows_format_option
@time_limit_option
@mongosh_option
@click.pass_context
def find(
    ctx: click.Context,
    conditions: tuple[str, ...],
    rootnames: IO[str] | None,
    columns: str | None,
    sort: str | None,
    limit: int | None,
    format_: str,
    time_limit: float | None,
    mongosh: bool,
) -> None:
    """Find observations that meet all conditions.

    A condition compares a keyword with a value (`acsql keywords` finds keywords).  Names of
    targets, filters and investigators and dates may stand before conditions.  An empty result is
    explained on stderr.

    \b
    Examples:
      acsql find detector=WFC 'exptime>=100' 'targname=NGC*'
      acsql find 'near(6.02, -72.08, 30arcmin)' --sort=-exptime --limit 5
      acsql find '47 Tuc F606W 2003'
      acsql find imagetyp=BIAS --columns rootname,flt.1.goodmean --format csv
    """
    with open_archive(ctx, time_limit) as archive:
        search = listed(archive.find(*conditions), rootnames)
        search = search.columns(*split_keywords(columns)).sort(*split_keywords(sort)).limit(limit)
        if mongosh:
            click.echo(search.mongosh())
            return
        site = archive.config.site_url
        print_rows(search.rows(), search.selected_columns, format_, search.explain, site)
        print_notes(search)


def listed(search: Search, rootnames: IO[str] | None) -> Search:
    """Return a search for those observations that a file lists, if there is one.

    Parameters
    ----------
    search : Search
        Any search.
    rootnames : file, optional
        That of the option ``--rootnames``.
    """
    if rootnames is None:
        return search
    return search.where(rootname=re.findall(r"[^\s,]+", rootnames.read()))


@click.command()
@conditions_argument
@rootnames_option
@click.option(
    "--budget",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Print an estimate if counting takes longer.",
)
@time_limit_option
@mongosh_option
@click.pass_context
def count(
    ctx: click.Context,
    conditions: tuple[str, ...],
    rootnames: IO[str] | None,
    budget: float | None,
    time_limit: float | None,
    mongosh: bool,
) -> None:
    """Count observations that meet all conditions.

    \b
    Examples:
      acsql count
      acsql count 'flt.1.goodmean>5' --budget 2
    """
    with open_archive(ctx, time_limit) as archive:
        search = listed(archive.find(*conditions), rootnames)
        if mongosh:
            click.echo(search.mongosh_count())
            return
        number = search.count(budget)
        click.echo(number)
        if number == 0:
            click.echo(search.explain(), err=True)
        print_notes(search)


@click.command()
@click.argument("keyword", shell_complete=completion.keywords)
@conditions_argument
@click.option("--limit", type=click.IntRange(1), help="Print at most this many values.")
@rows_format_option
@time_limit_option
@mongosh_option
@click.pass_context
def values(
    ctx: click.Context,
    keyword: str,
    conditions: tuple[str, ...],
    limit: int | None,
    format_: str,
    time_limit: float | None,
    mongosh: bool,
) -> None:
    """List the values of a keyword by frequency.

    Each value of KEYWORD comes with its number of observations.

    \b
    Examples:
      acsql values filter1 detector=HRC
      acsql values flt.0.biasfile --limit 5
    """
    from ..search.aggregation import OBSERVATIONS

    with open_archive(ctx, time_limit) as archive:
        search = archive.where(*conditions).columns(keyword)
        if mongosh:
            click.echo(search.mongosh_facets(keyword, limit))
            return
        columns = [*search.selected_columns, OBSERVATIONS]
        addresses = [column.address for column in columns]
        facets = search.facets(keyword, limit).items()
        rows = (dict(zip(addresses, facet, strict=True)) for facet in facets)
        print_rows(rows, columns, format_, search.explain)
        print_notes(search)


@click.command()
@conditions_argument
@rootnames_option
@click.option(
    "--filetype",
    "filetypes",
    multiple=True,
    help="Print only files of this filetype; may be repeated.",
)
@time_limit_option
@click.pass_context
def paths(
    ctx: click.Context,
    conditions: tuple[str, ...],
    rootnames: IO[str] | None,
    filetypes: tuple[str, ...],
    time_limit: float | None,
) -> None:
    """Print the paths of FITS files.

    Prints the files of all observations that meet the conditions, one path per line.

    Files that are no longer on disk are reported on stderr, and the exit status is 1.

    \b
    Examples:
      acsql paths imagetyp=BIAS --filetype raw
      acsql paths 'targname=NGC104' --filetype flt --filetype flc | xargs ls -l
    """
    from ..errors import DatasetNotFound

    printed = missing = 0
    with open_archive(ctx, time_limit) as archive:
        search = listed(archive.where(*conditions), rootnames)
        for dataset in search.files(filetypes or None):
            try:
                click.echo(dataset.locate(archive.config.filesystem))
                printed += 1
            except DatasetNotFound as error:
                click.echo(error, err=True)
                missing += 1
        if not printed and not missing:
            click.echo(search.explain(), err=True)
        print_notes(search)
    ctx.exit(ExitStatus.FAILURES if missing else ExitStatus.OK)


@click.command()
@click.argument("text")
@rows_format_option
@click.pass_context
def keywords(ctx: click.Context, text: str, format_: str) -> None:
    """Search keywords by name or description.

    TEXT is a part of either, in any case.

    The column "address" is how conditions and columns name a keyword.

    \b
    Examples:
      acsql keywords goodmean
      acsql keywords 'exposure time' --format json
    """
    from ..query import KEYWORD_COLUMNS, keyword_row, search_keywords

    with open_archive(ctx) as archive:
        rows = map(keyword_row, search_keywords(text, archive.specs))
        print_rows(rows, KEYWORD_COLUMNS, format_, lambda: f"No keyword matches {text!r}.")
