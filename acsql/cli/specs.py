"""The command `specs`: checking, deriving and updating keyword specs."""

from pathlib import Path

import click

from .. import keywords
from ..ingest import derive_specs
from .context import open_archive
from .exit_status import ExitStatus
from .options import text_format_option
from .output import print_json


@click.group()
def specs() -> None:
    """Check, derive and update keyword specs.

    The specs hold the type, unit and description of each FITS keyword.

    \b
    Example:
      acsql specs update --dry-run
    """


@specs.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True))
@text_format_option
@click.pass_context
def check(ctx: click.Context, folder: Path | None, format_: str) -> None:
    """Report inconsistencies in the specs of acsql, or in those in FOLDER.

    The exit status is 1 if there are any.

    \b
    Examples:
      acsql specs check
      acsql specs check keyword_specs --format json
    """
    source = keywords.packaged_folder() if folder is None else folder
    problems = keywords.check(keywords.read_folder(source))
    if format_ == "json":
        print_json(problems)
    else:
        for line in problems or ["The keyword specs are consistent."]:
            click.echo(line)
    ctx.exit(ExitStatus.FAILURES if problems else ExitStatus.OK)


@specs.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default="keyword_specs",
    show_default=True,
    help="Folder to write.",
)
@click.pass_context
def make(ctx: click.Context, directory: Path, output: Path) -> None:
    """Derive specs from the headers of the FITS files in DIRECTORY, at any depth.

    Files that cannot be read are reported on stderr, and the exit status is 1.

    \b
    Example:
      acsql specs make archive --output derived_specs
    """
    derived, problems = derive_specs.derive_keywords(directory, keywords.load())
    for problem in problems:
        click.echo(problem, err=True)
    derive_specs.write_folder(derive_specs.raw_specs(derived), output)
    lists = len({key for key, _, _ in derived})
    click.echo(f"{len(derived)} keywords in {lists} lists written to {output}")
    ctx.exit(ExitStatus.FAILURES if problems else ExitStatus.OK)


@specs.command()
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    help="Folder to write.  [default: keyword_specs in data_dir]",
)
@click.option("--dry-run", is_flag=True, help="Show the keywords, write nothing.")
@click.pass_context
def update(ctx: click.Context, into: Path | None, dry_run: bool) -> None:
    """Add the keywords that ingests found in headers and that are not in the specs.

    \b
    Example:
      acsql specs update --dry-run
    """
    with open_archive(ctx) as archive:
        added, folder = derive_specs.update(archive, into, dry_run)
    for key, keyword, type_ in added:
        click.echo(f"+ {key}: {keyword} ({type_})")
    if not added:
        click.echo("The specs name every keyword that was found.")
    elif not dry_run:
        click.echo(f"{len(added)} keywords added to {folder}")
