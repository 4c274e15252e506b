"""Commands that annotate: `flag`, `comment`, `viewed`, and the group `annotations`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..formatting import plural
from . import completion
from .context import invocation, open_archive
from .options import conditions_argument, rows_format_option
from .output import print_rows

if TYPE_CHECKING:
    from ..archive import Archive
    from ..search import Search

by_option = click.option(
    "--by", metavar="NAME", help="Who annotates.  [default: the user of the operating system]"
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask before more than one is written.")


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for a part of an observation."""
    filetype = click.option("--filetype", help="Only this file, such as flt.")
    extension = click.option("--extension", type=click.IntRange(0), help="Only this extension.")
    region = click.option(
        "--region", help="Only this region in pixels: 'circle(512, 300, 20)' or 'box(...)'."
    )
    return filetype(extension(region(command)))


def _chosen(archive: Archive, conditions: tuple[str, ...], yes: bool) -> Search:
    """Return the search for the observations to annotate, whose number the user has confirmed."""
    if not conditions:
        raise click.UsageError("Give a condition, such as rootname=j8bt05njq.")
    search = archive.where(*conditions)
    count = search.count()
    if not count:
        raise click.ClickException(str(search.explain()))
    if count > 1 and not yes:
        click.confirm(f"Annotate {plural(count, 'observation')}?", abort=True, err=True)
    return search


def _report(count: int, batch: str) -> None:
    click.echo(f"{plural(count, 'annotation')} written; to undo: acsql annotations undo {batch}")


@click.command()
@click.argument("name", metavar="FLAG")
@conditions_argument
@click.option("--why", help="The reason.")
@click.option("--clear", is_flag=True, help="Clear the flag.")
@place_options
@by_option
@yes_option
@click.pass_context
def flag(
    ctx: click.Context,
    name: str,
    conditions: tuple[str, ...],
    by: str | None,
    yes: bool,
    why: str | None,
    clear: bool,
    filetype: str | None,
    extension: int | None,
    region: str | None,
) -> None:
    """Set or clear a flag of observations.

    The flag is written for all observations that meet the conditions.
    `acsql annotations flags` lists the flags.

    \b
    Examples:
      acsql flag satellite_trail rootname=j8bt05njq --why 'over both chips'
      acsql flag blank_image imagetyp=FLAT 'flt.1.goodmean<1' --yes
      acsql flag blank_image rootname=j8bt05njq --clear
    """
    with open_archive(ctx) as archive:
        batch = archive.flag(
            _chosen(archive, conditions, yes),
            name,
            why,
            clear=clear,
            filetype=filetype,
            extension=extension,
            region=region,
            by=by,
        )
        _report(batch.new, batch.id)


@click.command()
@click.argument("text")
@conditions_argument
@click.option("--proposal", type=click.IntRange(0), help="Comment on this proposal.")
@click.option("--run", type=click.IntRange(1), help="Comment on this ingest run.")
@place_options
@by_option
@yes_option
@click.pass_context
def comment(
    ctx: click.Context,
    text: str,
    conditions: tuple[str, ...],
    proposal: int | None,
    run: int | None,
    by: str | None,
    yes: bool,
    filetype: str | None,
    extension: int | None,
    region: str | None,
) -> None:
    """Comment on observations.

    The comment is written for all observations that meet the conditions, or for a proposal or an
    ingest run.

    \b
    Examples:
      acsql comment 'Guide star lost in the second half.' rootname=j8bt05njq
      acsql comment 'Repeat of 8992.' --proposal 9019
    """
    with open_archive(ctx) as archive:
        if proposal is None and run is None:
            chosen = _chosen(archive, conditions, yes)
            batch = archive.comment(
                text, chosen, filetype=filetype, extension=extension, region=region, by=by
            )
        else:
            if conditions:
                raise click.UsageError("Give conditions, --proposal or --run.")
            batch = archive.comment(text, proposid=proposal, run=run, by=by)
        _report(batch.new, batch.id)


@click.command()
@conditions_argument
@click.option("--unmark", is_flag=True, help="Remove the marks.")
@by_option
@yes_option
@click.pass_context
def viewed(
    ctx: click.Context, conditions: tuple[str, ...], unmark: bool, by: str | None, yes: bool
) -> None:
    """Mark observations as looked at.

    All observations that meet the conditions are marked.

    \b
    Example:
      acsql viewed proposid=9019 --yes
    """
    with open_archive(ctx) as archive:
        batch = archive.mark_viewed(_chosen(archive, conditions, yes), not unmark, by=by)
        _report(batch.new, batch.id)


@click.group("annotations")
def annotation_group() -> None:
    """List, export, import, change and undo annotations.

    \b
    Example:
      acsql annotations list --flag satellite_trail
    """


@annotation_group.command("list")
@click.option(
    "--rootname", shell_complete=completion.rootnames, help="Annotations of this observation only."
)
@click.option("--proposal", "proposid", type=int, help="Annotations of this proposal only.")
@click.option("--run", type=int, help="Annotations of this ingest run only.")
@click.option("--flag", help="Entries of this flag only.")
@click.option("--by", help="Annotations by this user only.")
@click.option("--batch", help="Annotations of this batch only.")
@rows_format_option
@click.pass_context
def list_(ctx: click.Context, /, format_: str, **equal: Any) -> None:
    """Print annotations in the order in which they were written.

    The list includes annotations that have been cleared or undone.
    `acsql annotations import` reads csv, jsonl and ecsv; csv is always as with --spreadsheet,
    which the import undoes.

    \b
    Examples:
      acsql annotations list --rootname j8bt05njq
      acsql annotations list --format jsonl
    """
    from ..annotation_files import COLUMNS, to_row

    if format_ == "csv":
        invocation(ctx).for_spreadsheet = True
    with open_archive(ctx) as archive:
        rows = map(to_row, archive.annotations(**equal))
        print_rows(rows, COLUMNS, format_, lambda: "No annotations.")


@annotation_group.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def import_(ctx: click.Context, file: Path) -> None:
    """Import the annotations of a file; those already stored are not changed.

    FILE is csv, jsonl or ecsv, with the columns that `acsql annotations list` prints.  Required
    are by, when, the subject (rootname, proposid or run), and flag or text.

    \b
    Example:
      acsql annotations import flags_of_the_old_system.csv
    """
    with open_archive(ctx) as archive:
        click.echo(f"{plural(archive.import_annotations(file), 'new annotation')}")


@annotation_group.command()
@click.argument("id_", metavar="ID")
@by_option
@click.pass_context
def undo(ctx: click.Context, id_: str, by: str | None) -> None:
    """Undo a batch of annotations, or one annotation.

    ID is the id of the batch, as the command that wrote it printed it, or of one annotation.
    Undoing an undo restores the batch.

    \b
    Example:
      acsql annotations undo 0f3c1f0cbb2d4f7f8d4e1c3a9d0f6a51
    """
    with open_archive(ctx) as archive:
        batch = archive.undo(id_, by=by)
        _report(batch.new, batch.id)


@annotation_group.command()
@click.argument("comment", metavar="ID")
@click.option("--text", help="The new text; earlier texts are kept.")
@click.option(
    "--resolve/--reopen",
    "resolved",
    default=None,
    help="Mark the comment as resolved, or as open again.",
)
@by_option
@click.pass_context
def change(
    ctx: click.Context, comment: str, text: str | None, resolved: bool | None, by: str | None
) -> None:
    """Edit, resolve or reopen a comment.

    ID is the id of the comment, as `acsql annotations list` prints it.

    \b
    Examples:
      acsql annotations change 0f3c1f0cbb2d4f7f8d4e1c3a9d0f6a51 --text 'Guide star lost at 12:05.'
      acsql annotations change 0f3c1f0cbb2d4f7f8d4e1c3a9d0f6a51 --resolve
    """
    with open_archive(ctx) as archive:
        batch = archive.change_comment(comment, text, resolved=resolved, by=by)
        _report(batch.new, batch.id)


@annotation_group.command()
@click.argument("flag")
@conditions_argument
@click.option("--unmark", is_flag=True, help="Remove the marks.")
@by_option
@yes_option
@click.pass_context
def example(
    ctx: click.Context,
    flag: str,
    conditions: tuple[str, ...],
    unmark: bool,
    by: str | None,
    yes: bool,
) -> None:
    """Mark observations as examples of FLAG, which its page on the site shows.

    An observation that does not have the flag becomes an example once it has it.

    \b
    Example:
      acsql annotations example satellite_trail rootname=j8bt01lxq
    """
    with open_archive(ctx) as archive:
        chosen = _chosen(archive, conditions, yes)
        batch = archive.mark_example(chosen, flag, not unmark, by=by)
        _report(batch.new, batch.id)


@annotation_group.command()
@rows_format_option
@click.pass_context
def flags(ctx: click.Context, format_: str) -> None:
    """List the flags, with the number of observations that have each.

    \b
    Example:
      acsql annotations flags
    """
    from ..query import computed_column

    columns = [
        computed_column("flag", "str", "name of the flag"),
        computed_column("observations", "int", "number of observations"),
        computed_column("description", "str", "appearance in an image"),
    ]
    with open_archive(ctx) as archive:
        numbers = archive.facets("flags")
        rows = [
            {
                "flag": name,
                "observations": numbers.get(name, 0),
                "description": spec.description,
            }
            for name, spec in archive.specs.flags.items()
        ]
        print_rows(rows, columns, format_)
