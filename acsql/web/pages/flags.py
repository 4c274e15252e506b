"""The flags: all with their numbers of observations, and a page for each."""

from flask import Blueprint, abort, render_template, url_for

from ...errors import ArchiveError
from ...keywords import Flag
from ...observation import Observation
from ...query import Equals
from ..context import current_archive, parameters
from ..params import Parameters

PAGE_SIZE = 60
# Examples of a flag: one row of thumbnails.
MOST_EXAMPLES = 8

blueprint = Blueprint("flags", __name__)


class FlagParameters(Parameters):
    """The cursors of the page of observations."""

    after: str | None = None
    before: str | None = None


@blueprint.get("/flags/")
def page() -> str:
    """Show all flags, also those that no observation has."""
    parameters(Parameters)
    archive = current_archive()
    return render_template(
        "flags.html",
        api=url_for("api.facets", keyword="flags"),
        flags=archive.specs.flags,
        numbers=archive.where().facets("flags"),
    )


@blueprint.get("/flags/<name>/")
def flag(name: str) -> str:
    """Show what a flag looks like, and the observations that have it, the latest first."""
    shown = parameters(FlagParameters)
    archive = current_archive()
    found = archive.specs.flags.get(name) or abort(404)
    search = archive.where(Equals("flags", name)).sort("-expstart")
    return render_template(
        "flag.html",
        api=url_for("api.observations", q=f"flag={name}"),
        flag=found,
        example=_example(found),
        number=int(search.count()),
        marked=archive.where(Equals("examples", name)).thumbnails(MOST_EXAMPLES).rows,
        page=search.thumbnails(PAGE_SIZE, shown.after, shown.before),
        vanished=archive.vanished(name),
    )


def _example(flag: Flag) -> Observation | None:
    """Return the observation that shows a flag, None if the archive does not have it."""
    if flag.example is None:
        return None
    try:
        return current_archive().observation(flag.example)
    except ArchiveError:
        return None
