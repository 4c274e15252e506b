"""The endpoint of statistics of groups of observations."""

from collections.abc import Mapping
from typing import Annotated

from flask import Response
from pydantic import Field

from ...export import plain
from ...search.grouping import STATISTICS, group
from ..downloads import download
from ..json_response import PREFIX
from ..params import OneOf, split
from .answers import GroupsAnswer
from .endpoint import endpoint
from .observations import FILE_FORMATS, FILE_TYPES, ConditionParameters
from .tables import described_columns

Keywords = Annotated[str, Field(description="Keywords of numbers, separated by commas.")]


class GroupParameters(ConditionParameters):
    """A condition, the keys of the groups, and the keywords of each statistic."""

    by: Annotated[
        str,
        Field(
            description="Keywords separated by commas; dates also by year(...), month(...) or "
            "day(...), such as month(date_obs)."
        ),
    ]
    mean: Keywords = ""
    median: Keywords = ""
    std: Keywords = ""
    min: Keywords = ""
    max: Keywords = ""
    sum: Keywords = ""
    count: Keywords = ""
    format: Annotated[
        str,
        OneOf(("json", *FILE_FORMATS)),
        Field(description="json, or any other format for a file."),
    ] = "json"

    @property
    def statistics(self) -> Mapping[str, list[str]]:
        """The keywords of each statistic."""
        return {name: split(getattr(self, name)) for name in STATISTICS}


@endpoint(f"{PREFIX}groups", FILE_TYPES)
def groups(query: GroupParameters) -> GroupsAnswer | Response:
    """Compute statistics of groups of observations."""
    rows, columns = group(query.search, split(query.by), query.statistics)
    if query.format != "json":
        return download(rows, columns, query.format, "acsql_groups")
    return {
        "columns": described_columns(columns),
        "groups": [
            {column.address: plain(row[column.address], column) for column in columns}
            for row in rows
        ],
        "notes": query.search.notes(),
    }
