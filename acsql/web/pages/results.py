"""Searching: the box, the form, and what a search finds as table, thumbnails, map, plot and file.

The address has the whole state, with the conditions as one text in the query language.  What a
page has beside its results, the count and the facets, gets a few hundredths of a second: a search
that is slow to count is no reason to wait for its first fifty rows.  What was not counted in that
time has a link that asks for it, which a script follows once the rows are there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from ... import query
from ...errors import QueryError, QueryTimeout
from ...export import text
from ...query import And, AnyOf, Column, Condition, Equals, Exists, Or
from .. import sky_map
from ..context import the_archive
from ..downloads import download
from ..errors import status_of
from ..query_form import FIELDS, as_search, parts_of
from ..results_parameters import DOWNLOADS, VIEWS, Search
from ..selection import SORTS
from .search_form import _form, _wrong

blueprint = Blueprint("results", __name__)


PAGE_SIZE = 50
# Seconds that a page may take for its rows, and what stands beside them for itself.
PAGE_LIMIT = 20
BESIDE_LIMIT = 0.02
# What somebody waits for who asks for the numbers nevertheless.
COUNTS_LIMIT = 15
# The facets of more results than these cannot be counted in time, unless that was done before.
MOST_COUNTED = 5_000
GLANCE_LIMIT = 0.005
# Points of a map or a plot: of more, so many at random.
MOST_POINTS = 20_000
# The values of a facet that are offered.
MOST_VALUES = 40
# Rows of the text table, which has to hold them all before it knows its widths.
MOST_TEXT_ROWS = 10_000
YEARS = "date_obs"
PLOTTED = ("expstart", "exptime")


@blueprint.get("/database/results")
def page() -> AnyResponse:
    """Show what a search finds, or send it as a file."""
    given = request.args.to_dict(flat=False)
    try:
        filled_in, asked = as_search(given, the_archive().specs)
        if filled_in.wrong:
            box_ = {"box_text": asked.first("q")} if "q" in given else {}
            return _form(filled_in, asked, box_, 400)
        arguments = asked.arguments()
        if arguments != given:
            # What the form sends becomes the address that one can share.
            return redirect(url_for(".page", **arguments))
        return _results(asked)
    except QueryTimeout as error:
        told = {"wrong": [str(error)], "box_text": asked.first("q")}
        return _form(filled_in, asked, told, status_of(error))
    except QueryError as error:
        return _wrong(Search(), [str(error)])


def _results(asked: Search) -> AnyResponse:
    archive = the_archive()
    columns = archive.columns(asked.columns)
    condition = archive.condition(asked.condition(archive.specs))
    if asked.download not in (None, "html"):
        return _download(asked, condition, columns)
    return Response(_results_page(asked, condition, columns))


def _download(asked: Search, condition: Condition, columns: Sequence[Column]) -> Response:
    """Return all results as a file."""
    archive = the_archive()
    if asked.download == "table" and archive.count(condition) > MOST_TEXT_ROWS:
        raise QueryError(
            f"a text table has at most {MOST_TEXT_ROWS} rows, because it is sent as a whole: "
            "take CSV, or another format"
        )
    addresses = [column.address for column in columns]
    rows = archive.iter(condition, columns=addresses, sort=asked.sort or None)
    return download(rows, columns, asked.download, "acsql")


@dataclass(frozen=True)
class Value:
    """A value of a facet: how many results have it, and the search that asks for it as well."""

    text: str
    number: int
    narrowed: dict[str, list[str]]


@dataclass(frozen=True)
class Facet:
    """What the results have of one keyword."""

    label: str
    values: list[Value] = field(default_factory=list)


def _results_page(asked: Search, condition: Condition, columns: Sequence[Column]) -> str:
    archive = the_archive()
    view = asked.view
    shown = {"table": _table, "thumbnails": _thumbnails, "map": _map, "plot": _plot}[view](
        asked, condition, columns
    )
    page = shown.get("page")
    whole = page is not None and not (asked.first("after") or asked.first("before") or page.next)
    patience = COUNTS_LIMIT if asked.first("counts") else BESIDE_LIMIT
    total = len(page.rows) if whole else archive.count(condition, budget=patience)
    empty = page is not None and not page.rows and not (asked.first("after"))
    facets, uncounted = _facets(asked, condition, patience, total) if total else ([], [])
    return render_template(
        "results.html",
        search=asked,
        box_text=asked.first("q"),
        view=view,
        views=VIEWS,
        downloads=DOWNLOADS,
        chips=_chips(asked, condition),
        total=total,
        exact=whole or total.exact,
        explanation=archive.explain_empty(condition, time_limit=1) if empty else None,
        facets=facets,
        uncounted=uncounted,
        sorts=SORTS,
        sorted_by=archive.sorted_by(condition, sort=asked.sort or None)[0],
        columns=[column for column in columns if column.address != "rootname"],
        all_columns=columns,
        rootname=archive.columns(["rootname"])[0],
        api=url_for("api.observations", q=asked.first("q") or None),
        **{"page": page} | shown,
    )


def _walk(asked: Search) -> dict[str, str]:
    """Return the parameters with which an observation remembers the search."""
    return {"q": asked.first("q")} | ({"sort": ",".join(asked.sort)} if asked.sort else {})


def _chips(asked: Search, condition: Condition) -> list[tuple[str, dict[str, list[str]]]]:
    """Return each condition as a text, and the search without it."""
    parts = parts_of(condition) if condition != And() else ()
    specs = the_archive().specs
    return [
        (query.format_condition(part, specs), _asking(asked, [*parts[:n], *parts[n + 1 :]]))
        for n, part in enumerate(parts)
    ]


def _asking(asked: Search, parts: Sequence[Condition]) -> dict[str, list[str]]:
    """Return the parameters of a search with other conditions."""
    specs = the_archive().specs
    whole = (
        query.format_condition(query.prepare(And(tuple(parts)), specs), specs) if parts else None
    )
    return asked.anew(q=whole, counts=None)


def _facets(
    asked: Search, condition: Condition, patience: float, total: int
) -> tuple[list[Facet], list[str]]:
    """Return what the results have of the keywords with few values, and what takes long to tell.

    Returns
    -------
    facets : list of Facet
        Those that were counted in time, without the keywords of which all have the same value.
    uncounted : list of str
        The labels of the others.
    """
    archive = the_archive()
    few = {f.keyword: f.label for f in FIELDS if f.kind(archive.specs) == "choices"}
    labels = {**few, YEARS: "Year"}
    hopeless = total > MOST_COUNTED and patience == BESIDE_LIMIT
    # Years are not counted ahead with the rest.
    for keywords, limit in (
        (list(labels), GLANCE_LIMIT if hopeless else patience),
        (list(few), GLANCE_LIMIT),
    ):
        try:
            numbers = archive.facets_of(keywords, condition, time_limit=limit)
        except QueryTimeout:
            continue
        parts = [part for part in parts_of(condition) if part != And()]
        counted = [
            Facet(labels[keyword], _facet_values(asked, parts, keyword, numbers[keyword]))
            for keyword in keywords
            if len(numbers[keyword]) > 1
        ]
        return counted, [label for name, label in labels.items() if name not in keywords]
    return [], list(labels.values())


def _facet_values(
    asked: Search, parts: Sequence[Condition], keyword: str, numbers: Mapping[Any, int]
) -> list[Value]:
    """Return the most frequent values of a keyword, years all and in their order."""
    # A list of values gives way to the one of them.
    kept = [p for p in parts if not (isinstance(p, AnyOf) and p.keyword == keyword)]
    specs = the_archive().specs
    texts = (query.format_condition(part, specs) for part in kept)
    texts = [f"({t})" if isinstance(p, Or) else t for t, p in zip(texts, kept, strict=True)]
    others = asked.anew(q=None, counts=None)
    found = []
    for value in sorted(numbers) if keyword == YEARS else list(numbers)[:MOST_VALUES]:
        narrower = f"{keyword}={value:04d}" if keyword == YEARS else _equality(keyword, value)
        shown = text(value) if isinstance(value, bool) else str(value)
        narrowed = {"q": [" ".join([*texts, narrower])], **others}
        found.append(Value(shown, numbers[value], narrowed))
    return found


def _equality(keyword: str, value: Any) -> str:
    return query.format_condition(Equals(keyword, value))


def _paging(asked: Search) -> dict[str, Any]:
    marks = {name: asked.first(name) or None for name in ("after", "before")}
    return {"sort": asked.sort or None, "size": PAGE_SIZE, "time_limit": PAGE_LIMIT, **marks}


def _table(asked: Search, condition: Condition, columns: Sequence[Column]) -> dict[str, Any]:
    needed = dict.fromkeys(column.address for column in columns)
    needed |= dict.fromkeys(("rootname", "ipppssoot", "proposid"))
    page = the_archive().page(condition, columns=list(needed), **_paging(asked))
    return {"page": page, "walk": _walk(asked)}


def _thumbnails(asked: Search, condition: Condition, _: Sequence[Column]) -> dict[str, Any]:
    page = the_archive().gallery(condition, **_paging(asked))
    return {"page": page, "walk": _walk(asked)}


def _map(_: Search, condition: Condition, __: Sequence[Column]) -> dict[str, Any]:
    archive = the_archive()
    # Without a condition no placed one is looked for, so that a sample can be had at once.
    placed = (condition, Exists("ra_targ"), Exists("dec_targ")) if condition != And() else ()
    addresses = ["detector", "ra_targ", "dec_targ", *archive.specs.internal_exposures]
    rows = archive.sample(*placed, columns=addresses, size=MOST_POINTS, time_limit=PAGE_LIMIT)
    # Of the whole archive fewer come, unless it is small.
    sampled = len(rows) == MOST_POINTS or (not placed and len(rows) < archive.count())
    rows = [
        row
        for row in rows
        if None not in (row["ra_targ"], row["dec_targ"]) and not archive.specs.is_internal(row)
    ]
    kinds = [*archive.specs.detectors, None]
    positions = {
        kind: np.array([(r["ra_targ"], r["dec_targ"]) for r in rows if r["detector"] == kind])
        for kind in kinds
    }
    return {
        "sampled": sampled,
        "points": len(rows),
        "dots": {
            kind or "unknown": sky_map.dots(*found.T)
            for kind, found in positions.items()
            if len(found)
        },
        "numbers": {kind or "unknown": len(found) for kind, found in positions.items()},
        "sky": sky_map,
    }


def _plot(asked: Search, _: Condition, __: Sequence[Column]) -> dict[str, Any]:
    x, y = _axes(asked)
    return {
        "x": x,
        "y": y,
        "most_points": MOST_POINTS,
        "figure": url_for("search_plot.figure", **asked.anew(view=None, columns=None, counts=None)),
    }


def _axes(asked: Search) -> tuple[Column, Column | None]:
    """Return what is plotted against what; of one keyword alone the numbers of its values.

    Raises
    ------
    QueryError
        If a keyword is no number.
    """
    names = [asked.first("x"), asked.first("y")] if asked.first("x") else list(PLOTTED)
    axes = the_archive().columns([name for name in dict.fromkeys(names) if name])
    for column in axes:
        if not _is_number(column):
            raise QueryError(f"{column.address} holds no numbers: it cannot be plotted")
    return axes[0], axes[1] if len(axes) > 1 else None


def _is_number(column: Column) -> bool:
    return column.spec.type in ("int", "float")
