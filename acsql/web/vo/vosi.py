"""VOSI 1.1: availability and capabilities of the services, and the registry record of the archive.

The record is what an operator registers with the Virtual Observatory, so that clients find the
archive by its name.
"""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Response, abort

from ...vo.answer import DEFAULT_ROWS, MAX_ROWS
from ...vo.tap_job import DURATION_S, LIFETIME, LONGEST_LIFETIME, LONGEST_S
from ..context import current_archive
from .service import addresses, blueprint, xml_response

# The services by the part of the URL that names them.
SERVICES = ("scs", "datalink", "soda", "sia2", "tap")
# When the services were first published; a registry has to have a date.
_CREATED = "2026-11-28T00:00:00Z"
# Rows of an answer, and seconds that a job may run and is kept: usually, and at most.
_LIMITS = {
    "rows": DEFAULT_ROWS,
    "most_rows": MAX_ROWS,
    "duration": DURATION_S,
    "longest": LONGEST_S,
    "lifetime": int(LIFETIME.total_seconds()),
    "longest_lifetime": int(LONGEST_LIFETIME.total_seconds()),
}


@blueprint.get("/vo/<service>/availability")
def availability(service: str) -> Response:
    """Return whether the database answers."""
    _check(service)
    return xml_response("availability.xml", is_up=current_archive().answers)


@blueprint.get("/vo/<service>/capabilities")
def capabilities(service: str) -> Response:
    """Return what a service can do."""
    _check(service)
    return xml_response("capabilities.xml", service=service, addresses=addresses(), limits=_LIMITS)


@blueprint.get("/vo/resource")
def resource() -> Response:
    """Return the record of the archive for a registry (VOResource 1.1)."""
    summary, places = current_archive().summary(), addresses()
    last = summary.last_run["started"] if summary.last_run else datetime.now(UTC)
    return xml_response(
        "resource.xml",
        services=SERVICES,
        addresses=places,
        host=urlsplit(places.site).hostname,
        created=_CREATED,
        updated=f"{last:%Y-%m-%dT%H:%M:%SZ}",
        observations=summary.observations,
        limits=_LIMITS,
    )


def _check(service: str) -> None:
    if service not in SERVICES:
        abort(404)
