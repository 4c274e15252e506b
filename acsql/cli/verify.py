"""The command `verify`: findings of a verification, and their repair."""

from dataclasses import asdict
from typing import Any

import click

from ..verify import verification
from ..verify.findings import Verification
from .context import invocation, load_config
from .exit_status import ExitStatus
from .options import scheduler_option, text_format_option, verbosity_options, workers_option
from .output import print_json
from .progress import progress_bar, showing_log


@click.command()
@click.option("--full", is_flag=True, help="Read all headers and previews as well.")
@click.option("--fix", is_flag=True, help="Repair the findings.")
@workers_option
@scheduler_option
@text_format_option
@verbosity_options
@click.pass_context
def verify(
    ctx: click.Context, full: bool, fix: bool, workers: int | None, scheduler: str, format_: str
) -> None:
    """Compare files, database and previews.

    Both directions are compared: what is on disk and not stored, and the reverse.  Without
    --full, names, sizes and modification times are compared, with it also the contents.  The exit
    status is 0 without findings or if all of them were repaired, 1 if findings remain, and 2 if
    the comparison failed.

    \b
    Examples:
      acsql verify
      acsql verify --full --fix
    """
    verbosity = invocation(ctx).verbosity
    with showing_log(verbosity):
        result = verification.verify(
            load_config(ctx), full, fix, workers, scheduler, progress_bar(verbosity)
        )
    if format_ == "json":
        print_json(_record(result))
    else:
        _print_text(result, fix)
    ctx.exit(ExitStatus.FAILURES if result.remaining else ExitStatus.OK)


def _record(result: Verification) -> dict[str, Any]:
    return {
        "observations": result.observations,
        "findings": [asdict(finding) for finding in result.findings],
        "remaining": [asdict(finding) for finding in result.remaining],
        "failures": [asdict(failure) for failure in result.failures],
        "notes": result.notes,
        "log": None if result.log is None else str(result.log),
    }


def _print_text(result: Verification, fix: bool) -> None:
    for finding in result.findings:
        click.echo(finding)
    for finding in result.remaining if fix else ():
        click.echo(f"remaining: {finding}", err=True)
    for failure in result.failures:
        click.echo(f"{failure.rootname}: {failure.reason}", err=True)
    for line in [*result.notes, *result.lines()]:
        click.echo(line)
