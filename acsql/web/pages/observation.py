"""The pages of the site.  A route parses the address, asks the archive, and renders.

Whatever a page shows comes from a few indexed queries; no route looks for files or opens a FITS
file, and pictures are found through the document and never through a path in the address."""

from itertools import chain, combinations

from flask import Blueprint, render_template

from ...errors import DatasetNotFound
from ...observation import Observation
from ..context import in_archive, named_observation, parameters, the_archive
from ..selection import Walk

blueprint = Blueprint("observation", __name__)


# What is said of an observation first.
FACTS = (
    "targname",
    "detector",
    "aperture",
    "filter1",
    "filter2",
    "exptime",
    "date_obs",
    "time_obs",
    "imagetyp",
    "obstype",
    "proposid",
    "pr_inv_l",
    "asn_id",
)


@blueprint.get("/archive/<proposal:proposid>/<name>/")
@blueprint.get("/archive/<proposal:proposid>/<name>/<filetype>/")
def page(proposid: int | None, name: str, filetype: str | None = None) -> str:
    """Show an observation: the preview of one of its files, its metadata, and what it has."""
    walk = parameters(Walk)
    archive = the_archive()
    found = named_observation(proposid, name)
    shown = filetype or _shown_first(found)
    # Raises if there is no such file.
    found.path(shown)
    before, after = archive.neighbours(
        found, walk.around(archive.specs), sort=walk.keys, everywhere=walk.is_search
    )
    tabs = [name for name in found.datasets if archive.specs.filetypes[name].preview]
    return render_template(
        "observation.html",
        observation=found,
        filetype=filetype,
        shown=shown,
        picture=found.previews.get(shown, {}),
        reason=_why_no_picture(found, shown),
        tabs=tabs,
        pairs=list(combinations(tabs, 2)),
        before=_neighbour(before, filetype, walk),
        after=_neighbour(after, filetype, walk),
        selection=walk,
        facts=archive.columns(FACTS),
        columns=archive.columns(list(found.metadata)),
    )


def _shown_first(found: Observation) -> str:
    """Return the filetype to show where none is asked for: the one with a thumbnail, if any."""
    filetypes = the_archive().specs.filetypes
    pictured = [name for name in found.datasets if found.previews.get(name, {}).get("jpeg")]
    pictured.sort(key=lambda name: not filetypes[name].thumbnail)
    return next(chain(pictured, found.datasets))


def _why_no_picture(found: Observation, filetype: str) -> str | None:
    try:
        found.jpeg(filetype)
    except DatasetNotFound as error:
        return str(error)
    return None


def _neighbour(name: str | None, filetype: str | None, walk: Walk) -> dict | None:
    """Return the name of a neighbour and the address where it is shown in the same way."""
    if name is None:
        return None
    found = the_archive().observation(name)
    same = {"filetype": filetype} if filetype in found.datasets else {}
    address = in_archive("observation.page", found, **same, **walk.arguments())
    return {"name": name, "address": address}
