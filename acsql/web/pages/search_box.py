"""The search box of every page: the page for a text, and suggestions while it is typed."""

from typing import Annotated

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ... import query, search_text
from ...errors import ArchiveError, NameNotYetResolved, QueryTimeout
from ...name_resolver import Position
from ...observation import Observation
from ...search_text import ObservationPair, ProposalNumber, QueryText
from ..annotating import annotating_archive
from ..context import current_archive, observation_url, parameters
from ..errors import status_of
from ..params import OneOf, Parameters
from ..query_form import form_class
from ..results_parameters import ResultsParameters
from .search_form import render_form
from .search_plot import is_number

# Of this many keywords that match, those that are numbers are suggested for a plot.
MAX_MATCHES = 4 * search_text.MAX_SUGGESTIONS
# Seconds after which a browser asks again for a name that is being resolved.
RELOAD_S = 2

blueprint = Blueprint("search_box", __name__)


class GoParameters(Parameters):
    """The text in the search box."""

    name: str = ""


class SuggestParameters(Parameters):
    """The text typed so far, and in which kind of field."""

    text: str = ""
    of: Annotated[str, OneOf(("box", "keyword", "number"))] = "box"


@blueprint.get("/go")
def go() -> BaseResponse:
    """Redirect to what a text means: a proposal, an observation, or the results of a search."""
    text = parameters(GoParameters).name
    if not text:
        return redirect(url_for("search_form.page"))
    archive = current_archive()
    try:
        meaning = search_text.interpret(text, archive, _position)
    except QueryTimeout:
        raise
    except NameNotYetResolved as error:
        page = _explained(text, error, 202)
        page.headers["Refresh"] = str(RELOAD_S)
        return page
    except ArchiveError as error:
        return _explained(text, error, status_of(error))
    match meaning:
        case Observation():
            return redirect(observation_url("observation.page", meaning))
        case ObservationPair(a, b):
            return redirect(url_for("differences.page", a=a.ipppssoot, b=b.ipppssoot))
        case ProposalNumber(proposid):
            return redirect(url_for("proposal.page", proposid=proposid))
        case QueryText(q):
            return redirect(url_for("results.page", q=q))


def _position(name: str) -> Position | None:
    """Return the position of a name that is not in the archive, if it is known already."""
    if current_archive().config.name_resolver is None:
        return None
    # Positions are kept, which the user of the database who only reads may not do.
    return annotating_archive().name_resolver.position_without_waiting(name)


def _explained(text: str, error: ArchiveError, status: int) -> Response:
    """Return the page of the search form with the text in its box, and its error."""
    form = form_class(current_archive().specs)()
    return render_form(form, ResultsParameters(), status, box_text=text, box_error=str(error))


@blueprint.get("/suggest")
def suggest() -> Response:
    """Send suggestions for the search box, or keywords for a field that takes one."""
    typed = parameters(SuggestParameters)
    archive = current_archive()
    if typed.of == "box":
        # The last blank, which the parameters lose, ends a word.
        text = request.args.get("text", "").lstrip()
        suggestions = search_text.suggest(text, archive) if typed.text else []
    else:
        columns = query.search_keywords(typed.text, archive.specs, MAX_MATCHES)
        if typed.of == "number":
            columns = [column for column in columns if is_number(column)]
        suggestions = [
            (column.address, search_text.describe(column))
            for column in columns[: search_text.MAX_SUGGESTIONS]
        ]
    return jsonify([{"value": value, "label": label} for value, label in suggestions])
