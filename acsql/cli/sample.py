"""The command `sample`: writing a synthetic archive."""

from pathlib import Path

import click

from .. import sample as sample_archive
from ..formatting import plural
from .context import invocation
from .options import verbosity_options
from .progress import progress_of


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--observations",
    default=100,
    show_default=True,
    type=click.IntRange(1),
    help="Number of observations to write.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    type=click.IntRange(0),
    help="Seed of the random numbers: the same seed writes the same bytes.",
)
@click.option(
    "--frame",
    type=click.Choice(["small", "medium", "full"]),
    default="small",
    show_default=True,
    help="Size of the images: a sixteenth, an eighth or all of their width and height.",
)
@verbosity_options
@click.pass_context
def sample(ctx: click.Context, directory: Path, observations: int, seed: int, frame: str) -> None:
    """Write a synthetic ACS archive.

    DIRECTORY must be empty or new.

    \b
    Example:
      acsql sample archive --observations 24
    """
    progress = progress_of(invocation(ctx).verbosity)
    written = sample_archive.write(directory, observations, seed, frame, progress)
    click.echo(
        f"{plural(written.observations, 'observation')} of "
        f"{plural(written.proposals, 'proposal')}, {plural(written.files, 'file')}, "
        f"{written.size / 1e6:.0f} MB in {directory}"
    )
