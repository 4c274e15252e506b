"""What the site logs: one line of JSON for each request and for each error, with a request id.

The id comes with the request if a proxy has given it one, else it is made here; the answer carries
it too, so that what a user reports can be found in the log.
"""

import json
import logging
import re
import time
import uuid
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path

from flask import Flask, Response, g, has_request_context, request

from ..errors import ConfigError

LOG = "site.log"
HEADER = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

logger = logging.getLogger(__name__)


def request_id() -> str:
    """Return the id of this request."""
    if "request_id" not in g:
        given = request.headers.get(HEADER, "")
        g.request_id = given if _ID.fullmatch(given) else uuid.uuid4().hex
    return g.request_id


class Line(logging.Formatter):
    """A record as one line of JSON, with the request during which it was made."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        made = datetime.fromtimestamp(record.created, UTC)
        told = {"time": made.isoformat(timespec="milliseconds"), "level": record.levelname}
        if has_request_context():
            told |= {
                "request_id": request_id(),
                "client": request.remote_addr,
                "method": request.method,
                "address": request.full_path.removesuffix("?"),
            }
        told |= getattr(record, "told", None) or {"message": record.getMessage()}
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told)


def check(log_dir: Path) -> None:
    """Raise `ConfigError` if the log of the site cannot be written."""
    _file(log_dir).close()


def _file(log_dir: Path) -> WatchedFileHandler:
    try:
        log_dir.mkdir(parents=True, exist_ok=True)
        return WatchedFileHandler(log_dir / LOG, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"log_dir: cannot write {log_dir / LOG}: {error.strerror}") from error


def log_to(log_dir: Path) -> None:
    """Send what the site logs to ``site.log``, and its errors to standard error as well.

    The file may be moved away at any time; a new one is begun then.

    Raises
    ------
    ConfigError
        If it cannot be written.
    """
    file = _file(log_dir)
    errors = logging.StreamHandler()
    errors.setLevel(logging.ERROR)
    site = logging.getLogger(__package__)
    site.setLevel(logging.INFO)
    for handler in (file, errors):
        handler.setFormatter(Line())
        site.addHandler(handler)


def follow(app: Flask) -> None:
    """Log every request of an application, and send its id with the answer."""

    @app.before_request
    def begin() -> None:
        g.begun = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[HEADER] = request_id()
        seconds = time.perf_counter() - g.get("begun", time.perf_counter())
        answered = {"status": response.status_code, "seconds": round(seconds, 4)}
        logger.info("%s %s", request.method, request.path, extra={"told": answered})
        return response
