"""JSON responses, and the paths that return them."""

import json
from typing import Any

from flask import Response

from ..export import plain

HEALTH = "/health"
PREFIX = "/api/"
# The script of the viewer reads pixels below this path.
PIXELS = "/pixels/"
# The services of the Virtual Observatory, whose errors are VOTables.
VO = "/vo/"
# The one among them whose errors are text.
SODA = "/vo/soda"


def is_api_path(path: str) -> bool:
    """Return whether programs, not people, read the responses of a path."""
    return path == HEALTH or path.startswith((PREFIX, PIXELS, VO))


def json_response(value: Any, status: int = 200) -> Response:
    """Return a value as JSON.

    Parameters
    ----------
    value : object
        Dates become ISO 8601 texts, NaN becomes null.
    status : int
        The HTTP status.

    Returns
    -------
    Response
        With its keys in their order, which in a header is that of the file; Flask's
        ``jsonify`` sorts them.
    """
    return Response(json.dumps(plain(value)), status, mimetype="application/json")
