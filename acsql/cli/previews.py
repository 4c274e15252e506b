"""The command `previews`: rendering previews and thumbnails again."""

import click

from ..ingest.remake_previews import remake_previews
from .context import invocation, load_config
from .ingest import finish
from .options import (
    conditions_argument,
    scheduler_option,
    text_format_option,
    verbosity_options,
    workers_option,
)
from .progress import progress_bar, showing_log


@click.group()
def previews() -> None:
    """Render previews and thumbnails again.

    \b
    Example:
      acsql previews remake detector=SBC
    """


@previews.command()
@conditions_argument
@workers_option
@scheduler_option
@text_format_option
@verbosity_options
@click.pass_context
def remake(
    ctx: click.Context,
    conditions: tuple[str, ...],
    workers: int | None,
    scheduler: str,
    format_: str,
) -> None:
    """Render the previews of observations again, as after a change of the stretch.

    The files of all observations that meet the conditions are ingested again, changed or not.

    \b
    Examples:
      acsql previews remake
      acsql previews remake detector=SBC 'date_obs>=2006'
    """
    verbosity = invocation(ctx).verbosity
    with showing_log(verbosity):
        report = remake_previews(
            load_config(ctx),
            *conditions,
            workers=workers,
            scheduler=scheduler,
            progress=progress_bar(verbosity),
        )
    finish(ctx, report, format_)
