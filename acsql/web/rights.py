"""Access rules: the requests that need a user or a right, and the protection of forms against CSRF.

A request that may change something is refused unless its user may annotate; this is checked here,
so that no route can forget it.  A route that needs a higher role calls
`acsql.web.identity.require`.
"""

from flask import Flask, Response, g, redirect, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.wrappers import Response as BaseResponse

from ..accounts.roles import Role
from ..config import Config
from ..errors import LoginRequired
from . import errors, identity
from .context import log_in_url
from .json_response import is_api_path

_READING = {"GET", "HEAD", "OPTIONS"}
# Endpoints that change nothing: what they read is too long for a URL.
COMPUTING = {
    "measurements.posted_statistics",
    "measurements.regions",
    "measurements.region_file",
}
# The VO services read forms as they read URLs (DALI 1.1, section 2.2).
_VO = "vo."
# Endpoints with which users become known, or unknown.
LOG_IN = {"login.page", "login.log_in", "login.log_out"}
# Endpoints that need no name even if all others do.
OPEN = LOG_IN | {"static", "api.health"}


def register(app: Flask, config: Config) -> None:
    """Let an application refuse requests without the rights that they need.

    Parameters
    ----------
    app : Flask
        An application with sessions, whose hooks so far precede this one.
    config : Config
        The setting `readers`.
    """
    # A form may stay open as long as the session lasts.
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)
    forms = CSRFProtect(app)
    only_users = config.readers == "users"

    @app.before_request
    def check() -> None:
        """Refuse a request without a right; None is the endpoint of a URL without a page."""
        if request.endpoint is None:
            return
        # Browsers send no token with the OPTIONS by which a page of another site may send one.
        if only_users and request.endpoint not in OPEN and request.method != "OPTIONS":
            identity.require(Role.READ)
        if request.method in _READING or is_computing(request.endpoint):
            return
        is_log_in = request.endpoint in LOG_IN
        # Browsers send no token, so that no other site can have made one send it.
        if is_log_in or not identity.require(Role.ANNOTATE).by_token:
            forms.protect()

    @app.after_request
    def keep_private(response: Response) -> Response:
        """Keep responses that are not for everyone out of shared caches."""
        if request.endpoint in LOG_IN:
            response.cache_control.no_store = True
        elif request.endpoint != "static" and (only_users or g.get("user")):
            response.cache_control.private = True
        return response

    app.register_error_handler(LoginRequired, _ask_for_log_in)
    app.register_error_handler(CSRFError, _refuse_form)


def writing_endpoints(app: Flask) -> set[str]:
    """Return the endpoints that write what users send."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) - _READING
        and rule.endpoint not in LOG_IN
        and not is_computing(rule.endpoint)
    }


def is_computing(endpoint: str) -> bool:
    """Return whether an endpoint that takes forms changes nothing."""
    return endpoint in COMPUTING or endpoint.startswith(_VO)


def _ask_for_log_in(error: LoginRequired) -> BaseResponse:
    """Redirect a reader to the log-in and back; answer others with the missing right."""
    # Programs read feeds, and would take the page of the log-in for one.
    is_for_programs = is_api_path(request.path) or request.path.endswith(".atom")
    is_page = request.method in _READING and not is_for_programs
    if is_page and identity.visitor().may_log_in:
        return redirect(log_in_url())
    status = errors.status_of(error)
    response = errors.error_response(status, errors.TITLES[status], str(error))
    response.headers["WWW-Authenticate"] = 'Bearer realm="acsql"'
    return response


def _refuse_form(_error: CSRFError) -> Response:
    return errors.error_response(
        400,
        "Form not accepted",
        "The form was not sent from a page of this site, or its session has ended. Go back, load "
        "the page again and repeat it. Scripts send a token instead of a form.",
    )
