"""The log of the site: one line of JSON for each request and each error, with the request id.

A proxy may send the id with the request, else it is made here.  The response carries it as well,
so that a request that a user reports can be found in the log.
"""

import logging
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, has_request_context, request
from pythonjsonlogger.json import JsonFormatter

from ..logs import logging_to, open_log

LOG = "site.log"
# Packages whose modules log to the file.
LOGGERS = ("acsql.web", "acsql.store", "acsql.mongod")
HEADER = "X-Request-ID"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

logger = logging.getLogger(__name__)


def request_id() -> str:
    """Return the id of the current request."""
    if "request_id" not in g:
        sent = request.headers.get(HEADER, "")
        g.request_id = sent if _REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
    return str(g.request_id)


class RequestFormatter(JsonFormatter):
    """Formats a log record as one line of JSON, with the request during which it was made."""

    def __init__(self) -> None:
        super().__init__([], rename_fields={"exc_info": "error"})

    def add_fields(
        self,
        log_data: dict[str, Any],
        record: logging.LogRecord,
        message_dict: dict[str, Any],
    ) -> None:
        """Fill in the fields of a line.

        Parameters
        ----------
        log_data : dict
            The line; it is filled in.
        record : LogRecord
            The log record.
        message_dict : dict
            The record that was logged instead of a message.
        """
        created = datetime.fromtimestamp(record.created, UTC)
        log_data["time"] = created.isoformat(timespec="milliseconds")
        log_data["level"] = record.levelname
        if has_request_context():
            log_data["request_id"] = request_id()
            log_data["client"] = request.remote_addr
            log_data["method"] = request.method
            log_data["address"] = request.full_path.removesuffix("?")
        if record.message:
            log_data["message"] = record.message
        super().add_fields(log_data, record, message_dict)


@contextmanager
def logging_requests(log_dir: Path) -> Iterator[None]:
    """Log to ``site.log``, and errors to standard error as well, while the block runs.

    Parameters
    ----------
    log_dir : Path
        The folder of the log, which processes that are forked in the block use as well.

    Raises
    ------
    ConfigError
        If the log cannot be written.
    """
    console = logging.StreamHandler()
    console.setLevel(logging.ERROR)
    handlers = (open_log(log_dir / LOG), console)
    for handler in handlers:
        handler.setFormatter(RequestFormatter())
    with logging_to(handlers, LOGGERS):
        yield


def register(app: Flask) -> None:
    """Log every request of an application, and send its id with the response."""

    @app.before_request
    def start_timer() -> None:
        """Note when the request began."""
        g.started = time.perf_counter()

    @app.after_request
    def log_request(response: Response) -> Response:
        """Log the status and the duration of the request."""
        response.headers[HEADER] = request_id()
        seconds = time.perf_counter() - g.get("started", time.perf_counter())
        logger.info({"status": response.status_code, "seconds": round(seconds, 4)})
        return response
