"""The page of the query form."""

from collections.abc import Sequence

from flask import Blueprint, Response, render_template, request

from ...errors import QueryError
from ..context import current_archive
from ..form_fields import EXISTENCE, FIELDS, OPERATORS
from ..query_form import QueryForm, form_class, read_form
from ..results_parameters import VIEWS, ResultsParameters

# Seconds that the options of the form may take.
TIME_LIMIT = 20

blueprint = Blueprint("search_form", __name__)


@blueprint.get("/database/")
def page() -> Response:
    """Show the query form, filled in from the URL."""
    try:
        form, search = read_form(request.args.to_dict(flat=False), current_archive().specs)
    except QueryError as error:
        return render_invalid([str(error)])
    return render_form(form, search, 400 if form.messages else 200)


def render_invalid(messages: Sequence[str]) -> Response:
    """Return the form for a URL that is not a valid search, with the errors."""
    form = form_class(current_archive().specs)(request.args)
    return render_form(form, ResultsParameters(), 400, messages=messages)


def render_form(
    form: QueryForm,
    search: ResultsParameters,
    status: int,
    messages: Sequence[str] | None = None,
    box_text: str = "",
    box_error: str = "",
) -> Response:
    """Return the page of the form.

    Parameters
    ----------
    form : QueryForm
        The form with its input.
    search : ResultsParameters
        With the columns, the order and the view to preselect.
    status : int
        The HTTP status.
    messages : sequence of str, optional
        Errors, by default those of the form.
    box_text, box_error : str
        The text in the search box, and its error.

    Returns
    -------
    Response
        The page.
    """
    archive = current_archive()
    top_level = archive.where().columns(*archive.specs.top_level).selected_columns
    addresses = {column.address for column in top_level}
    kinds = {field.keyword: field.kind(archive.specs) for field in FIELDS}
    page = render_template(
        "form.html",
        form=form,
        search=search,
        fields=FIELDS,
        kinds=kinds,
        operators={name: label for name, (_, label) in OPERATORS.items()},
        existence=EXISTENCE,
        options=_options(form, [name for name, kind in kinds.items() if kind == "choices"]),
        columns=top_level,
        chosen=[name for name in search.addresses if name in addresses],
        further=[name for name in search.addresses if name not in addresses],
        views=VIEWS,
        messages=form.messages if messages is None else messages,
        box_text=box_text,
        box_error=box_error,
    )
    return Response(page, status)


def _options(form: QueryForm, keywords: Sequence[str]) -> dict[str, list[str]]:
    """Return the values in the archive, with the selected ones even if none has them."""
    facets = current_archive().where().time_limit(TIME_LIMIT).facets_of(*keywords)
    return {
        keyword: sorted({*map(str, facets[keyword]), *(form[keyword].data or ())})
        for keyword in keywords
    }
