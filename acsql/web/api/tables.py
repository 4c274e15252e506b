"""The endpoint of the tables of FITS files."""

from collections.abc import Sequence
from typing import Annotated, Any, cast

from flask import Response
from pydantic import Field

from ...export import plain
from ...export.tables import table_columns, table_rows
from ...query import Column
from ..context import current_archive
from ..downloads import download
from ..json_response import PREFIX
from ..params import OneOf
from .answers import TableAnswer, TableColumn
from .endpoint import INTEGER, ApiParameters, Name, Number, Rootname, endpoint
from .observations import FILE_FORMATS, FILE_TYPES


class TableParameters(ApiParameters):
    """The form in which a table is returned."""

    format: Annotated[
        str,
        OneOf(("json", *FILE_FORMATS)),
        Field(description="json, or any other format for a file."),
    ] = "json"


@endpoint(f"{PREFIX}observations/<rootname>/tables/<filetype>/<{INTEGER}:extension>", FILE_TYPES)
def table(
    rootname: Rootname, filetype: Name, extension: Number, query: TableParameters
) -> TableAnswer | Response:
    """Return a table of a file: association members, jitter, WCSCORR, or a headerlet."""
    observation = current_archive().observation(rootname)
    whole = observation.table(filetype, extension)
    columns = table_columns(whole)
    if query.format != "json":
        stem = observation.datasets[filetype].removesuffix(".fits")
        return download(table_rows(whole), columns, query.format, f"{stem}_{extension}")
    rows = [{name: plain(value) for name, value in row.items()} for row in table_rows(whole)]
    return {"columns": described_columns(columns), "rows": rows}


def described_columns(columns: Sequence[Column]) -> list[TableColumn]:
    """Return the names, types, units and descriptions of columns."""
    return [
        {
            "name": column.address,
            "type": cast(Any, column.spec.type),
            "unit": column.spec.unit,
            "description": column.spec.description,
        }
        for column in columns
    ]
