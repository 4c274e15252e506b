"""Searching: the box, the form, and what a search finds as table, thumbnails, map, plot and file.

The address has the whole state, with the conditions as one text in the query language.  What a
page has beside its results, the count and the facets, gets a few hundredths of a second: a search
that is slow to count is no reason to wait for its first fifty rows.  What was not counted in that
time has a link that asks for it, which a script follows once the rows are there."""

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from ... import query
from ...errors import ArchiveError, QueryTimeout
from ...observation import Observation
from .. import search_box
from ..context import in_archive, parameters, the_archive
from ..errors import status_of
from ..params import Address
from ..query_form import form_class
from ..results_parameters import Search
from .results import _is_number
from .search_form import _form

blueprint = Blueprint("search_box", __name__)


class Go(Address):
    """The box that takes the name of anything."""

    single = ("name",)


class Typed(Address):
    """What stands in a field so far."""

    single = ("text", "of")


@blueprint.get("/go")
def go() -> AnyResponse:
    """Go to what a text means: a proposal, an observation, or the results of a search."""
    typed = parameters(Go).first("name")
    if not typed:
        return redirect(url_for("search_form.page"))
    try:
        found = search_box.meaning(typed, the_archive())
    except QueryTimeout:
        raise
    except ArchiveError as error:
        form = form_class(the_archive().specs)()
        told = {"box_text": typed, "box_error": str(error)}
        return _form(form, Search(), told, status_of(error))
    match found:
        case Observation():
            return redirect(in_archive("observation.page", found))
        case search_box.Pair(a, b):
            return redirect(url_for("differences.page", a=a.ipppssoot, b=b.ipppssoot))
        case search_box.ProposalNamed(proposid):
            return redirect(url_for("proposal.page", proposid=proposid))
    return redirect(url_for("results.page", q=found.text))


@blueprint.get("/suggest")
def suggest() -> Response:
    """Send how what is typed could go on: a text of the box, or the name of a keyword."""
    asked = parameters(Typed)
    words, archive = asked.first("text"), the_archive()
    if asked.chosen("of", ("box", "keyword", "number"), "box") == "box":
        # What the parameters lose of a text, its last blank, ends a word.
        typed = request.args.get("text", "").lstrip()
        found = search_box.suggestions(typed, archive) if words else []
    else:
        columns = query.search_keywords(words, archive.specs, 4 * search_box.SUGGESTIONS)
        if asked.first("of") == "number":
            columns = [column for column in columns if _is_number(column)]
        found = [(c.address, search_box.described(c)) for c in columns[: search_box.SUGGESTIONS]]
    return jsonify([{"value": value, "label": label} for value, label in found])
