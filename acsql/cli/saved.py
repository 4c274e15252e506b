"""The command `saved`: saved searches, and the new results of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .annotations import by_option
from .context import open_archive
from .options import (
    columns_option,
    conditions_argument,
    rows_format_option,
    sort_option,
    time_limit_option,
)
from .output import print_notes, print_rows

if TYPE_CHECKING:
    from ..saved_searches import SavedSearch, SavedSearches
    from ..search import Search

name_argument = click.argument("name")
person_option = click.option(
    "--by", metavar="NAME", help="Whose searches.  [default: the user of the operating system]"
)


@click.group()
def saved() -> None:
    """Save searches, and list their new results.

    The site shows the same searches, with a feed of each.

    \b
    Examples:
      acsql saved add 'Deep WFC' detector=WFC 'exptime>=1000' --shared
      acsql saved new 'Deep WFC' --seen
    """


@saved.command("list")
@person_option
@rows_format_option
@click.pass_context
def list_(ctx: click.Context, by: str | None, format_: str) -> None:
    """List your saved searches and shared ones, with the number of new results.

    \b
    Example:
      acsql saved list
    """
    from ..query import computed_column

    columns = [
        computed_column("name", "str", "name of the search"),
        computed_column("conditions", "str", "in the query language"),
        computed_column("new", "int", "results since the last look; blank if it is not valid"),
        computed_column("owner", "str", "who has saved it"),
        computed_column("shared", "bool", "whether everyone sees it"),
        computed_column("id", "str", "its key"),
    ]
    with open_archive(ctx) as archive:
        searches = archive.saved_searches
        rows = (_row(searches, each, by) for each in searches.visible(by))
        print_rows(rows, columns, format_, lambda: "No saved searches.")


def _row(searches: SavedSearches, each: SavedSearch, by: str | None) -> dict[str, Any]:
    from ..errors import QueryError

    try:
        new = int(_new(searches, each, by).count())
    except QueryError:
        new = None
    named = {name: getattr(each, name) for name in ("name", "owner", "shared", "id")}
    return named | {"conditions": each.q, "new": new}


def _new(searches: SavedSearches, chosen: SavedSearch, by: str | None) -> Search:
    return searches.new(chosen, searches.last_looks(by).get(chosen.id))


@saved.command()
@name_argument
@conditions_argument
@columns_option
@sort_option
@click.option("--shared", is_flag=True, help="Share the search with all users.")
@by_option
@click.pass_context
def add(
    ctx: click.Context,
    name: str,
    conditions: tuple[str, ...],
    columns: str | None,
    sort: str | None,
    shared: bool,
    by: str | None,
) -> None:
    """Save a search under a name.

    \b
    Example:
      acsql saved add 'New darks' imagetyp=DARK --columns rootname,raw.1.meandark --sort=-expstart
    """
    from ..query import format_condition

    with open_archive(ctx) as archive:
        condition = archive.find(*conditions).condition
        q = format_condition(condition, archive.specs) if conditions else ""
        view = {name: text for name, text in (("columns", columns), ("sort", sort)) if text}
        archive.saved_searches.add(name, q, view=view, shared=shared, by=by)
        click.echo(f"Saved {name}: {q or 'everything()'}")


@saved.command()
@name_argument
@click.option("--limit", type=click.IntRange(1), help="Print at most this many rows.")
@person_option
@rows_format_option
@time_limit_option
@click.pass_context
def run(
    ctx: click.Context,
    name: str,
    limit: int | None,
    by: str | None,
    format_: str,
    time_limit: float | None,
) -> None:
    """Print the results of a saved search.

    NAME is its name or its id.

    \b
    Example:
      acsql saved run 'New darks' --format csv
    """
    with open_archive(ctx, time_limit) as archive:
        searches = archive.saved_searches
        search = searches.search(searches.named(name, by)).limit(limit)
        print_rows(search.rows(), search.selected_columns, format_, search.explain)
        print_notes(search)


@saved.command()
@name_argument
@click.option("--seen", is_flag=True, help="Mark the results as seen.")
@person_option
@rows_format_option
@time_limit_option
@click.pass_context
def new(
    ctx: click.Context,
    name: str,
    seen: bool,
    by: str | None,
    format_: str,
    time_limit: float | None,
) -> None:
    """Print the results that were first ingested since they were last marked as seen.

    \b
    Example:
      acsql saved new 'New darks' --seen
    """
    with open_archive(ctx, time_limit) as archive:
        searches = archive.saved_searches
        chosen = searches.named(name, by)
        newest = searches.newest()
        search = _new(searches, chosen, by)
        print_rows(search.rows(), search.selected_columns, format_, lambda: "Nothing new.")
        if seen:
            searches.look(chosen.id, by, newest)


@saved.command()
@name_argument
@click.option("--private", is_flag=True, help="Hide the search from other users.")
@person_option
@click.pass_context
def share(ctx: click.Context, name: str, private: bool, by: str | None) -> None:
    """Share one of your saved searches with all users, or make it private.

    \b
    Example:
      acsql saved share 'New darks'
    """
    with open_archive(ctx) as archive:
        archive.saved_searches.share(_own(archive.saved_searches, name, by).id, not private)


@saved.command()
@name_argument
@person_option
@click.pass_context
def remove(ctx: click.Context, name: str, by: str | None) -> None:
    """Remove one of your saved searches.

    \b
    Example:
      acsql saved remove 'New darks'
    """
    with open_archive(ctx) as archive:
        archive.saved_searches.remove(_own(archive.saved_searches, name, by).id)


def _own(searches: SavedSearches, name: str, by: str | None) -> SavedSearch:
    """Return a saved search of which the person is the owner."""
    found = searches.named(name, by)
    if found.owner != (by or searches.source.person()):
        raise click.ClickException(f"Only {found.owner} can change this saved search.")
    return found
