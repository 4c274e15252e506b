"""During an outage of the database every request is refused at once, and says when to come back."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import Message
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import acsql
from acsql.config import Config
from acsql.errors import DatabaseUnavailable
from acsql.mongod import server
from acsql.web import outage, static_files
from acsql.web.app import create_app


@pytest.fixture
def away(empty_archive: acsql.Archive) -> FlaskClient:
    """A client of a site whose database does not answer."""
    app = create_app(empty_archive)
    empty_archive.close()
    return app.test_client()


@pytest.mark.parametrize("path", ["/", "/api/count", "/files/"])
def test_requests_are_refused_with_the_time_to_try_again(away: FlaskClient, path: str) -> None:
    response = away.get(path)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == str(outage.RETRY_AFTER_S)
    assert outage.MESSAGE in response.text


def test_the_health_check_says_so_and_static_files_are_served(away: FlaskClient) -> None:
    response = away.get("/health")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == str(outage.RETRY_AFTER_S)
    state = json.loads(response.data)
    assert (state["status"], state["database"]) == ("failing", False)
    with away.get(f"{static_files.url_path()}/site.css") as static:
        assert static.status_code == 200
    assert away.get("/nowhere").status_code == 404


def test_a_query_that_loses_the_database_is_refused_alike(
    empty_archive: acsql.Archive, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(empty_archive)

    @app.get("/lose")
    def lose() -> str:
        raise DatabaseUnavailable("the database mongodb://secret-host does not answer")

    response = app.test_client().get("/lose")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == str(outage.RETRY_AFTER_S)
    assert "secret-host" not in response.text
    # The whole outage has one line, written by the process that watches the database.
    assert [record for record in caplog.records if record.levelname != "INFO"] == []


# The site of a private server.
SERVE = """
import sys
from acsql import config
from acsql.mongod import resolve_connection
from acsql.web import server

server.serve(
    resolve_connection(config.load(sys.argv[1])),
    port=int(sys.argv[2]),
    on_ready=lambda: print("ready", flush=True),
)
"""


@pytest.fixture
def private(tmp_path: Path, write_settings: Callable[[Config, Path], Path]) -> Iterator[Config]:
    """The configuration of an empty archive with a private server."""
    (tmp_path / "archive").mkdir()
    config = Config(
        filesystem=tmp_path / "archive",
        data_dir=tmp_path / "data",
        jpeg_dir=tmp_path / "jpegs",
        thumbnail_dir=tmp_path / "thumbnails",
        log_dir=tmp_path / "logs",
        proposals_file=tmp_path / "proposals.yaml",
        ncores=1,
    )
    write_settings(config, tmp_path)
    yield config
    server.stop(config.data_dir)


def status(port: int, path: str = "/health") -> tuple[int, Message]:
    """Return status and headers of a response."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as response:
            return response.status, response.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers


def messages(config: Config) -> list[str]:
    """Return the lines of the log of the site that are not requests."""
    lines = (config.log_dir / "site.log").read_text().splitlines()
    return [entry["message"] for entry in map(json.loads, lines) if "message" in entry]


def test_a_site_survives_the_death_of_its_private_server(private: Config, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, tmp_path / "acsql.yaml", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as site:
        assert site.stdout is not None
        assert site.stdout.readline() == "ready\n"
        while status(port, "/")[0] != 200:
            time.sleep(0.05)
        before = server.status(private.data_dir)
        assert before is not None
        os.kill(before.pid, signal.SIGKILL)
        seen = set()
        while (code := status(port, "/")[0]) != 200 or 503 not in seen:
            seen.add(code)
        while len(messages(private)) < 2:
            time.sleep(0.05)
        after = server.status(private.data_dir)
        site.terminate()
        _, errors = site.communicate()
    assert seen <= {200, 503}
    assert after is not None
    assert (after.port, after.users) == (before.port, before.users)
    assert after.pid != before.pid
    lost, back = messages(private)
    assert lost.endswith("does not answer")
    assert "answers again" in back
    assert [json.loads(line)["message"] for line in errors.splitlines()] == [lost]
    assert server.status(private.data_dir) is None


def test_a_worker_can_start_during_an_outage(sample_archive: acsql.Archive) -> None:
    nowhere = replace(sample_archive.config, connection_string="mongodb://127.0.0.1:1/acsql")
    with acsql.Archive(nowhere, wait=0) as archive:
        client = create_app(archive, workers=2).test_client()
        assert client.get("/").status_code == 503
