"""Error responses: the HTTP status, title and message of every error, as a page or as JSON."""

import logging

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from .. import errors
from ..errors import ArchiveError, CoverageIncomplete, DatabaseUnavailable, QueryTimeout
from . import access_log, coverage_map, outage, rate_limit
from .json_response import SODA, VO, is_api_path, json_response

logger = logging.getLogger(__name__)

# A subclass must precede its base class.
STATUSES: dict[type[ArchiveError], int] = {
    errors.ObservationNotFound: 404,
    errors.ProposalNotFound: 404,
    errors.DatasetNotFound: 404,
    errors.RunNotFound: 404,
    errors.JobNotFound: 404,
    errors.AccessDenied: 403,
    errors.LoginRequired: 401,
    errors.RightMissing: 403,
    errors.AccountDamaged: 403,
    errors.AccountError: 400,
    errors.AnnotationError: 400,
    errors.InvalidName: 400,
    errors.MonitorError: 404,
    errors.QueryTimeout: 503,
    errors.QueryError: 400,
    errors.DatabaseError: 503,
}
TITLES = {
    400: "Invalid query",
    401: "Log-in required",
    403: "Access denied",
    404: "Not found",
    413: "Request too large",
    414: "URL too long",
    429: "Too many requests",
    500: "Internal error",
    503: "Temporarily unavailable",
}
# The longest URL without the host, in bytes.
MAX_URL_LENGTH = 8000
# The largest request body in bytes: a DS9 file of 10,000 regions.
MAX_BODY_LENGTH = 2**20
# Messages of errors that werkzeug raises.
MESSAGES = {
    404: "There is no page at this URL.",
    414: f"A URL may have at most {MAX_URL_LENGTH:,} bytes.",
    429: "This address sent too many requests within one minute, or too many log-ins failed, or "
    "its user wrote too often. Try again in a minute; the header Retry-After has the time.",
}


def status_of(error: ArchiveError) -> int:
    """Return the HTTP status of an error; 500 if no request should cause it."""
    return next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 500)


def register(app: Flask) -> None:
    """Let an application answer errors with `error_response`."""
    app.register_error_handler(ArchiveError, _handle_archive_error)
    app.register_error_handler(HTTPException, _handle_http_error)


def error_response(status: int, title: str, message: str) -> Response:
    """Return an error as JSON for the API, as a VOTable for the VO services, else as a page.

    Parameters
    ----------
    status : int
        The HTTP status.
    title : str
        Two or three words.
    message : str
        The text of the error: what is wrong, and what to do.

    Returns
    -------
    Response
        JSON and pages contain the id of the request.
    """
    if request.path.startswith(SODA):
        # The words of SODA 1.0 (section 5) and of DALI 1.1 (section 5.3).
        fault = "UsageFault" if status < 500 else "Fault"
        return Response(f"{fault}: {message}\n", status, mimetype="text/plain")
    if request.path.startswith(VO):
        # Loads large parts of astropy.
        from ..export import votable

        return Response(votable.error(message), status, mimetype=votable.MEDIA_TYPE)
    if is_api_path(request.path):
        error = {"error": title, "message": message, "request_id": access_log.request_id()}
        return json_response(error, status)
    page = render_template("error.html", title=title, message=message, written=_written())
    return Response(page, status)


def _written() -> str:
    """Return the text of the form of the request, which is not lost when the form is refused."""
    try:
        return request.form.get("text", "")
    except RequestEntityTooLarge:
        return ""


def public_message(error: ArchiveError) -> str:
    """Log an error that is a fault of the site, and return what visitors learn of it.

    Parameters
    ----------
    error : ArchiveError
        The error.

    Returns
    -------
    str
        Without the address of the database and without paths of this machine, which the messages
        of faults have.
    """
    if isinstance(error, DatabaseUnavailable):
        # The log has one line for the whole outage.
        outage.note()
        return outage.MESSAGE
    if isinstance(error, CoverageIncomplete):
        rate_limit.retry_after(coverage_map.RETRY_AFTER_S)
    elif isinstance(error, QueryTimeout):
        # An expensive query is not a fault of the site.
        logger.warning("%s", error)
    elif isinstance(error, errors.SchemaMismatch):
        # The message names the command that mends it, for every request until then.
        logger.error("%s", error)
    elif status_of(error) >= 500:
        logger.error("%s", error, exc_info=error)
        return _logged()
    return str(error)


def _logged() -> str:
    return f"The error was logged (request {access_log.request_id()})."


def _handle_archive_error(error: ArchiveError) -> Response:
    status = status_of(error)
    return error_response(status, TITLES[status], public_message(error))


def _handle_http_error(error: HTTPException) -> BaseResponse:
    """Answer an error of HTTP itself, or an unexpected one, in the style of the site."""
    response = error.get_response()
    if response.status_code < 400:
        return response
    status = error.code or 500
    if status == 500:
        message = _logged()
    else:
        message = MESSAGES.get(status) or error.description or error.name
    styled = error_response(status, TITLES.get(status, error.name), message)
    # The response of werkzeug keeps its headers, such as Allow and Retry-After.
    response.set_data(styled.get_data())
    response.content_type = styled.content_type
    return response
