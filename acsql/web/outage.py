"""An outage of the database: requests are refused at once, without a query.

The background check of the driver finds out when the database answers again.  If each request
tried, all threads of the site would soon be waiting.
"""

from flask import Flask, request

from ..errors import DatabaseUnavailable
from . import rate_limit
from .context import current_archive

# Seconds after which a client should try again; a private server is started again sooner.
RETRY_AFTER_S = 5
MESSAGE = "The database does not answer at the moment. Try again in a few seconds."
# Endpoints that need no database, or report the outage in their own way; None is a URL without one.
_SERVED = {"static", "api.health", None}


def register(app: Flask) -> None:
    """Let an application refuse requests during an outage.

    Parameters
    ----------
    app : Flask
        The application.
    """

    @app.before_request
    def refuse() -> None:
        """Refuse a request that needs the database."""
        if request.endpoint not in _SERVED:
            check_database()


def check_database() -> None:
    """Check that the database of the site answers.

    Raises
    ------
    DatabaseUnavailable
        If it does not; the message does not name it.
    """
    if not current_archive().answers:
        raise DatabaseUnavailable(MESSAGE)


def note() -> None:
    """Note that the current request is not answered because of an outage."""
    rate_limit.retry_after(RETRY_AFTER_S)
