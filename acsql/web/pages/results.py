"""The results of a search: as table, thumbnails, sky map or plot, or as a file.

Counting must not delay the rows: the total and the facets get a few hundredths of a second.  If
they take longer, a link replaces them, which the script of the page follows once the rows are
shown.
"""

from typing import Any

import numpy as np
from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ... import query
from ...errors import QueryError, QueryTimeout
from ...query import And, Condition, Exists, conjuncts
from ...search import Page, Search
from .. import sky_map
from ..context import current_archive
from ..downloads import download
from ..errors import status_of
from ..facets import count_facets
from ..query_form import read_form
from ..results_parameters import DOWNLOADS, VIEWS, ResultsParameters
from ..selection import SORTS
from .search_form import render_form, render_invalid
from .search_plot import MAX_POINTS, plot_axes

PAGE_SIZE = 50
# Seconds for the rows of a page.
TIME_LIMIT = 20
# Seconds for the total and for the facets, each, of a page; and if the reader asks for them.
COUNT_BUDGET = 0.02
REQUESTED_COUNT_BUDGET = 15
# Seconds for each count that explains an empty result.
EXPLAIN_TIME_LIMIT = 1
# A text table is sent as a whole, because its column widths depend on all rows.
MAX_TEXT_ROWS = 10_000

blueprint = Blueprint("results", __name__)


@blueprint.get("/database/results")
def page() -> BaseResponse:
    """Show the results of a search, or send them as a file."""
    values = request.args.to_dict(flat=False)
    try:
        form, parameters = read_form(values, current_archive().specs)
        if form.messages:
            return render_form(form, parameters, 400, box_text=parameters.q)
        arguments = parameters.arguments()
        if arguments != values:
            # The URL that the form submits becomes the short one that can be shared.
            return redirect(url_for(".page", **arguments))
        return _results(parameters)
    except QueryTimeout as error:
        messages = [str(error)]
        return render_form(form, parameters, status_of(error), messages, box_text=parameters.q)
    except QueryError as error:
        return render_invalid([str(error)])


def _results(parameters: ResultsParameters) -> Response:
    archive = current_archive()
    search = (
        archive.where(parameters.condition(archive.specs))
        .columns(*parameters.addresses)
        .sort(*parameters.keys)
    )
    if parameters.download:
        return _download(search, parameters.download)
    return Response(_page(parameters, search.time_limit(TIME_LIMIT)))


def _download(search: Search, format_: str) -> Response:
    """Return all results as a file."""
    if format_ == "table" and search.count() > MAX_TEXT_ROWS:
        raise QueryError(
            f"a text table has at most {MAX_TEXT_ROWS:,} rows; choose CSV or another format"
        )
    return download(search.rows(), search.selected_columns, format_, "acsql")


def _page(parameters: ResultsParameters, search: Search) -> str:
    content = _content(parameters, search)
    rows: Page | None = content["page"]
    budget = REQUESTED_COUNT_BUDGET if parameters.counts else COUNT_BUDGET
    is_first = not (parameters.after or parameters.before)
    if rows is not None and is_first and not rows.next:
        total, exact = len(rows.rows), True
    else:
        count = search.count(budget=budget)
        total, exact = int(count), count.exact
    is_empty = rows is not None and not rows.rows and not parameters.after
    facets, uncounted = count_facets(parameters, search, budget) if total else ([], [])
    columns = [each for each in search.selected_columns if each.address != "rootname"]
    rootname = current_archive().where().columns("rootname").selected_columns[0]
    return render_template(
        "results.html",
        api=url_for("api.observations", q=parameters.q or None),
        parameters=parameters,
        box_text=parameters.q,
        view=parameters.view,
        views=VIEWS,
        downloads=DOWNLOADS,
        chips=_chips(parameters, search.condition),
        notes=search.notes(),
        total=total,
        exact=exact,
        explanation=search.time_limit(EXPLAIN_TIME_LIMIT).explain() if is_empty else None,
        facets=facets,
        uncounted=uncounted,
        sorts=SORTS,
        sorted_by=search.sorted_by[0],
        columns=columns,
        # Looked up once, and not in each row.
        cells=[(each.address, each.spec.type in ("int", "float"), each) for each in columns],
        all_columns=search.selected_columns,
        rootname=rootname,
        walk=_walk(parameters),
        **content,
    )


def _content(parameters: ResultsParameters, search: Search) -> dict[str, Any]:
    """Return what the template needs for the view, with the page of rows if the view has one."""
    match parameters.view:
        case "table":
            needed = dict.fromkeys((*search.addresses, "rootname", "ipppssoot", "proposid"))
            rows = search.columns(*needed).page(PAGE_SIZE, parameters.after, parameters.before)
            return {"page": rows}
        case "thumbnails":
            return {"page": search.thumbnails(PAGE_SIZE, parameters.after, parameters.before)}
        case "map":
            return {"page": None} | _map(search)
    return {"page": None} | _plot(parameters)


def _walk(parameters: ResultsParameters) -> dict[str, str]:
    """Return the parameters with which the page of an observation keeps the search."""
    sort = {"sort": ",".join(parameters.keys)} if parameters.keys else {}
    return {"q": parameters.q} | sort


def _chips(parameters: ResultsParameters, condition: Condition) -> list[tuple[str, dict[str, Any]]]:
    """Return each condition as a text, with the parameters of the search without it."""
    specs = current_archive().specs
    parts = conjuncts(condition) if condition != And() else ()
    chips = []
    for number, part in enumerate(parts):
        others = And((*parts[:number], *parts[number + 1 :]))
        text = query.format_condition(query.prepare(others, specs), specs)
        without = parameters.first_page(q=text if len(parts) > 1 else None, counts=None)
        chips.append((query.format_condition(part, specs), without))
    return chips


def _map(search: Search) -> dict[str, Any]:
    specs = current_archive().specs
    whole = search.condition == And()
    # Without a condition, a random sample is quick only if nothing is required of it.
    placed = search if whole else search.where(Exists("ra_targ"), Exists("dec_targ"))
    columns = placed.columns("detector", "ra_targ", "dec_targ", *specs.internal_exposures)
    sample = columns.sample(MAX_POINTS)
    # A sample of the whole archive may be smaller than MAX_POINTS.
    is_sampled = len(sample) == MAX_POINTS or (whole and len(sample) < search.count())
    external = [
        row
        for row in sample
        if None not in (row["ra_targ"], row["dec_targ"]) and not specs.is_internal(row)
    ]
    positions = {
        detector or "unknown": np.array(
            [(r["ra_targ"], r["dec_targ"]) for r in external if r["detector"] == detector]
        )
        for detector in [*specs.detectors, None]
    }
    positions = {detector: points for detector, points in positions.items() if len(points)}
    return {
        "sampled": is_sampled,
        "points": len(external),
        "dots": {detector: sky_map.dots(*points.T) for detector, points in positions.items()},
        "numbers": {detector: len(points) for detector, points in positions.items()},
        "sky": sky_map,
    }


def _plot(parameters: ResultsParameters) -> dict[str, Any]:
    axes = plot_axes(parameters, current_archive().specs)
    arguments = parameters.first_page(view=None, columns=None, counts=None)
    return {
        "x": axes[0],
        "y": axes[1] if len(axes) == 2 else None,
        "max_points": MAX_POINTS,
        "figure": url_for("search_plot.figure", **arguments),
    }
