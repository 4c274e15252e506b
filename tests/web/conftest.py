"""The site of the sample archive, for the test client of Flask and for a browser."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

import acsql
from acsql.config import Config
from acsql.web.app import create_app

# Milliseconds, 5000 by default: a guard against waiting for ever, and no claim of speed.  The first
# request for a module may take many seconds on a machine that is busy and has a cold cache.
expect.set_options(timeout=60_000)

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# The first is Chromium without its own windows and menus, which takes 0.6 of the processor time.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")
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
# What Chromium reports although nothing is wrong: pictures that a click away from a page leaves
# behind, modules that are not loaded without scripts (a policy that refuses one is an error on the
# console as well), and an overview that is not shown because the URL has another extension.
HARMLESS = ("ERR_ABORTED", ".js csp", "preloaded using link preload but not used")


class CompiledTemplates(BytecodeCache):
    """Templates that are compiled once, and not by the site of each test that shows them."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template its code, unless its text has changed."""
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        self._code[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def compiled_templates() -> Iterator[None]:
    """Compile each template once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Flask.jinja_options, "bytecode_cache", CompiledTemplates())
        yield


@pytest.fixture(scope="module")
def sample_site(sample_archive: acsql.Archive) -> Flask:
    """The site of the sample archive, for more requests in a minute than readers send."""
    app = create_app(sample_archive)
    app.testing = True
    # Flask-Limiter reads it at each request.
    next(iter(app.extensions["limiter"])).enabled = False
    return app


@pytest.fixture
def client(sample_site: Flask) -> FlaskClient:
    """A client of the site of the sample archive, without cookies."""
    return sample_site.test_client()


@pytest.fixture
def empty_client(empty_archive: acsql.Archive) -> FlaskClient:
    """A client of the site of an archive that a test fills itself."""
    app = create_app(empty_archive)
    app.testing = True
    return app.test_client()


@pytest.fixture(scope="module")
def rows(sample_archive: acsql.Archive) -> list[dict[str, Any]]:
    """The thumbnails of all observations."""
    return sample_archive.where().thumbnails().rows


@pytest.fixture(scope="module")
def pictured(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """An exposure with a thumbnail."""
    return next(row for row in rows if not row["no_thumbnail"] and len(row["rootname"]) == 8)


@pytest.fixture(scope="module")
def row(sample_archive: acsql.Archive) -> dict[str, Any]:
    """An exposure with calibrated files that another one follows."""
    found = sample_archive.where(detector="WFC").thumbnails().rows
    return next(row for row in found if not row["no_thumbnail"] and len(row["rootname"]) == 8)


@pytest.fixture(scope="module")
def proposid(sample_archive: acsql.Archive) -> int:
    """The proposal with the most observations."""
    return max(sample_archive.proposals(), key=lambda known: known.observations).proposid


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Find a port of this machine that is free."""

    def find() -> int:
        with socket.create_server(("127.0.0.1", 0)) as found:
            return int(found.getsockname()[1])

    return find


@pytest.fixture(scope="session")
def serving(write_settings, free_port) -> Callable[..., AbstractContextManager[int]]:
    """Serve an archive with the settings of a configuration, at the port that is returned."""

    @contextmanager
    def serve(config: Config, folder: Path) -> Iterator[int]:
        port = free_port()
        command = [Path(sys.executable).with_name("acsql"), "--config"]
        command += [write_settings(config, folder), "serve", "--port", str(port), "--workers", "1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert str(port) in process.stdout.readline()
            yield port
            process.send_signal(signal.SIGTERM)
        assert process.returncode == 0

    return serve


@pytest.fixture(scope="session")
def site(
    sample_archive: acsql.Archive, serving, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a server with the sample archive."""
    with serving(sample_archive.config, tmp_path_factory.mktemp("site")) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser; tests that need it are skipped where Chromium is not installed, except in CI."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None and "CI" not in os.environ:
        pytest.skip("there is no chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def contexts(chromium: Browser) -> Callable[..., BrowserContext]:
    """Give a context of the browser that no test uses at present, without pages and cookies.

    They are kept for later tests with the same options, because a new context loads and compiles
    all scripts again.  The site stores nothing in a browser except cookies.
    """
    made: dict[str, list[BrowserContext]] = defaultdict(list)

    def give(**options: Any) -> BrowserContext:
        alike = made[repr(options)]
        context = next((each for each in alike if not each.pages), None)
        if context is None:
            context = chromium.new_context(**options)
            alike.append(context)
        context.clear_cookies()
        return context

    return give


@pytest.fixture
def window(site: str, contexts: Callable[..., BrowserContext]) -> Iterator[Callable[..., Page]]:
    """Open windows on the site; none may log errors or load from other hosts.

    The browser ends before the site, which would wait for its open connections.
    """
    complaints: list[str] = []
    hosts: set[str] = set()
    used: list[BrowserContext] = []

    def opened(**options: Any) -> Page:
        context = contexts(base_url=site, **{"viewport": DESKTOP} | options)
        used.append(context)
        page = context.new_page()
        page.on(
            "console",
            # BokehJS logs its timing.
            lambda entry: (
                entry.type in ("error", "warning")
                and complaints.append(f"{entry.text} {entry.location['url']}")
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda sent: complaints.append(f"{sent.url} {sent.failure}"))
        page.on("request", lambda sent: hosts.add(urlsplit(sent.url).netloc))
        return page

    yield opened
    for context in used:
        for page in context.pages:
            page.close()
    assert [text for text in complaints if not any(one in text for one in HARMLESS)] == []
    assert {host for host in hosts if host} <= {urlsplit(site).netloc}


@pytest.fixture
def page(window: Callable[..., Page]) -> Page:
    """A window of the size of a desktop."""
    return window()


@pytest.fixture
def page_without_scripts(window: Callable[..., Page]) -> Page:
    """A window without JavaScript."""
    return window(java_script_enabled=False)


@pytest.fixture
def phone(window: Callable[..., Page]) -> Page:
    """A window of the size of a phone."""
    return window(viewport=PHONE, has_touch=True, is_mobile=True)
