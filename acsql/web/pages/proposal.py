"""The page of a proposal: the thumbnails of its observations, filtered and sorted."""

from typing import Any

from flask import Blueprint, render_template, url_for

from ... import query
from ...colour import ColourSet, colour_sets, filter_name
from ...paths import proposal_name
from ...proposals import Proposal, in_proposal
from ...query import Condition
from ...search import Search
from ..context import current_archive, parameters
from ..selection import FILTERS, MATCHES, SORTS, Filter, SelectionParameters

PAGE_SIZE = 240

blueprint = Blueprint("proposal", __name__)


@blueprint.get("/archive/<proposal:proposid>/")
def page(proposid: int | None) -> str:
    """Show the thumbnails of a proposal, or of the observations without a proposal."""
    selection = parameters(SelectionParameters)
    archive = current_archive()
    all_of_it = in_proposal(proposid)
    proposal = None if proposid is None else archive.proposal(proposid)
    search = archive.where(all_of_it, selection.condition())
    gallery = search.sort(selection.sort).thumbnails(PAGE_SIZE, selection.after, selection.before)
    is_complete = not (gallery.next or gallery.previous)
    without = url_for("api.observations", q="missing(proposid)")
    return render_template(
        "proposal.html",
        api=without if proposid is None else url_for("api.proposal", proposid=proposid),
        name=proposal_name(proposid),
        proposal=proposal,
        selection=selection,
        page=gallery,
        number=len(gallery.rows) if is_complete else int(search.count()),
        filters=FILTERS,
        matches=MATCHES,
        sorts=SORTS,
        search=_search_parameters(search, selection),
        state=None if proposid is None else archive.annotation_state(proposid=proposid),
        flag_counts=archive.where(all_of_it).facets("flags"),
        colour_sets=_colour_sets(proposal, all_of_it),
        options={
            filter_.parameter: _options(filter_, proposal, selection, all_of_it)
            for filter_ in FILTERS
        },
    )


def _colour_sets(proposal: Proposal | None, scope: Condition) -> list[ColourSet]:
    """Return the colour images of a proposal; most have too few filters for a search."""
    if proposal is None or len({name for name in proposal.filters if filter_name(name, None)}) < 3:
        return []
    return colour_sets(current_archive(), scope)


def _search_parameters(search: Search, selection: SelectionParameters) -> dict[str, Any]:
    """Return the parameters of the results page that shows the same observations."""
    text = query.format_condition(search.condition, current_archive().specs)
    is_default = search.sorted_by == [selection.sort]
    return {"q": text} | ({} if is_default else {"sort": selection.sort})


def _options(
    filter_: Filter, proposal: Proposal | None, selection: SelectionParameters, scope: Condition
) -> list[str]:
    """Return the values of a filter, with the selected ones even if no observation has them."""
    if proposal:
        values = set(getattr(proposal, filter_.of_proposal))
    else:
        search = current_archive().where(scope)
        values = {value for keyword in filter_.keywords for value in search.distinct(keyword)}
    return sorted({str(value) for value in values} | set(selection.values(filter_)))
