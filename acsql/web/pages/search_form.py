"""Searching: the box, the form, and what a search finds as table, thumbnails, map, plot and file.

The address has the whole state, with the conditions as one text in the query language.  What a
page has beside its results, the count and the facets, gets a few hundredths of a second: a search
that is slow to count is no reason to wait for its first fifty rows.  What was not counted in that
time has a link that asks for it, which a script follows once the rows are there."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from ...errors import QueryError
from ..context import the_archive
from ..query_form import EXISTENCE, FIELDS, OPERATORS, SearchForm, as_search, form_class
from ..results_parameters import DOWNLOADS, VIEWS, Search

blueprint = Blueprint("search_form", __name__)


# Seconds that a page may take for its rows, and what stands beside them for itself.
PAGE_LIMIT = 20


@blueprint.get("/database/")
def page() -> AnyResponse:
    """Show the query form, filled in as the address says."""
    try:
        filled_in, asked = as_search(request.args.to_dict(flat=False), the_archive().specs)
    except QueryError as error:
        return _wrong(Search(), [str(error)])
    return _form(filled_in, asked, {}, 400 if filled_in.wrong else 200)


def _wrong(asked: Search, wrong: Sequence[str]) -> Response:
    """Return the form where the address of a search cannot be understood."""
    made = form_class(the_archive().specs)
    filled_in = made(request.args)
    return _form(filled_in, asked, {"wrong": list(wrong)}, 400)


def _form(form_: SearchForm, asked: Search, more: Mapping[str, Any], status: int) -> Response:
    """Return the form with all that was typed, and what is wrong with it."""
    archive = the_archive()
    top_level = archive.columns(list(archive.specs.top_level))
    addresses = {column.address for column in top_level}
    kinds = {field.keyword: field.kind(archive.specs) for field in FIELDS}
    choices = [keyword for keyword, kind in kinds.items() if kind == "choices"]
    numbers = _counted_ahead(choices)
    options = {
        keyword: sorted({*map(str, numbers[keyword]), *(form_[keyword].data or ())})
        for keyword in choices
    }
    page = render_template(
        "form.html",
        form=form_,
        search=asked,
        fields=FIELDS,
        kinds=kinds,
        operators={name: sign for name, (_, sign) in OPERATORS.items()},
        existence=EXISTENCE,
        options=options,
        columns=top_level,
        chosen=[name for name in asked.columns if name in addresses],
        further=[name for name in asked.columns if name not in addresses],
        views=VIEWS,
        downloads=DOWNLOADS,
        **{"wrong": form_.wrong} | more,
    )
    return Response(page, status)


def _counted_ahead(keywords: Sequence[str]) -> dict[str, dict[Any, int]]:
    """Return the values of some keywords in the whole archive."""
    return the_archive().facets_of(keywords, time_limit=PAGE_LIMIT)
