"""The command `ingest`: one ingest run, and its report."""

import csv
from pathlib import Path
from typing import NoReturn

import click

from ..errors import ConfigError
from ..ingest import run
from ..ingest.report import Report
from .context import invocation, load_config
from .exit_status import ExitStatus
from .monitor import run_after_ingest
from .options import scheduler_option, text_format_option, verbosity_options, workers_option
from .output import print_json
from .progress import progress_bar, showing_log


@click.command()
@click.option(
    "--filetype", "filetypes", multiple=True, help="Read only this filetype; may be repeated."
)
@click.option(
    "--file-list",
    type=click.Path(path_type=Path),
    help="Read only the rootnames in this file, one on a line or as CSV with this column.",
)
@workers_option
@scheduler_option
@click.option("--all", "everything", is_flag=True, help="Read unchanged files as well.")
@click.option("--checksum", is_flag=True, help="Compare the content of unchanged files as well.")
@click.option("--retry-failed", is_flag=True, help="Read damaged files as well.")
@click.option(
    "--confirm-vanished",
    is_flag=True,
    help="Mark missing files as vanished, also if they are more than vanish_limit allows.",
)
@click.option(
    "--min-age",
    type=click.FloatRange(0),
    default=0,
    show_default=True,
    metavar="SECONDS",
    help="Leave files younger than this for the next run.",
)
@text_format_option
@verbosity_options
@click.pass_context
def ingest(
    ctx: click.Context,
    filetypes: tuple[str, ...],
    file_list: Path | None,
    workers: int | None,
    scheduler: str,
    everything: bool,
    checksum: bool,
    retry_failed: bool,
    confirm_vanished: bool,
    min_age: float,
    format_: str,
) -> None:
    """Ingest new and changed files.

    The exit status is 0 if all files were ingested or none is new, 1 if files failed, their
    ingest is owed or the archive has a problem, and 2 if the run failed. The monitors that the
    configuration names are run afterwards; their failures, and their open alerts that no user has
    marked as seen, count as failures.

    \b
    Examples:
      acsql ingest
      acsql ingest --filetype flt --workers 4 --min-age 600
    """
    options = run.Options(
        filetypes=filetypes or None,
        rootnames=None if file_list is None else _rootnames(file_list),
        everything=everything,
        checksum=checksum,
        retry_failed=retry_failed,
        confirm_vanished=confirm_vanished,
        min_age=min_age,
        workers=workers,
        scheduler=scheduler,
    )
    config, verbosity = load_config(ctx), invocation(ctx).verbosity
    with showing_log(verbosity):
        report = run.ingest(config, options, progress_bar(verbosity))
    print_report(report, format_)
    needs_attention = run_after_ingest(ctx, config, workers, scheduler, format_ == "json")
    is_complete = not (report.is_incomplete or needs_attention)
    ctx.exit(ExitStatus.OK if is_complete else ExitStatus.FAILURES)


def finish(ctx: click.Context, report: Report, format_: str) -> NoReturn:
    """Print the report of an ingest, and exit with its status."""
    print_report(report, format_)
    ctx.exit(ExitStatus.FAILURES if report.is_incomplete else ExitStatus.OK)


def print_report(report: Report, format_: str) -> None:
    """Print the report of an ingest; its failures and problems on stderr."""
    for problem in report.problems:
        click.echo(f"Problem: {problem}", err=True)
    for failure in report.failures:
        click.echo(f"{failure.rootname}: {failure.reason}", err=True)
    if format_ == "json":
        print_json(report.record())
    else:
        for line in report.lines():
            click.echo(line)
        click.echo(f"Log: {report.log}")


def _rootnames(path: Path) -> tuple[str, ...]:
    """Return the rootnames in a file: one on a line, or the column of a CSV file of acsql.

    Blank lines and comments that begin with # are left out.
    """
    try:
        # Spreadsheets start a file with a byte order mark.
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        rows = list(csv.reader(line for line in lines if line.partition("#")[0].strip()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"cannot read the file list {path}: {error}") from error
    place = 0
    if rows and "rootname" in rows[0]:
        place = rows.pop(0).index("rootname")
    words = (row[place].partition("#")[0].strip() for row in rows if len(row) > place)
    return tuple(word for word in words if word)
