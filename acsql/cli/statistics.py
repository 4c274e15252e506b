"""The command `statistics`: the statistics of the archive, and filling those of older images."""

import click

from ..errors import QueryError
from ..formatting import plural
from ..query import computed_column
from .context import invocation, load_config, open_archive
from .exit_status import ExitStatus
from .groups import ArchiveGroup
from .options import (
    rows_format_option,
    scheduler_option,
    verbosity_options,
    workers_option,
)
from .output import print_rows
from .progress import progress_bar, showing_log


class StatisticsGroup(ArchiveGroup):
    """A group in which each statistic is a command that prints its table."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Return a command, that of a statistic for any other name."""
        return super().get_command(ctx, cmd_name) or _table_command(cmd_name)


@click.group(cls=StatisticsGroup, invoke_without_command=True, subcommand_metavar="[NAME | fill]")
@rows_format_option
@click.pass_context
def statistics(ctx: click.Context, format_: str) -> None:
    """List the statistics, or print one.

    NAME is one of those listed without it.

    \b
    Examples:
      acsql statistics
      acsql statistics filters --format csv
      acsql statistics fill
    """
    if ctx.invoked_subcommand is not None:
        # The format can stand before the name as well.
        ctx.default_map = {ctx.invoked_subcommand: {"format_": format_}}
        return
    with open_archive(ctx) as archive:
        by_name = archive.statistics()
    columns = [
        computed_column("name", "str", "name of the statistic"),
        computed_column("title", "str", "its subject"),
        computed_column("rows", "int", "number of rows"),
    ]
    rows = ({"name": s.name, "title": s.title, "rows": len(s.rows)} for s in by_name.values())
    print_rows(rows, columns, format_)


def _table_command(name: str) -> click.Command:
    """Return the command that prints the statistic of a name."""

    @click.command(name)
    @rows_format_option
    @click.pass_context
    def table(ctx: click.Context, format_: str) -> None:
        """Print a statistic."""
        with open_archive(ctx) as archive:
            by_name = archive.statistics()
        if name not in by_name:
            names = ", ".join(by_name)
            raise QueryError(f"there is no statistic {name!r}: the statistics are {names}")
        print_rows(by_name[name].rows, by_name[name].columns, format_)

    return table


@statistics.command()
@workers_option
@scheduler_option
@verbosity_options
@click.pass_context
def fill(ctx: click.Context, workers: int | None, scheduler: str) -> None:
    """Compute the statistics of images that were ingested without them.

    An ingest computes the statistics of the images that it reads.  This command computes the
    statistics of images that were ingested by an older acsql, or with image_statistics: fill.  It
    pauses while an ingest runs.  It can be interrupted, and continues when it is run again.
    The exit status is 1 if statistics of files could not be computed.

    \b
    Example:
      acsql statistics fill --workers 4
    """
    from ..ingest.fill_statistics import fill_statistics

    verbosity = invocation(ctx).verbosity
    with showing_log(verbosity):
        report = fill_statistics(load_config(ctx), workers, scheduler, progress_bar(verbosity))
    for failure in report.failures:
        click.echo(f"{failure.rootname}: {failure.reason}", err=True)
    files, observations = plural(report.files, "file"), plural(report.observations, "observation")
    click.echo(f"Statistics computed: {files} of {observations}")
    if report.changed:
        changed = plural(len(report.changed), "file")
        click.echo(f"Changed since they were ingested, run acsql ingest: {changed}")
    ctx.exit(ExitStatus.FAILURES if report.failures else ExitStatus.OK)
