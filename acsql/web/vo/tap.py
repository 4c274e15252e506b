"""Table Access Protocol: ``/vo/tap/sync`` runs a query, ``/vo/tap/tables`` describes the tables."""

from typing import Annotated

from flask import Response

from ...vo import tap_schema
from ...vo.tables import TapTable
from ...vo.tap import TapQuery, result, tap_query
from ...vo.tap_examples import EXAMPLES
from ..context import current_archive
from ..params import WholeNumber
from .service import (
    DaliParameters,
    addresses,
    blueprint,
    current_catalog,
    dali_parameters,
    xml_response,
)


class TapParameters(DaliParameters):
    """A query, and how its rows are returned."""

    query: str | None = None
    lang: str | None = None
    request: str | None = None
    responseformat: str | None = None
    format: str | None = None
    upload: str | None = None
    maxrec: Annotated[int | None, WholeNumber(0, 10**9)] = None


def current_tables() -> dict[str, TapTable]:
    """Return all tables by name."""
    return current_catalog().tables(current_archive().specs, addresses())


def requested_query() -> TapQuery:
    """Return the query of the request."""
    return tap_query(dali_parameters(TapParameters).explicit())


@blueprint.route("/vo/tap/sync", methods=["GET", "POST"])
def sync() -> Response:
    """Run a query."""
    archive, query = current_archive(), requested_query()
    limit, site = archive.time_limit, addresses().site
    pieces = result(query, current_tables(), archive.store, limit, site=site)
    return Response(pieces, mimetype=query.media_type)


@blueprint.get("/vo/tap/tables")
def tables() -> Response:
    """Describe all tables (VOSI 1.1)."""
    return xml_response(
        "tables.xml",
        schemas=tap_schema.SCHEMAS,
        tables=list(current_tables().values()),
        keys=tap_schema.FOREIGN_KEYS,
        stated_name=tap_schema.stated_name,
        datatype=tap_schema.datatype,
        unit=tap_schema.unit,
    )


@blueprint.get("/vo/tap/examples")
def examples() -> Response:
    """Return queries to start from (DALI 1.1, section 2.2.5)."""
    response = xml_response("examples.xml", examples=EXAMPLES)
    response.mimetype = "application/xhtml+xml"
    return response
