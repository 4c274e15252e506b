"""The endpoints that search: observations, their number, and the values of a keyword."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, cast

from flask import Response, url_for
from pydantic import Field

from ... import query as query_language
from ...errors import QueryError
from ...export import FORMATS, plain
from ...query import Column
from ...search import Search
from ..context import current_archive
from ..downloads import download
from ..json_response import PREFIX
from ..params import OneOf, WholeNumber, split
from .answers import CountAnswer, FacetAnswer, ImageStatistics, ObservationPage, ObservationRecord
from .endpoint import ApiParameters, Name, Rootname, endpoint

MAX_SIZE = 1000
# Seconds after which an estimate replaces an exact count.
COUNT_BUDGET = 2
# A text table is a format for people.
FILE_FORMATS = tuple(name for name in FORMATS if name not in ("json", "table"))
FILE_TYPES = tuple(FORMATS[name].media_type for name in FILE_FORMATS)

Limit = Annotated[int, WholeNumber(1, MAX_SIZE), Field(description="At most this many values.")]


class ConditionParameters(ApiParameters):
    """A condition."""

    q: Annotated[
        str,
        Field(
            description="A condition in the query language, "
            "such as detector=WFC exptime>=500 targname=NGC*."
        ),
    ] = ""

    @property
    def search(self) -> Search:
        """The search for the observations that meet the condition."""
        return current_archive().where(*([self.q] if self.q else []))


class ObservationsParameters(ConditionParameters):
    """A condition, and which observations and keywords to return in which form."""

    columns: Annotated[
        str,
        Field(description="Keywords separated by commas, like rootname,exptime,flt.1.goodmean."),
    ] = ""
    sort: Annotated[
        str, Field(description="Keywords separated by commas; - before one sorts descending.")
    ] = ""
    size: Annotated[int, WholeNumber(1, MAX_SIZE), Field(description="Observations on a page.")] = (
        50
    )
    after: Annotated[
        str, Field(description='The "after" of the previous page of the same search.')
    ] = ""
    format: Annotated[
        str,
        OneOf(("json", *FILE_FORMATS)),
        Field(description="json for one page; any other format for a file with all results."),
    ] = "json"


class FacetParameters(ConditionParameters):
    """A condition, and how many values to return."""

    limit: Limit = 50


@endpoint(f"{PREFIX}observations", FILE_TYPES)
def observations(query: ObservationsParameters) -> ObservationPage | Response:
    """Search observations: one page as JSON, or all results as a file."""
    search = query.search.columns(*split(query.columns)).sort(*split(query.sort))
    columns = search.selected_columns
    if query.format != "json":
        for name in ("size", "after"):
            if name in query.model_fields_set:
                raise QueryError(f"{name}: only format=json has pages; a file has all results")
        return download(search.rows(), columns, query.format, "acsql")
    page = search.page(query.size, after=query.after or None)
    following = page.next and url_for(".observations", **query.arguments(after=page.next))
    rows = [_record(row, columns) for row in page.rows]
    return {
        "observations": rows,
        "after": page.next,
        "next": following,
        "notes": search.notes(),
    }


@endpoint(f"{PREFIX}observations/<rootname>")
def observation(rootname: Rootname) -> ObservationRecord:
    """Return the top-level keywords, the files and the previews of an observation."""
    archive = current_archive()
    stored = archive.observation(rootname)
    metadata = stored.metadata
    record = _record(metadata, query_language.resolve_all(list(metadata), archive.specs))
    record |= {"datasets": stored.datasets, "files": stored.files, "previews": stored.previews}
    return cast(ObservationRecord, record)


@endpoint(f"{PREFIX}observations/<rootname>/statistics")
def image_statistics(rootname: Rootname) -> dict[str, ImageStatistics]:
    """Return the statistics of the images of an observation, by filetype, EXTVER and amplifier."""
    return current_archive().observation(rootname).image_statistics


@endpoint(f"{PREFIX}count")
def count(query: ConditionParameters) -> CountAnswer:
    """Count the observations that meet a condition."""
    search = query.search
    number = search.count(budget=COUNT_BUDGET)
    return {"observations": int(number), "exact": number.exact, "notes": search.notes()}


@endpoint(f"{PREFIX}facets/<keyword>")
def facets(keyword: Name, query: FacetParameters) -> FacetAnswer:
    """Count the values of a keyword."""
    column = query_language.resolve(keyword, current_archive().specs)
    search = query.search
    numbers = search.facets(keyword, query.limit)
    return {
        "keyword": column.address,
        "values": [
            {"value": plain(value, column), "observations": number}
            for value, number in numbers.items()
        ],
        "notes": search.notes(),
    }


def _record(row: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    """Return a row with its values as JSON has them, dates without a time."""
    return {column.address: plain(row[column.address], column) for column in columns}
