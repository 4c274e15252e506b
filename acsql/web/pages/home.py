"""The home page: the search box, the contents of the archive, its flags and its last ingest."""

from flask import Blueprint, render_template, url_for

from ...runs import is_overdue, is_successful
from ..context import current_archive, parameters
from ..params import Parameters

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def page() -> str:
    """Show the contents of the archive."""
    parameters(Parameters)
    archive = current_archive()
    summary = archive.summary()
    last = summary.last_run
    hours = summary.hours_since_success
    # The record of the summary has no lists, of which the page shows the failures.
    run = archive.run(last["_id"]) if last and last["listed"]["failures"] else last
    return render_template(
        "home.html",
        api=url_for("api.summary"),
        summary=summary,
        run=run,
        hours_since_success=hours,
        succeeded=last is not None and is_successful(last),
        overdue=is_overdue(hours),
        monitors=archive.monitor_health(),
        flag_counts=archive.where().facets("flags"),
    )
