"""The ingests: every run with what came of it, one run with its failures, and its log."""

import os
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, send_file

from ...errors import QueryError, RunNotFound
from ...query import AnyOf
from ...runs import OVERDUE_HOURS, is_overdue
from ..context import in_archive, parameters, the_archive
from ..params import Address

AT_ONCE = 100
# Of each list of a run; the log and the API have all.
MOST_SHOWN = 500
LAST_LINES = 200
LAST_BYTES = 2**16
# A number of a run; a larger one is none that could be asked for.
NUMBER = "int(max=2147483647)"

blueprint = Blueprint("runs", __name__)


class Before(Address):
    """The runs before one of them."""

    single = ("before",)

    @property
    def before(self) -> int | None:
        """The number of that run, None for the newest runs.

        Raises
        ------
        QueryError
            If it is no number.
        """
        text = self.first("before")
        if text and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise QueryError(f"before has to be the number of a run, not {text!r}")
        return int(text) if text else None


@blueprint.get("/ingest/")
def page() -> str:
    """Show the newest runs, or those before one of them."""
    asked = parameters(Before)
    archive = the_archive()
    found = archive.runs(AT_ONCE + 1, asked.before)
    age = archive.hours_since_success()
    return render_template(
        "runs.html",
        runs=found[:AT_ONCE],
        before=found[AT_ONCE - 1]["_id"] if len(found) > AT_ONCE else None,
        newest=asked.before is None,
        age=age,
        overdue=is_overdue(age),
        overdue_hours=OVERDUE_HOURS,
    )


@blueprint.get(f"/ingest/<{NUMBER}:number>/")
def run(number: int) -> str:
    """Show a run."""
    parameters(Address)
    archive = the_archive()
    record = archive.run(number)
    lists = {
        name: record.get(name) or []
        for name in (
            "failures",
            "keywords_not_in_specs",
            "type_mismatches",
            "vanished",
            "waiting",
            "warnings",
        )
    }
    shown = {name: entries[:MOST_SHOWN] for name, entries in lists.items()}
    named = {entry["rootname"] for entry in shown["failures"]}
    named |= {rootname for rootname, _ in shown["vanished"]}
    return render_template(
        "run.html",
        run=record,
        lists=shown,
        more={name: len(entries) - len(shown[name]) for name, entries in lists.items()},
        addresses=_addresses(named),
        **_log(number),
    )


def _addresses(rootnames: set[str]) -> dict[str, str]:
    """Return the addresses of those of some observations that are in the archive."""
    columns = ["rootname", "ipppssoot", "proposid"]
    found = the_archive().iter(AnyOf("rootname", tuple(rootnames)), columns=columns)
    return (
        {row["rootname"]: in_archive("observation.page", row) for row in found} if rootnames else {}
    )


def _log(number: int) -> dict[str, Any]:
    """Return the last lines of a log, or why there are none."""
    try:
        return {"lines": _last_lines(the_archive().run_log(number)), "no_log": None}
    except RunNotFound as error:
        return {"lines": [], "no_log": str(error)}


def _last_lines(path: Path) -> list[str]:
    """Return the last lines of a log, however long it is."""
    with path.open("rb") as log:
        log.seek(-min(LAST_BYTES, os.fstat(log.fileno()).st_size), os.SEEK_END)
        begun = log.tell() > 0
        lines = log.read(LAST_BYTES).decode("utf-8", "replace").splitlines()
    # What comes first may be the rest of a line.
    return lines[begun:][-LAST_LINES:]


@blueprint.get(f"/ingest/<{NUMBER}:number>/log")
def log(number: int) -> Response:
    """Send the log of a run."""
    parameters(Address)
    path = the_archive().run_log(number)
    return send_file(path, mimetype="text/plain", as_attachment=True, download_name=path.name)
