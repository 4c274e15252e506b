"""Commands about single observations: `show`, `headers`, `table` and `differences`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from . import completion
from .context import open_archive
from .options import rootname_argument, rows_format_option, text_format_option
from .output import print_json, print_rows

if TYPE_CHECKING:
    from ..compare import HeaderComparison


@click.command()
@rootname_argument
@text_format_option
@click.pass_context
def show(ctx: click.Context, rootname: str, format_: str) -> None:
    """Show an observation, its files and previews.

    ROOTNAME has eight or nine characters, in any case.

    \b
    Example:
      acsql show j8bt05njq
    """
    from .. import export, query

    with open_archive(ctx) as archive:
        observation = archive.observation(rootname)
        if format_ == "json":
            print_json(observation.to_dict())
            return
        for name, value in observation.metadata.items():
            column = query.resolve(name, archive.specs)
            click.echo(f"{name:18} {export.text(value, column)} {column.spec.unit or ''}".rstrip())
        for filetype, filename in observation.datasets.items():
            size = observation.files[filetype]["size"]
            preview = observation.previews.get(filetype, {})
            outcome = preview.get("jpeg") or preview.get("reason") or ""
            click.echo(f"{filetype:18} {filename} {size} bytes {outcome}".rstrip())


@click.command()
@rootname_argument
@click.argument("filetype")
@click.argument("extension")
@text_format_option
@click.pass_context
def headers(ctx: click.Context, rootname: str, filetype: str, extension: str, format_: str) -> None:
    """Show the header of one extension, as in the file.

    FILETYPE is one of raw, flt and so on, EXTENSION the number of an extension, 0 for the
    primary header, or its name and version.

    \b
    Examples:
      acsql headers j8bt05njq flt 1
      acsql headers j8bt05njq flt SCI,2
      acsql headers j8bt05njq flt 0 --format json
    """
    from .. import export

    with open_archive(ctx) as archive:
        observation = archive.observation(rootname)
        which = int(extension) if extension.isdecimal() else extension
        if format_ == "json":
            header = observation.stored_header(filetype, which)
            print_json(export.header_record(header.stored, archive.specs))
            return
        for line in export.header_lines(observation.header(filetype, which)):
            click.echo(line)


@click.command()
@rootname_argument
@click.argument("filetype")
@click.argument("extension", default="1")
@rows_format_option
@click.pass_context
def table(ctx: click.Context, rootname: str, filetype: str, extension: str, format_: str) -> None:
    """Print a table of a FITS file.

    EXTENSION is the number or the name of an extension: association members (asn), jitter (jit),
    WCSCORR, or a headerlet (HDRLET) card by card.

    \b
    Examples:
      acsql table j8bt01010 asn
      acsql table j8bt05njq jit 1 --format csv
      acsql table j8bt05njq flt WCSCORR --format votable
    """
    from ..export.tables import table_columns, table_rows

    with open_archive(ctx) as archive:
        whole = archive.observation(rootname).table(
            filetype, int(extension) if extension.isdecimal() else extension
        )
    print_rows(table_rows(whole), table_columns(whole), format_)


@click.command()
@click.argument("a", shell_complete=completion.rootnames)
@click.argument("b", shell_complete=completion.rootnames)
@click.option(
    "--bookkeeping",
    is_flag=True,
    help="Include keywords that differ between any two files: their names and write times.",
)
@rows_format_option
@click.pass_context
def differences(ctx: click.Context, a: str, b: str, bookkeeping: bool, format_: str) -> None:
    """List the keywords that differ between headers.

    A and B are each an observation (j8bt05njq), a file (j8bt05njq.flt) or a header
    (j8bt05njq.flt.1); what one of them leaves out is taken from the other.

    \b
    Examples:
      acsql differences j8bt05njq j8bt05nkq
      acsql differences j8bt05njq.flt.1 j8bt05nkq --format csv
    """
    from ..query import computed_column

    columns = [
        computed_column("header_a", "str", "header of A: rootname, filetype and extension"),
        computed_column("header_b", "str", "header of B: rootname, filetype and extension"),
        computed_column("keyword", "str", "keyword that differs"),
        computed_column("a", "str", "its value in A"),
        computed_column("b", "str", "its value in B"),
        computed_column("where", "str", "the headers that have the keyword"),
    ]
    with open_archive(ctx) as archive:
        comparisons = archive.differences(a, b, bookkeeping)
    rows = (row for comparison in comparisons for row in _difference_rows(comparison))
    print_rows(rows, columns, format_, lambda: f"No differences between {a} and {b}.")


def _difference_rows(comparison: HeaderComparison) -> Iterator[dict[str, Any]]:
    """Yield a row for each keyword that differs, or one for a header that A or B lacks."""
    from ..compare import Presence

    headers = {
        "header_a": comparison.a.name if comparison.a else None,
        "header_b": comparison.b.name if comparison.b else None,
    }
    if comparison.a is None or comparison.b is None:
        where = Presence.ONLY_B if comparison.a is None else Presence.ONLY_A
        yield headers | {"keyword": None, "a": None, "b": None, "where": str(where)}
    for difference in comparison.differences:
        yield headers | {
            "keyword": difference.keyword,
            "a": difference.a,
            "b": difference.b,
            "where": str(difference.presence),
        }
