"""The site of the sample archive: asked by Flask's client, and served to a browser."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, sync_playwright

import acsql
from acsql.web.app import create_app

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def client(sample_archive: acsql.Archive) -> FlaskClient:
    """Someone who looks at the site of the sample archive."""
    app = create_app(sample_archive)
    app.testing = True
    return app.test_client()


@pytest.fixture
def empty_client(empty_archive: acsql.Archive) -> FlaskClient:
    """Someone who looks at the site of an archive that a test fills itself."""
    app = create_app(empty_archive)
    app.testing = True
    return app.test_client()


@pytest.fixture(scope="module")
def rows(sample_archive: acsql.Archive) -> list[dict[str, Any]]:
    """All observations, as a gallery has them."""
    return sample_archive.gallery().rows


@pytest.fixture(scope="module")
def pictured(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """An observation with a thumbnail."""
    return next(row for row in rows if not row["no_thumbnail"])


@pytest.fixture(scope="module")
def site(
    sample_archive: acsql.Archive, write_settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a server with the sample archive."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    settings = write_settings(sample_archive.config, tmp_path_factory.mktemp("site"))
    command = [Path(sys.executable).with_name("acsql"), "--config", settings, "serve"]
    with subprocess.Popen(
        [*command, "--port", str(port), "--workers", "1"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert str(port) in process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser; where there is none, tests that need it are left out, but not in CI."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None and "CI" not in os.environ:
        pytest.skip("there is no chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()
