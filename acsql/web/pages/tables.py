"""The tables of FITS files: row by row as a page, and as files in the export formats."""

from typing import Annotated

from flask import Blueprint, Response, render_template, url_for

from ...export.tables import table_columns, table_rows
from ...fits.tables import is_table
from ..context import current_archive, parameters, requested_observation
from ..downloads import download
from ..file_view import MEMBER, members_in_archive
from ..params import OneOf, Parameters, WholeNumber
from ..results_parameters import DOWNLOADS

# Rows on a page: a jitter table of an exposure of half an hour has 600.
PAGE_ROWS = 100
# More rows than a table can have.
_MAX_ROW = 10**9

blueprint = Blueprint("tables", __name__)


class TableParameters(Parameters):
    """The first row of the page, counted from 1, and the file format."""

    row: Annotated[int, WholeNumber(1, _MAX_ROW)] = 1
    format: Annotated[str, OneOf(("html", *DOWNLOADS))] = "html"


@blueprint.get("/archive/<proposal:proposid>/<name>/tables/<filetype>/<int:extension>/")
def table(proposid: int | None, name: str, filetype: str, extension: int) -> Response:
    """Show rows of a table, or send all of it as a file."""
    query = parameters(TableParameters)
    observation = requested_observation(proposid, name)
    whole = observation.table(filetype, extension)
    columns = table_columns(whole)
    filename = observation.datasets[filetype]
    if query.format != "html":
        stem = f"{filename.removesuffix('.fits')}_{extension}"
        return download(table_rows(whole), columns, query.format, stem)
    rows = list(table_rows(whole[query.row - 1 : query.row - 1 + PAGE_ROWS]))
    archive = current_archive()
    page = render_template(
        "table.html",
        api=url_for("api.table", rootname=name, filetype=filetype, extension=extension),
        observation=observation,
        filetype=filetype,
        extension=extension,
        tables=[
            (other, number, header.extension_name)
            for other, headers in observation.headers.items()
            for number, header in headers.items()
            if is_table(header)
        ],
        columns=columns,
        rows=rows,
        first=query.row,
        length=len(whole),
        page_rows=PAGE_ROWS,
        member_column=MEMBER,
        members=members_in_archive(archive, [row[MEMBER] for row in rows if MEMBER in row]),
        downloads=DOWNLOADS,
    )
    return Response(page)
