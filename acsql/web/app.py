"""The site as a Flask application: pages, looks, errors and headers, put together.

Errors speak the archive's language and are mapped to statuses here, once; routes only ask.
"""

from typing import Any

from flask import Flask, Response, render_template
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from .. import errors
from ..archive import Archive
from ..errors import ArchiveError
from ..export import text
from ..layout import NO_PROPOSAL
from . import pages

STATUSES = {
    errors.ObservationNotFound: 404,
    errors.ProposalNotFound: 404,
    errors.DatasetNotFound: 404,
    errors.InvalidName: 400,
    errors.QueryError: 400,
    errors.DatabaseError: 503,
}

# Nothing comes from another host, and nothing that stands in a page is run.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class ProposalConverter(BaseConverter):
    """A proposal in an address: its number, or the word for none, which is None in routes."""

    regex = rf"[0-9]{{1,18}}|{NO_PROPOSAL}"

    def to_python(self, value: str) -> int | None:
        """Return the proposid."""
        return None if value == NO_PROPOSAL else int(value)


def create_app(archive: Archive) -> Flask:
    """Return the site of an archive, which stays the caller's to close."""
    app = Flask(__name__)
    app.extensions[pages.ARCHIVE] = archive
    app.url_map.converters["proposal"] = ProposalConverter
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {"value": text, "number": number, "size": size, "duration": duration}
    app.jinja_env.globals |= {
        "specs": archive.specs,
        "in_archive": pages.in_archive,
        "proposal_name": pages.proposal_name,
        "summary_of_filters": pages.summary_of_filters,
    }
    app.register_blueprint(pages.pages)
    app.register_error_handler(ArchiveError, _archive_error)
    app.register_error_handler(HTTPException, _http_error)
    app.after_request(_secure)
    return app


def _archive_error(error: ArchiveError) -> tuple[str, int]:
    found = (status for kind, status in STATUSES.items() if isinstance(error, kind))
    status = next(found, 500)
    return render_template("error.html", title=_TITLES[status], message=str(error)), status


def _http_error(error: HTTPException) -> Response:
    """Give an error of HTTP itself, or one that nobody foresaw, the looks of the site."""
    response = error.get_response()
    title = _TITLES.get(error.code, error.name)
    response.set_data(render_template("error.html", title=title, message=error.description))
    response.content_type = "text/html; charset=utf-8"
    return response


_TITLES = {
    400: "That cannot be understood",
    404: "Not in the archive",
    500: "Something went wrong",
    503: "The database does not answer",
}


def _secure(response: Response) -> Response:
    response.headers.update(SECURITY_HEADERS)
    return response


def number(value: Any, digits: int = 0) -> str:
    """Return a number with its thousands apart: ``1,234``."""
    return f"{value:,.{digits}f}"


def size(number_of_bytes: float) -> str:
    """Return a number of bytes as people read it, in powers of ten: ``168.0 MB``."""
    value = float(number_of_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 999.95:
            return f"{value:.0f} bytes" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"


def duration(seconds: float) -> str:
    """Return a duration: ``3 h 25 min``, ``2 min 5 s`` or ``12.5 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
