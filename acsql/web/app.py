"""The site as a Flask application: pages, looks, errors, headers and limits, put together.

Errors speak the archive's language and are given a status and their looks here; routes only ask.
"""

import logging

from flask import Flask, Response, abort, g, render_template, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response as AnyResponse

from ..archive import Archive
from ..errors import ArchiveError, QueryTimeout
from ..export import text
from ..paths import NO_PROPOSAL
from . import access_log, api, context, pages, plots
from .errors import status_of
from .formatting import duration, number, size

logger = logging.getLogger(__name__)

# Nothing comes from another host, and nothing that stands in a page is run.
POLICY = {
    "default-src": "'none'",
    "img-src": "'self'",
    "style-src": "'self'",
    "script-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# The longest address after the host, and the most that a request may bring along, in bytes.
LONGEST_ADDRESS = 8000
LARGEST_BODY = 2**20


class ProposalConverter(BaseConverter):
    """A proposal in an address: its number, or the word for none, which is None in routes."""

    regex = rf"[0-9]{{1,18}}|{NO_PROPOSAL}"

    def to_python(self, value: str) -> int | None:
        """Return the proposid."""
        return None if value == NO_PROPOSAL else int(value)


def create_app(archive: Archive, workers: int = 1) -> Flask:
    """Return the site of an archive, which stays the caller's to close.

    Parameters
    ----------
    workers : int
        How many processes serve it; each answers its share of `Config.rate_limit`.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    # First of all, so that what the others refuse is logged as well.
    access_log.follow(app)
    _limit(app, archive.config.rate_limit // workers, archive.config.proxies)
    app.extensions[context.ARCHIVE] = archive
    app.url_map.converters["proposal"] = ProposalConverter
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {"value": text, "number": number, "size": size, "duration": duration}
    app.jinja_env.globals |= {
        "specs": archive.specs,
        "in_archive": context.in_archive,
        "proposal_name": context.proposal_name,
        "summary_of_filters": context.summary_of_filters,
        "api_address": api.address_of_page,
        "request_id": access_log.request_id,
        "style_nonce": plots.style_nonce,
    }
    for blueprint in (api.api, plots.plots, *pages.blueprints()):
        app.register_blueprint(blueprint)
    app.register_error_handler(ArchiveError, _archive_error)
    app.register_error_handler(HTTPException, _http_error)
    app.after_request(_secure)
    return app


def _limit(app: Flask, requests: int, proxies: int) -> None:
    """Answer no more than so many requests of a client in a minute, and none that is too long.

    The counts are in the memory of the process: shared ones would need a database that the site
    may write, and several processes are each given their part instead.
    """
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)
    Limiter(
        get_remote_address,
        app=app,
        application_limits=[f"{max(1, requests)} per minute"],
        storage_uri="memory://",
        headers_enabled=True,
    )

    @app.before_request
    def not_too_long() -> None:
        if len(request.full_path.encode()) > LONGEST_ADDRESS:
            abort(414)


def _archive_error(error: ArchiveError) -> AnyResponse:
    status = status_of(error)
    if isinstance(error, QueryTimeout):
        # Somebody asked for much: nothing is broken.
        logger.warning("%s", error)
    elif status >= 500:
        logger.error("%s", error, exc_info=error)
    return _error(status, _TITLES[status], str(error))


def _http_error(error: HTTPException) -> AnyResponse:
    """Give an error of HTTP itself, or one that nobody foresaw, the looks of the site."""
    response = error.get_response()
    if response.status_code < 400:
        return response
    title = _TITLES.get(error.code, error.name)
    told = _error(error.code, title, _MESSAGES.get(error.code, error.description))
    response.set_data(told.get_data())
    response.content_type = told.content_type
    return response


def _error(status: int, title: str, message: str) -> Response:
    """Return an error for people, or under the addresses for programs as JSON."""
    if api.is_for_programs(request.path):
        return api.error(status, title, message)
    return Response(render_template("error.html", title=title, message=message), status)


_TITLES = {
    400: "That cannot be understood",
    404: "Not in the archive",
    413: "That is too much",
    414: "That address is too long",
    429: "Too many requests",
    500: "Something went wrong",
    503: "That cannot be answered now",
}
_MESSAGES = {
    404: "There is no such page.",
    414: f"An address can have {LONGEST_ADDRESS:,} characters.",
    429: "So many requests in a minute are not answered; go on in the next one.",
    500: "It is in the log of the site, under the number of this request.",
}


def _secure(response: Response) -> Response:
    policy = dict(POLICY)
    if "style_nonce" in g:
        policy["style-src"] += f" 'nonce-{g.style_nonce}'"
    told = "; ".join(f"{name} {value}" for name, value in policy.items())
    for name, value in ({"Content-Security-Policy": told} | SECURITY_HEADERS).items():
        # A page that needs another policy has said so itself.
        response.headers.setdefault(name, value)
    return response
