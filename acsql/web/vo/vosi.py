"""VOSI 1.1: whether the services are available, and what they can do."""

from flask import Response, abort

from ..context import current_archive
from .service import blueprint, xml_response

# The services by the part of the URL that names them.
SERVICES = ("scs", "datalink", "soda", "sia2", "tap")


@blueprint.get("/vo/<service>/availability")
def availability(service: str) -> Response:
    """Return whether the database answers."""
    if service not in SERVICES:
        abort(404)
    return xml_response("availability.xml", is_up=current_archive().answers)
