"""The page of an observation: a preview, its metadata, its files, and links to its neighbours."""

from itertools import chain, combinations

from flask import Blueprint, render_template, url_for

from ...errors import AccessDenied, DatasetNotFound
from ...observation import Observation
from ..annotating import sky_positions
from ..context import current_archive, observation_url, parameters, requested_observation
from ..file_view import view_file
from ..selection import WalkParameters
from ..statistics_view import view_statistics

# The keywords above the file list.
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

blueprint = Blueprint("observation", __name__)


@blueprint.get("/archive/<proposal:proposid>/<name>/")
@blueprint.get("/archive/<proposal:proposid>/<name>/<filetype>/")
def page(proposid: int | None, name: str, filetype: str | None = None) -> str:
    """Show an observation with the preview of one filetype."""
    walk = parameters(WalkParameters)
    archive = current_archive()
    observation = requested_observation(proposid, name)
    shown = filetype or _default_filetype(observation)
    # Raises DatasetNotFound for a filetype that the observation does not have.
    observation.path(shown)
    before, after = walk.search(archive, observation).neighbours(observation)
    pictured = [name for name in observation.datasets if archive.specs.filetypes[name].preview]
    columns = archive.where().columns
    state = archive.annotation_state(rootname=observation.rootname)
    return render_template(
        "observation.html",
        api=url_for("api.observation", rootname=name),
        observation=observation,
        filetype=filetype,
        shown=shown,
        picture=observation.previews.get(shown, {}),
        view=view_file(archive, observation, shown),
        statistics=view_statistics(observation, shown, archive.specs),
        missing_preview=_missing_preview(observation, shown),
        pairs=list(combinations(pictured, 2)),
        before=_neighbour(before, filetype, walk),
        after=_neighbour(after, filetype, walk),
        walk=walk,
        state=state,
        positions=sky_positions(observation, state),
        facts=columns(*FACTS).selected_columns,
        columns=columns(*observation.metadata).selected_columns,
    )


def _default_filetype(observation: Observation) -> str:
    """Return the filetype of the thumbnail, else one with a preview, else the first."""
    best = current_archive().specs.thumbnail_filetypes
    previewed = [
        name
        for name in (*best, *observation.datasets)
        if observation.previews.get(name, {}).get("jpeg")
    ]
    return next(chain(previewed, observation.datasets))


def _missing_preview(observation: Observation, filetype: str) -> str | None:
    """Return why a filetype has no preview that can be shown, or None if it has one."""
    try:
        observation.jpeg(filetype)
    except (AccessDenied, DatasetNotFound) as error:
        return str(error)
    return None


def _neighbour(
    name: str | None, filetype: str | None, walk: WalkParameters
) -> dict[str, str] | None:
    """Return the name of a neighbour and its URL, with the same filetype if it has that."""
    if name is None:
        return None
    observation = current_archive().observation(name)
    same = {"filetype": filetype} if filetype and filetype in observation.datasets else {}
    address = observation_url("observation.page", observation, **same, **walk.arguments())
    return {"name": name, "address": address}
