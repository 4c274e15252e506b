"""The pages of the site.  A route parses the address, asks the archive, and renders.

Whatever a page shows comes from a few indexed queries; no route looks for files or opens a FITS
file, and pictures are found through the document and never through a path in the address."""

from itertools import chain

from flask import Blueprint, render_template

from ... import query
from ...proposals import Proposal, in_proposal
from ...query import And, Condition
from ..context import parameters, proposal_name, the_archive
from ..selection import FILTERS, MATCHES, SORTS, Filter, Selection

blueprint = Blueprint("proposal", __name__)


GALLERY_SIZE = 240


@blueprint.get("/archive/<proposal:proposid>/")
def page(proposid: int | None) -> str:
    """Show the thumbnails of a proposal, or those of the observations that have none."""
    selection = parameters(Selection)
    archive = the_archive()
    within = in_proposal(proposid)
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
        filters=FILTERS,
        matches=MATCHES,
        sorts=SORTS,
        as_search=_as_search(condition, selection),
        options={
            filter_.parameter: _options(filter_, known, selection, within) for filter_ in FILTERS
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
