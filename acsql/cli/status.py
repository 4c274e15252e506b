"""The command `status`: what the archive contains, and whether its ingests are up to date."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ..runs import OVERDUE_HOURS, is_overdue
from .context import open_archive
from .exit_status import ExitStatus
from .options import text_format_option
from .output import print_fields, print_json
from .runs import describe_start

if TYPE_CHECKING:
    from ..statistics import ArchiveSummary


@click.command()
@click.option(
    "--overdue-after",
    type=click.FloatRange(0),
    default=OVERDUE_HOURS,
    show_default=True,
    metavar="HOURS",
    help="Age of the last successful ingest from which on it is overdue.",
)
@text_format_option
@click.pass_context
def status(ctx: click.Context, overdue_after: float, format_: str) -> None:
    """Show the contents and the last ingest.

    The exit status is 1 if the last successful ingest is overdue, the last one found a problem of
    the archive as a whole, the ingest of files is owed, or the database user who annotates lacks
    rights.

    \b
    Examples:
      acsql status
      acsql status --overdue-after 30 --format json
    """
    with open_archive(ctx) as archive:
        summary = archive.summary()
        age = summary.hours_since_success
        overdue = is_overdue(age, overdue_after)
        missing = archive.missing_rights()
        # Loading the monitors takes as long as everything else here.
        monitors = archive.monitor_health() if archive.monitor_runs(1) else None
        places = {"database": archive.store.address, "filesystem": str(archive.config.filesystem)}
    if format_ == "json":
        ingests = {"hours_since_success": age, "overdue": overdue, "last_run": summary.last_run}
        others = {"missing_rights": missing, "monitors": monitors and asdict(monitors)}
        print_json(places | _contents(summary) | ingests | others)
    else:
        _print_text(places, summary, age, overdue)
        for state in ("failing", "overdue"):
            if names := getattr(monitors, state, []):
                click.echo(f"Monitors {state}: {', '.join(names)} (see acsql monitor list)")
        for right in missing:
            click.echo(f"The database user who annotates may not {right} (see acsql db roles)")
    problem = overdue or _problems(summary) or summary.owed or missing
    ctx.exit(ExitStatus.FAILURES if problem else ExitStatus.OK)


def _problems(summary: ArchiveSummary) -> list[str]:
    """Return what the last ingest found to be wrong with the archive as a whole."""
    problems: list[str] = (summary.last_run or {}).get("problems", [])
    return problems


def _contents(summary: ArchiveSummary) -> dict[str, object]:
    """Return what the archive contains, for JSON."""
    return {
        "observations": summary.observations,
        "detectors": summary.detectors,
        "files": summary.files,
        "bytes": summary.bytes,
        "previews": summary.previews,
        "filetypes": summary.filetypes,
        "owed": summary.owed,
        "damaged": summary.damaged,
    }


def _print_text(
    places: dict[str, str], summary: ArchiveSummary, age: float | None, overdue: bool
) -> None:
    by_detector = ", ".join(f"{number} {name}" for name, number in summary.detectors.items())
    problems = _problems(summary)
    hint = " (see acsql failures)"
    last_success = "never" if age is None else f"{age:.1f} hours ago"
    print_fields(
        {
            "Database": places["database"],
            "FITS files": places["filesystem"],
            "Observations": f"{summary.observations}{f' ({by_detector})' if by_detector else ''}",
            "Files": f"{summary.files}, {summary.bytes / 1e9:.3f} GB",
            "Previews": summary.previews,
            "Last ingest": describe_start(summary.last_run),
            **({"Problems": "; ".join(problems)} if problems else {}),
            "Last successful ingest": f"{last_success}{', overdue' if overdue else ''}",
            "Owed files": f"{summary.owed}{hint if summary.owed else ''}",
            "Damaged files": f"{summary.damaged}{hint if summary.damaged else ''}",
        }
    )
