"""The page of differences: two headers, files or observations side by side."""

from dataclasses import dataclass
from typing import Annotated

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...compare import HeaderAddress, Presence
from ...errors import ArchiveError, DatasetNotFound, InvalidName, ObservationNotFound, QueryError
from ...proposals import in_proposal
from ...query import Like
from ..comparison_view import COLUMNS, Side, view_comparison
from ..context import current_archive, parameters
from ..downloads import download
from ..errors import status_of
from ..params import OneOf, Parameters

FILE_FORMATS = ("csv", "json")

blueprint = Blueprint("differences", __name__)


class DifferencesParameters(Parameters):
    """The two sides, such as ``j8bt05njq.flt.1``, and which keywords to compare."""

    a: str = ""
    b: str = ""
    bookkeeping: Annotated[str, OneOf(("yes", "no"))] = "no"
    format: Annotated[str, OneOf(("html", *FILE_FORMATS))] = "html"

    @property
    def includes_bookkeeping(self) -> bool:
        """Whether file names and dates of processing are compared as well."""
        return self.bookkeeping == "yes"


@dataclass(frozen=True)
class ComparisonLink:
    """A link to another comparison.

    Parameters
    ----------
    label : str
        The text of the link.
    a, b : HeaderAddress
        The two sides.
    title : str
        A description, shown as a tooltip.
    current : bool
        Whether this comparison is the one shown.
    """

    label: str
    a: HeaderAddress
    b: HeaderAddress
    title: str = ""
    current: bool = False


@blueprint.get("/difference")
def page() -> BaseResponse:
    """Show the keywords that differ, or the form that asks for the two sides."""
    query = parameters(DifferencesParameters)
    try:
        return _compare(query)
    except (DatasetNotFound, ObservationNotFound, InvalidName, QueryError) as error:
        # The form keeps the input, with the error beside it.
        return _form(query, [], error)


def _form(
    query: DifferencesParameters, sides: list[Side], error: ArchiveError | None = None
) -> Response:
    page = render_template("difference.html", parameters=query, sides=sides, error=error)
    return Response(page, status_of(error) if error else 200)


def _compare(query: DifferencesParameters) -> BaseResponse:
    if not (query.a or query.b):
        return _form(query, [])
    side_a = _side(query.a or query.b)
    if not (query.a and query.b):
        partner = _default_partner(side_a)
        if partner is None:
            return _form(query, [side_a])
        arguments = query.arguments(a=str(side_a.part), b=str(partner))
        return redirect(url_for(".page", **arguments))
    side_b = _side(query.b)
    archive = current_archive()
    compared = archive.differences(str(side_a.part), str(side_b.part), query.includes_bookkeeping)
    view = view_comparison(compared, side_a, side_b, archive.specs)
    if query.format != "html":
        name = f"{side_a.part}_{side_b.part}_difference"
        return download(view.records(), COLUMNS, query.format, name)
    page = render_template(
        "difference.html",
        parameters=query,
        sides=[side_a, side_b],
        error=None,
        view=view,
        both=view.number(Presence.BOTH),
        only_a=view.number(Presence.ONLY_A),
        only_b=view.number(Presence.ONLY_B),
        filetype_links=_filetype_links(side_a, side_b),
        observation_links=_observation_links(side_a, side_b),
    )
    return Response(page)


def _side(name: str) -> Side:
    archive = current_archive()
    part = HeaderAddress.parse(name)
    observation = archive.observation(part.name)
    # Exposures have exposures as neighbours, and association products have products.
    same_kind = Like("rootname", "?" * len(observation.rootname))
    search = archive.where(in_proposal(observation["proposid"]), same_kind)
    if observation["detector"]:
        search = search.where(detector=observation["detector"])
    before, after = search.neighbours(observation)
    own_name = HeaderAddress(observation.ipppssoot, part.filetype, part.extension)
    return Side(own_name, observation, before, after)


def _default_partner(side: Side) -> HeaderAddress | None:
    """Return what a single part is compared with, or None if there is nothing.

    It is the same part of the next or the previous observation, else another filetype.
    """
    part = side.part
    for name in (side.after, side.before):
        if name is not None and _has(name, part.filetype):
            return HeaderAddress(name, part.filetype, part.extension)
    others = [name for name in side.observation.datasets if name != part.filetype]
    if part.filetype is None or not others:
        return None
    return HeaderAddress(part.name, others[0])


def _has(name: str, filetype: str | None) -> bool:
    """Return whether an observation has a filetype, if one is given."""
    return filetype in (None, *current_archive().observation(name).datasets)


def _filetype_links(side_a: Side, side_b: Side) -> list[ComparisonLink]:
    """Return links to the other filetypes: of both observations, or of the second part."""
    a, b = side_a.part, side_b.part
    filetypes = current_archive().specs.filetypes
    if a.name == b.name:
        return [
            ComparisonLink(
                f"with {name}",
                a,
                HeaderAddress(b.name, name),
                title=filetypes[name].description,
                current=name == b.filetype,
            )
            for name in side_b.observation.datasets
            if name != a.filetype
        ]
    current = a.filetype if a.filetype == b.filetype else ""
    links = [
        ComparisonLink(
            "all headers", HeaderAddress(a.name), HeaderAddress(b.name), current=current is None
        )
    ]
    for name in side_a.observation.datasets:
        if name in side_b.observation.datasets:
            sides = HeaderAddress(a.name, name), HeaderAddress(b.name, name)
            title = filetypes[name].description
            links.append(ComparisonLink(name, *sides, title, current=name == current))
    return links


def _observation_links(side_a: Side, side_b: Side) -> list[ComparisonLink]:
    """Return links that replace the second side by a neighbour of the first, or swap the two."""
    a, b = side_a.part, side_b.part
    model = a if a.name == b.name else b
    links = []
    for which, name in (("previous", side_a.before), ("next", side_a.after)):
        if name is not None and name != b.name and _has(name, model.filetype):
            neighbour = HeaderAddress(name, model.filetype, model.extension)
            links.append(ComparisonLink(f"with the {which}, {name}", a, neighbour))
    return [*links, ComparisonLink("swap the two", b, a)]
