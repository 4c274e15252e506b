"""The pages of the site.  A route parses the address, asks the archive, and renders.

Whatever a page shows comes from a few indexed queries; no route looks for files or opens a FITS
file, and pictures are found through the document and never through a path in the address."""

from flask import Blueprint, render_template

from ...runs import is_overdue
from ..context import parameters, the_archive
from ..params import Address

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def page() -> str:
    """Show what is in the archive, and ways in."""
    parameters(Address)
    summary = the_archive().summary()
    last = summary.last_run
    run = None if last is None else the_archive().run(last["_id"])
    age = the_archive().hours_since_success()
    return render_template(
        "home.html", summary=summary, run=run, good_run_age=age, overdue=is_overdue(age)
    )
