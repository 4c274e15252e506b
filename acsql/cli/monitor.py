"""The command `monitor`: list, run, show and write monitors, and print their results."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ..formatting import plural
from ..query import computed_column
from .context import invocation, load_config, open_archive
from .exit_status import ExitStatus
from .options import (
    conditions_argument,
    rows_format_option,
    scheduler_option,
    text_format_option,
    verbosity_options,
    workers_option,
)
from .output import print_fields, print_json, print_rows
from .progress import progress_bar, showing_log

if TYPE_CHECKING:
    from ..config import Config
    from ..ingest.measure_plan import Options
    from ..ingest.measure_report import Report
    from ..monitors.monitored import MonitorState

_NAME = click.argument("name")
_RETRY = click.option(
    "--retry-failed", is_flag=True, help="Measure also unchanged observations that failed."
)
# Failures and alerts that `show` prints.
_SHOWN = 20


@click.group()
def monitor() -> None:
    """Run monitors, and show their results.

    \b
    Examples:
      acsql monitor run
      acsql monitor table pointing detector=WFC --format csv
    """


@monitor.command("list")
@rows_format_option
@click.pass_context
def list_(ctx: click.Context, format_: str) -> None:
    """List the monitors with their states.

    \b
    Example:
      acsql monitor list
    """
    columns = [
        computed_column("name", "str", "name of the monitor"),
        computed_column("state", "str", "state of the monitor"),
        computed_column("last_run", "datetime", "start of its last run, UTC"),
        computed_column("measured", "int", "observations"),
        computed_column("rows", "int", "rows"),
        computed_column("failed", "int", "observations that could not be measured"),
        computed_column("alerts", "int", "open alerts"),
        computed_column("title", "str", "title"),
    ]
    with open_archive(ctx) as archive:
        rows = [_row(state) for state in archive.monitors().values()]
        problems = archive.found_monitors().problems
    print_rows(rows, columns, format_)
    for problem in problems:
        click.echo(f"Problem: {problem}", err=True)


def _row(state: MonitorState) -> dict[str, Any]:
    """Return the state of a monitor as a row of the list."""
    run = state.last_run
    return {
        "name": state.monitor.name,
        "state": state.state,
        "last_run": run and run["started"].replace(microsecond=0),
        "measured": state.numbers.measured,
        "rows": state.numbers.rows,
        "failed": state.numbers.failed,
        "alerts": state.open_alerts,
        "title": state.monitor.title,
    }


@monitor.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--since", help="Measure only observations that were ingested since this date.")
@_RETRY
@workers_option
@scheduler_option
@text_format_option
@verbosity_options
@click.pass_context
def run(
    ctx: click.Context,
    names: tuple[str, ...],
    since: str | None,
    retry_failed: bool,
    workers: int | None,
    scheduler: str,
    format_: str,
) -> None:
    """Measure the observations that are new or changed.

    NAME is a monitor; by default all are run. The exit status is 1 if observations failed, or if
    an alert is open that no user has marked as seen with acsql monitor seen.

    \b
    Examples:
      acsql monitor run
      acsql monitor run pointing --since 2026-11-01
    """
    from ..ingest.measure_plan import Options

    options = Options(
        names, since=since, retry_failed=retry_failed, workers=workers, scheduler=scheduler
    )
    _run(ctx, options, format_)


@monitor.command()
@_NAME
@conditions_argument
@workers_option
@scheduler_option
@text_format_option
@verbosity_options
@click.pass_context
def redo(
    ctx: click.Context,
    name: str,
    conditions: tuple[str, ...],
    workers: int | None,
    scheduler: str,
    format_: str,
) -> None:
    """Measure observations again.

    NAME is a monitor. Without conditions, all its observations are measured again.

    \b
    Example:
      acsql monitor redo pointing proposid=9433
    """
    from ..ingest.measure_plan import Options

    options = Options((name,), conditions, again=True, workers=workers, scheduler=scheduler)
    _run(ctx, options, format_)


def _run(ctx: click.Context, options: Options, format_: str) -> NoReturn:
    """Run monitors, print the report, and exit with its status."""
    from ..ingest import measure

    verbosity = invocation(ctx).verbosity
    with showing_log(verbosity):
        report = measure.run(load_config(ctx), options, progress_bar(verbosity))
    if format_ == "json":
        print_json(report.record())
    else:
        print_report(report)
    ctx.exit(ExitStatus.FAILURES if report.needs_attention else ExitStatus.OK)


def print_report(report: Report, to_stderr: bool = False) -> None:
    """Print the report of a run of monitors; problems, failures and alerts always on stderr."""
    for problem in report.problems:
        click.echo(f"Problem: {problem}", err=True)
    for failure in report.failures:
        click.echo(f"{failure.monitor}: {failure.rootname}: {failure.reason}", err=True)
    for alert in report.alerts:
        click.echo(f"Alert of {alert['monitor']}: {alert['message']}{_seen_by(alert)}", err=True)
    for name, tally in report.tallies.items():
        selects_none = not tally.wanted and name not in report.failing
        click.echo(
            f"{name}: {plural(tally.measured, 'observation')} measured, {tally.failed} failed; "
            f"{plural(tally.rows, 'row')}; {plural(tally.alerts, 'open alert')}"
            f"{'; no observation meets the condition' if selects_none else ''}",
            err=to_stderr,
        )


def run_after_ingest(
    ctx: click.Context, config: Config, workers: int | None, scheduler: str, to_stderr: bool
) -> bool:
    """Run the monitors that the configuration names.

    Parameters
    ----------
    ctx : click.Context
        That of the command.
    config : Config
        With ``monitors``.
    workers, scheduler : int, str
        As for `acsql.ingest.measure.run`.
    to_stderr : bool
        Whether stdout is for something else.

    Returns
    -------
    bool
        Whether something failed, a monitor does not exist, or an alert is open that no user has
        marked as seen.
    """
    if not config.monitors:
        return False
    from ..ingest import measure
    from ..ingest.measure_plan import Options
    from ..monitors.discovery import find_monitors

    found = find_monitors(config)
    missing = [name for name in config.monitors if name not in ("*", *found.monitors)]
    for name in missing:
        # One that is misspelt or broken does not keep the others from running.
        click.echo(f"Problem: the setting monitors: {found.error(name)}", err=True)
    names = tuple(name for name in config.monitors if name not in missing)
    if not names:
        return True
    names = () if "*" in names else names
    verbosity = invocation(ctx).verbosity
    options = Options(names, workers=workers, scheduler=scheduler)
    with showing_log(verbosity):
        report = measure.run(config, options, progress_bar(verbosity))
    print_report(report, to_stderr)
    return report.needs_attention or bool(missing)


@monitor.command()
@_NAME
@text_format_option
@click.pass_context
def show(ctx: click.Context, name: str, format_: str) -> None:
    """Show a monitor: its documentation, columns, alerts and failures.

    \b
    Example:
      acsql monitor show pointing
    """
    with open_archive(ctx) as archive:
        state = archive.monitors().get(name)
        results = archive.monitor(name)
        alerts, failures = results.alerts(_SHOWN), results.failures(_SHOWN)
    assert state is not None  # `archive.monitor` raises otherwise
    shown = state.monitor
    fields = _row(state) | {"condition": shown.condition, "version": shown.version}
    if format_ == "json":
        columns = [
            {"name": c.address, "type": c.spec.type, "unit": c.spec.unit}
            | {"description": c.spec.description}
            for c in results.columns
        ]
        documentation = {"documentation": shown.documentation, "columns": columns}
        found = {"alerts": alerts, "failures": failures, "problems": state.problems}
        print_json(fields | documentation | found)
        return
    print_fields({label.replace("_", " ").capitalize(): value for label, value in fields.items()})
    for problem in state.problems:
        click.echo(f"Problem: {problem}", err=True)
    click.echo(f"\n{shown.documentation}\n\nColumns:")
    for column in results.columns:
        unit = f" ({column.spec.unit})" if column.spec.unit else ""
        click.echo(f"  {column.address}: {column.spec.description}{unit}")
    _print_alerts(alerts)
    _print_failures(failures)


def _print_alerts(alerts: list[dict[str, Any]]) -> None:
    for alert in alerts:
        period = "closed" if alert["closed"] else f"open since {alert['opened']:%Y-%m-%d}"
        click.echo(f"Alert ({period}): {alert['message']}{_seen_by(alert)}")


def _seen_by(alert: dict[str, Any]) -> str:
    seen = ", ".join(each["user"] for each in alert["seen"])
    return f" (seen by {seen})" if seen else ""


def _print_failures(failures: list[dict[str, Any]]) -> None:
    for failure in failures:
        owed = " (owed)" if failure["owed"] else ""
        click.echo(f"Failure: {failure['rootname']}: {failure['reason']}{owed}")


@monitor.command()
@_NAME
@conditions_argument
@click.option("--since", help="Print only observations from this date on, such as 2020.")
@click.option("--older", is_flag=True, help="Print also rows that were measured again since.")
@rows_format_option
@click.pass_context
def table(
    ctx: click.Context,
    name: str,
    conditions: tuple[str, ...],
    since: str | None,
    older: bool,
    format_: str,
) -> None:
    """Print what a monitor measured.

    NAME is a monitor; conditions select observations as in acsql find.

    \b
    Examples:
      acsql monitor table pointing --since 2003
      acsql monitor table pointing detector=WFC --format ecsv
    """
    from ..monitors.results import AGE_COLUMNS

    with open_archive(ctx) as archive:
        results = archive.monitor(name)
        columns = (*results.columns, *(AGE_COLUMNS if older else ()))
        rows = results.rows(*conditions, since=since, older=older)
        selects = bool(conditions) or since is not None
        print_rows(rows, columns, format_, lambda: _no_rows(archive.monitors()[name], selects))


def _no_rows(state: MonitorState, selects: bool) -> str:
    """Return why a table has no rows."""
    name, numbers = state.monitor.name, state.numbers
    if state.last_run is None:
        return f"No rows: run acsql monitor run {name}"
    if numbers.rows and selects:
        return f"No rows of observations that meet the conditions; the monitor has {numbers.rows}."
    if numbers.measured or numbers.failed:
        measured = f"{plural(numbers.measured, 'observation')} measured, {numbers.failed} failed"
        return f"No rows: {measured} (acsql monitor show {name})"
    return f"No rows: no observation meets the condition of the monitor: {state.monitor.condition}"


@monitor.command()
@_NAME
@click.option("--user", help="Who has seen them.  [default: the name of the account]")
@click.pass_context
def seen(ctx: click.Context, name: str, user: str | None) -> None:
    """Mark the open alerts of a monitor as seen.

    \b
    Example:
      acsql monitor seen pointing
    """
    with open_archive(ctx) as archive:
        number = archive.monitor(name).mark_seen(user or getpass.getuser())
    click.echo(f"{plural(number, 'alert')} marked as seen")


@monitor.command()
@_NAME
@click.pass_context
def new(ctx: click.Context, name: str) -> None:
    """Write a commented monitor and its test.

    NAME is lower-case letters, digits and underscores. The files go into the folder monitors_dir.

    \b
    Example:
      acsql monitor new flat_lamp
    """
    from ..monitors.discovery import find_monitors, monitors_dir
    from ..monitors.template import write_new

    config = load_config(ctx)
    for path in write_new(name, monitors_dir(config), find_monitors(config)):
        click.echo(path)
