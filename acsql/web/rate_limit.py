"""Limits of requests per client, of writes per user, and of log-ins that fail.

Each process counts in its own memory: counting together would need a database that the site may
write.  So each allows its share.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any, cast

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits.storage import MemoryStorage

from ..accounts.roles import Role, checked_name
from ..errors import AccountError
from . import identity
from .rights import writing_endpoints

# The endpoint of log-ins.
_LOG_IN = "login.log_in"
# Log-ins that may fail at the processes together: those of one client, and those of one account by
# all clients.  OWASP asks for both (Authentication Cheat Sheet, "Login Throttling").
PER_MINUTE = 10
PER_HOUR = 100
# Writes of one user in a minute; a person at the keyboard needs two a second at most.
WRITES_PER_MINUTE = 600
# Refusals that say when to try again (RFC 6585, section 4; RFC 9110, section 15.6.4).
_REFUSED = {429, 503}


class LockedMemory(MemoryStorage):
    """Counts in the memory of this process, which one thread at a time changes.

    Without the lock, two threads may start the timer of limits 5.8 twice, and the second request is
    an internal error: https://github.com/alisaifee/limits/pull/352

    Parameters
    ----------
    *arguments, **options : object
        As of the base class.
    """

    STORAGE_SCHEME = ["locked-memory"]  # noqa: RUF012  # declared so by limits

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._lock = Lock()
        super().__init__(*arguments, **options)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add to a count.

        Parameters
        ----------
        key : str
            Says what is counted.
        expiry : float
            Seconds after which a new count begins at zero.
        amount : int
            The number to add.

        Returns
        -------
        int
            The count.
        """
        with self._lock:
            return super().incr(key, expiry, amount)


def register(app: Flask, requests: int) -> Limiter:
    """Limit the requests of a client.

    Parameters
    ----------
    app : Flask
        The application; hooks that it registers before come first.
    requests : int
        The number of requests per minute.

    Returns
    -------
    Limiter
        For `limit_log_ins` and `limit_writes`.
    """

    # Registered before the limiter, so that it changes a response after it.
    @app.after_request
    def correct(response: Response) -> Response:
        """Say when to try again in refusals alone; the limiter knows only its own time."""
        if "retry_after" in g:
            response.headers["Retry-After"] = str(g.retry_after)
        elif response.status_code not in _REFUSED:
            response.headers.pop("Retry-After", None)
        return response

    return Limiter(
        get_remote_address,
        app=app,
        application_limits=[f"{max(1, requests)} per minute"],
        storage_uri=f"{LockedMemory.STORAGE_SCHEME[0]}://",
        headers_enabled=True,
    )


def retry_after(seconds: int) -> None:
    """Let the response to the current request, a refusal, say when to try again.

    Parameters
    ----------
    seconds : int
        From now on.
    """
    g.retry_after = seconds


def limit_log_ins(app: Flask, limiter: Limiter, workers: int) -> None:
    """Limit the log-ins that fail.

    Parameters
    ----------
    app : Flask
        The application, with its pages.
    limiter : Limiter
        From `register`.
    workers : int
        Number of processes that serve the site.
    """
    per_minute, per_hour = (max(1, number // workers) for number in (PER_MINUTE, PER_HOUR))
    view = cast("Callable[..., ResponseReturnValue]", app.view_functions[_LOG_IN])
    for value, key in (
        (f"{per_minute} per minute; {per_hour} per hour", get_remote_address),
        (f"{per_hour} per hour", _account),
    ):
        view = limiter.limit(value, key_func=key, deduct_when=_failed)(view)
    app.view_functions[_LOG_IN] = view


def limit_writes(app: Flask, limiter: Limiter, workers: int) -> None:
    """Limit the writes of a user.

    Parameters
    ----------
    app : Flask
        The application, with its pages.
    limiter : Limiter
        From `register`.
    workers : int
        Number of processes that serve the site.
    """
    value = f"{max(1, WRITES_PER_MINUTE // workers)} per minute"
    limit = limiter.shared_limit(value, scope="writes", key_func=_user)
    for endpoint in writing_endpoints(app):
        view = cast("Callable[..., ResponseReturnValue]", app.view_functions[endpoint])
        app.view_functions[endpoint] = limit(view)


def _user() -> str:
    """Return the user of a request to write, whom `acsql.web.rights` has let in."""
    return identity.require(Role.ANNOTATE).name


def _account() -> str:
    """Return the account to which a request logs in."""
    try:
        return f"account {checked_name(request.form.get('name', ''))}"
    except AccountError:
        return "no account"


def _failed(response: Response) -> bool:
    """Return whether a log-in counts; those that succeed, and forms with an error, do not."""
    return response.status_code == 403
