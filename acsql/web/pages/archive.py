"""The pages of the site.  A route parses the address, asks the archive, and renders.

Whatever a page shows comes from a few indexed queries; no route looks for files or opens a FITS
file, and pictures are found through the document and never through a path in the address.
"""

from collections.abc import Iterable, Mapping
from itertools import chain, combinations
from pathlib import Path
from typing import Any

from flask import Blueprint, render_template, send_file
from werkzeug.wrappers import Response as AnyResponse

from ... import query
from ...archive import is_overdue
from ...errors import DatasetNotFound
from ...observation import Observation
from ...proposals import Proposal, of_proposal
from ...query import And, Condition
from .. import params
from ..context import in_archive, named_observation, parameters, proposal_name, the_archive
from ..params import Address, Filter, ProposalList, Selection, Walk

PROPOSALS_ON_A_PAGE = 200
GALLERY_SIZE = 240
# A picture changes only when its file is reprocessed; after this it is asked for again.
PICTURE_MAX_AGE_S = 600
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

pages = Blueprint("pages", __name__)


def summary_of_filters(item: Observation | Mapping[str, Any]) -> str:
    """Return the filters of an observation as one text."""
    return " · ".join(name for name in (item["filter1"], item["filter2"]) if name)


@pages.get("/")
def home() -> str:
    """Show what is in the archive, and ways in."""
    parameters(Address)
    summary = the_archive().summary()
    last = summary.last_run
    run = None if last is None else the_archive().run(last["_id"])
    age = the_archive().hours_since_good_run()
    return render_template(
        "home.html", summary=summary, run=run, good_run_age=age, overdue=is_overdue(age)
    )


@pages.get("/archive/")
def proposals() -> str:
    """Show the proposals, some hundred on a page."""
    asked = parameters(ProposalList)
    found = the_archive().proposals()
    listed = _listed(found, asked)
    begin = (asked.page - 1) * PROPOSALS_ON_A_PAGE
    return render_template(
        "proposals.html",
        asked=asked,
        proposals=listed[begin : begin + PROPOSALS_ON_A_PAGE],
        begin=begin,
        more=len(listed) > begin + PROPOSALS_ON_A_PAGE,
        fitting=len(listed),
        total=len(found),
        without=the_archive().count(of_proposal(None)),
    )


def _listed(found: Iterable[Proposal], asked: ProposalList) -> list[Proposal]:
    """Return the proposals that contain all the words asked for, in the order asked for."""
    words = asked.first("find").lower().split()
    listed = [p for p in found if all(word in _words(p) for word in words)] if words else found
    key = asked.SORTS[asked.sort.removeprefix("-")]
    return sorted(listed, key=key, reverse=asked.sort.startswith("-"))


def _words(proposal: Proposal) -> str:
    parts = (proposal.proposid, proposal.type, proposal.title, proposal.pi)
    return " ".join(
        str(part).lower()
        for part in (*parts, *proposal.detectors, *proposal.targets)
        if part is not None
    )


@pages.get("/archive/<proposal:proposid>/")
def proposal(proposid: int | None) -> str:
    """Show the thumbnails of a proposal, or those of the observations that have none."""
    selection = parameters(Selection)
    archive = the_archive()
    within = of_proposal(proposid)
    known = None if proposid is None else archive.proposal(proposid)
    condition = And((within, selection.condition()))
    marks = {name: selection.first(name) or None for name in ("after", "before")}
    found = archive.gallery(condition, sort=(selection.sort,), size=GALLERY_SIZE, **marks)
    whole = not (found.next or found.previous)
    return render_template(
        "proposal.html",
        name=proposal_name(proposid),
        proposal=known,
        selection=selection,
        page=found,
        number=len(found.rows) if whole else archive.count(condition),
        filters=params.FILTERS,
        matches=params.MATCHES,
        sorts=params.SORTS,
        as_search=_as_search(condition, selection),
        options={
            filter_.parameter: _options(filter_, known, selection, within)
            for filter_ in params.FILTERS
        },
    )


def _as_search(condition: Condition, selection: Selection) -> dict[str, str]:
    """Return the parameters of the search that finds what a page of a proposal shows."""
    archive = the_archive()
    text = query.format_condition(archive.condition(condition), archive.specs)
    usual = archive.sorted_by(condition) == [selection.sort]
    return {"q": text} | ({} if usual else {"sort": selection.sort})


def _options(
    filter_: Filter, known: Proposal | None, selection: Selection, within: Condition
) -> list[str]:
    """Return the values to choose from, with those that the address has chosen already."""
    if known:
        found = set(getattr(known, filter_.of_proposal))
    else:
        distinct = (the_archive().distinct(keyword, within) for keyword in filter_.keywords)
        found = set(chain.from_iterable(distinct))
    return sorted(map(str, found | set(selection.all(filter_.parameter))))


@pages.get("/archive/<proposal:proposid>/<name>/")
@pages.get("/archive/<proposal:proposid>/<name>/<filetype>/")
def observation(proposid: int | None, name: str, filetype: str | None = None) -> str:
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
    address = in_archive("observation", found, **same, **walk.arguments())
    return {"name": name, "address": address}


@pages.get("/previews/<name>/<filetype>.jpg")
def preview(name: str, filetype: str) -> AnyResponse:
    """Send the preview of a filetype."""
    parameters(Address)
    return _jpeg(the_archive().observation(name).jpeg(filetype))


@pages.get("/thumbnails/<name>.jpg")
def thumbnail(name: str) -> AnyResponse:
    """Send the thumbnail of an observation."""
    parameters(Address)
    return _jpeg(the_archive().observation(name).thumbnail())


def _jpeg(path: Path) -> AnyResponse:
    return send_file(path, mimetype="image/jpeg", max_age=PICTURE_MAX_AGE_S)
