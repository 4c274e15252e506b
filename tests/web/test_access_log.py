"""Each line of the log is JSON, with the request during which it was written."""

import json
import logging
import re
import sys

import pytest
from flask import Flask
from flask.testing import FlaskClient

from acsql.errors import ConfigError
from acsql.web import access_log


def line(message: object, **options: object) -> dict[str, object]:
    """Return a log record as it is written."""
    record = logging.LogRecord("site", logging.INFO, "", 0, message, (), None, **options)
    return json.loads(access_log.RequestFormatter().format(record))


def test_a_line_has_the_time_the_level_and_the_message() -> None:
    entry = line("started")
    assert list(entry) == ["time", "level", "message"]
    assert (entry["level"], entry["message"]) == ("INFO", "started")
    assert str(entry["time"]).endswith("+00:00")


def test_a_line_has_the_request() -> None:
    app = Flask("test")
    with app.test_request_context("/files/?q=a%0Ab", headers={"X-Request-ID": "one"}):
        entry = line({"status": 200, "seconds": 0.1})
    assert list(entry) == [
        "time",
        "level",
        "request_id",
        "client",
        "method",
        "address",
        "status",
        "seconds",
    ]
    assert (entry["request_id"], entry["method"]) == ("one", "GET")
    assert entry["address"] == "/files/?q=a%0Ab"


def test_a_line_has_the_traceback_of_an_error() -> None:
    try:
        raise ValueError("wrong")
    except ValueError:
        record = logging.LogRecord("site", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    entry = json.loads(access_log.RequestFormatter().format(record))
    assert "ValueError: wrong" in entry["error"]


def test_a_log_that_cannot_be_written_is_an_error(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    log = access_log.logging_requests(tmp_path / "file")
    with pytest.raises(ConfigError, match="log_dir: cannot write"), log:
        pass


def test_a_valid_request_id_of_a_proxy_is_kept(client: FlaskClient) -> None:
    def answered(given: str) -> str:
        return client.get("/", headers={"X-Request-ID": given}).headers["X-Request-ID"]

    assert answered("abc-1.2_3") == "abc-1.2_3"
    for given in ("", "a b", "x" * 65, "<script>", "a\u00e9"):
        assert re.fullmatch("[0-9a-f]{32}", answered(given))
