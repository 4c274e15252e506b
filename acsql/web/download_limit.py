"""The limit of simultaneous downloads of FITS files, beyond which a client has to retry later.

A download may run for hours.  Without a limit a crowd of them would use up the open files and the
bandwidth that pages need.  Each process counts its own, as it counts requests.
"""

from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from threading import BoundedSemaphore
from typing import cast

from flask import Flask, Response, current_app
from werkzeug.exceptions import ServiceUnavailable

RETRY_AFTER_S = 60
# The key of the semaphore in `Flask.extensions`.
_FREE = "acsql.downloads"


def register(app: Flask, downloads: int) -> None:
    """Limit the number of files that an application sends at the same time.

    Parameters
    ----------
    app : Flask
        The application.
    downloads : int
        The number of simultaneous responses of routes with `limited`.
    """
    app.extensions[_FREE] = BoundedSemaphore(downloads)


def limited(route: Callable[..., Response]) -> Callable[..., Response]:
    """Count the responses of a route as downloads until they are sent.

    Parameters
    ----------
    route : callable
        Returns a response that sends a file.

    Returns
    -------
    callable
        The route; it raises `ServiceUnavailable` with ``Retry-After`` at the limit.
    """

    @wraps(route)
    def counted(*args: object, **kwargs: object) -> Response:
        """Call the route if one more download may run."""
        free = cast(BoundedSemaphore, current_app.extensions[_FREE])
        if not free.acquire(blocking=False):
            raise ServiceUnavailable(
                f"Too many downloads are in progress. Try again in {RETRY_AFTER_S} seconds.",
                retry_after=RETRY_AFTER_S,
            )
        with ExitStack() as stack:
            stack.callback(free.release)
            response = route(*args, **kwargs)
            # Werkzeug hands a file on as it is, without what is to be called on close.
            response.direct_passthrough = False
            response.call_on_close(stack.pop_all().close)
        return response

    return counted
