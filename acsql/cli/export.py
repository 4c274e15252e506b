"""The command `export`: all headers of the archive as files for other programs."""

from pathlib import Path

import click

from .context import open_archive


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--format",
    "format_",
    type=click.Choice(["parquet"]),
    default="parquet",
    show_default=True,
    help="Format of the files.",
)
@click.pass_context
def export(ctx: click.Context, folder: Path, format_: str) -> None:
    """Write the headers of all observations as files into DIR.

    Each file has the keywords of one header, such as flt.1.parquet, and the rootname, by which
    the files are joined; observations.parquet has all other fields.  DuckDB, polars and pandas
    read them.  The keyword ROOTNAME is the column header_rootname; keywords with several values,
    such as HISTORY, are lists.

    \b
    Example:
      acsql export --format parquet headers
    """
    from ..parquet import export_headers

    del format_  # There is one.
    with open_archive(ctx) as archive:
        for path in export_headers(archive, folder):
            click.echo(path)
