"""The command `statistics`: the names of all statistics, or the table of one."""

import click

from ..errors import QueryError
from ..query import computed_column
from .context import open_archive
from .options import rows_format_option
from .output import print_rows


@click.command()
@click.argument("name", required=False)
@rows_format_option
@click.pass_context
def statistics(ctx: click.Context, name: str | None, format_: str) -> None:
    """List the statistics, or print one.

    NAME is one of those listed without it.

    \b
    Examples:
      acsql statistics
      acsql statistics filters --format csv
    """
    with open_archive(ctx) as archive:
        by_name = archive.statistics()
    if name is None:
        columns = [
            computed_column("name", "str", "name of the statistic"),
            computed_column("title", "str", "its subject"),
            computed_column("rows", "int", "number of rows"),
        ]
        rows = ({"name": s.name, "title": s.title, "rows": len(s.rows)} for s in by_name.values())
        print_rows(rows, columns, format_)
    elif name in by_name:
        print_rows(by_name[name].rows, by_name[name].columns, format_)
    else:
        names = ", ".join(by_name)
        raise QueryError(f"there is no statistic {name!r}: the statistics are {names}")
