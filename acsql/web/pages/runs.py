"""The pages of the ingest runs: the list, one run with its failures, and its log."""

import os
from pathlib import Path
from typing import Annotated

from flask import Blueprint, Response, render_template, send_file, url_for

from ...errors import AccessDenied, RunNotFound
from ...query import AnyOf
from ...runs import OVERDUE_HOURS, is_overdue
from ..context import current_archive, observation_url, parameters
from ..params import Parameters, WholeNumber

PAGE_SIZE = 100
# Entries shown of each list of a run; the log has all.
MAX_ENTRIES = 500
# The end of the log that the page shows.
LOG_LINES = 200
LOG_BYTES = 2**16
# The largest run number that the database can hold.
MAX_NUMBER = 2**31 - 1
NUMBER = f"int(max={MAX_NUMBER})"

blueprint = Blueprint("runs", __name__)


class RunsParameters(Parameters):
    """The number of a run; the page shows the runs before it."""

    before: Annotated[int | None, WholeNumber(0, MAX_NUMBER)] = None


@blueprint.get("/ingest/")
def page() -> str:
    """Show the newest runs, or those before a given one."""
    before = parameters(RunsParameters).before
    archive = current_archive()
    records = archive.runs(PAGE_SIZE + 1, before)
    summary = archive.summary()
    failures = archive.failures(MAX_ENTRIES)
    return render_template(
        "runs.html",
        api=url_for("api.runs"),
        runs=records[:PAGE_SIZE],
        before=records[PAGE_SIZE - 1]["_id"] if len(records) > PAGE_SIZE else None,
        newest=before is None,
        hours_since_success=summary.hours_since_success,
        overdue=is_overdue(summary.hours_since_success),
        overdue_hours=OVERDUE_HOURS,
        owed=summary.owed,
        damaged=summary.damaged,
        failures=failures,
        addresses=_addresses({failure["rootname"] for failure in failures}),
    )


@blueprint.get(f"/ingest/<{NUMBER}:number>/")
def run(number: int) -> str:
    """Show a run."""
    parameters(Parameters)
    record = current_archive().run(number)
    lengths = record["listed"]
    shown = {name: record.get(name, [])[:MAX_ENTRIES] for name in lengths}
    rootnames = {entry["rootname"] for entry in shown["failures"]}
    rootnames |= {rootname for rootname, _ in shown["vanished"]}
    lines, missing_log = _log_lines(number)
    return render_template(
        "run.html",
        api=url_for("api.run", number=number),
        run=record,
        state=current_archive().annotation_state(run=number),
        lists=shown,
        more={name: length - len(shown[name]) for name, length in lengths.items()},
        addresses=_addresses(rootnames),
        lines=lines,
        missing_log=missing_log,
    )


def _addresses(rootnames: set[str]) -> dict[str, str]:
    """Return the URLs of observations, without those that are not in the archive."""
    if not rootnames:
        return {}
    search = current_archive().where(AnyOf("rootname", tuple(rootnames)))
    rows = search.columns("rootname", "ipppssoot", "proposid").rows()
    return {row["rootname"]: observation_url("observation.page", row) for row in rows}


def _log_lines(number: int) -> tuple[list[str], str | None]:
    """Return the last lines of a log, and why there are none."""
    try:
        return _last_lines(current_archive().run_log(number)), None
    except (AccessDenied, RunNotFound) as error:
        return [], str(error)


def _last_lines(path: Path) -> list[str]:
    """Return the last lines of a file, reading only its end."""
    with path.open("rb") as log:
        log.seek(-min(LOG_BYTES, os.fstat(log.fileno()).st_size), os.SEEK_END)
        starts_within_line = log.tell() > 0
        lines = log.read(LOG_BYTES).decode("utf-8", "replace").splitlines()
    return lines[int(starts_within_line) :][-LOG_LINES:]


@blueprint.get(f"/ingest/<{NUMBER}:number>/log")
def log(number: int) -> Response:
    """Send the log of a run."""
    parameters(Parameters)
    path = current_archive().run_log(number)
    return send_file(path, mimetype="text/plain", as_attachment=True, download_name=path.name)
