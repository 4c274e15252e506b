"""The site below a prefix, behind nginx with the configuration of deploy/, as a browser sees it."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from getpass import getuser
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

import acsql

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx" / "acsql.conf"
PREFIX = "/acsql"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@pytest.fixture(scope="module")
def site(
    sample_archive: acsql.Archive, serving, free_port, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the site behind nginx, below a prefix."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None and "CI" not in os.environ:
        pytest.skip("there is no nginx")
    folder = tmp_path_factory.mktemp("nginx")
    port = free_port()
    address = f"http://127.0.0.1:{port}{PREFIX}/"
    config = replace(
        sample_archive.config, proxies=1, site_url=address, accel_redirect="/acsql-files"
    )
    with serving(config, folder) as site_port:
        path = folder / "nginx.conf"
        path.write_text(nginx_configuration(folder, port, site_port, config.filesystem))
        command = [program, "-p", folder, "-c", path, "-e", folder / "error.log"]
        with subprocess.Popen(command) as process:
            while not (folder / "nginx.pid").exists():
                assert process.poll() is None
                time.sleep(0.01)
            yield address
            process.terminate()


def nginx_configuration(folder: Path, port: int, site_port: int, filesystem: Path) -> str:
    """Return the configuration of deploy/, changed as its comments say, without TLS."""
    lines = CONFIGURATION.read_text()
    (location,) = re.findall(r"^    location / {\n(.*?)^    }", lines, re.MULTILINE | re.DOTALL)
    (commented,) = re.findall(
        r"^    # location /acsql-files/ {\n.*?^    # }", lines, re.MULTILINE | re.DOTALL
    )
    of_files = commented.replace("# ", "").replace("alias /archive/", f"alias {filesystem}/")
    location = location.replace("http://acsql;", f"http://127.0.0.1:{site_port}/;")
    location = location.replace('X-Forwarded-Prefix ""', f"X-Forwarded-Prefix {PREFIX}")
    temporary = "".join(f"{name}_temp_path {folder / name};\n" for name in TEMPORARY)
    return f"""
daemon off;
user {getuser()};
pid {folder / "nginx.pid"};
events {{}}
http {{
access_log {folder / "access.log"};
{temporary}
server {{
    listen 127.0.0.1:{port};
{of_files}
    location {PREFIX}/ {{
{location}
    }}
}}
}}
"""


@pytest.fixture
def outside(page: Page) -> Iterator[list[str]]:
    """The requests of a window that are not below the prefix; there may be none."""
    found: list[str] = []

    def look(address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme == "http" and not parts.path.startswith(f"{PREFIX}/"):
            found.append(address)

    page.on("request", lambda sent: look(sent.url))
    yield found
    assert found == []


@pytest.mark.usefixtures("outside")
def test_an_observation_is_found_and_its_pixels_are_shown(page: Page, row: dict[str, Any]) -> None:
    page.goto("./")
    page.fill("#go", row["ipppssoot"].upper())
    page.press("#go", "Enter")
    page.wait_for_url(f"**{PREFIX}/archive/*/{row['ipppssoot']}/**")
    picture = page.locator(".viewer img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.get_by_role("link", name="viewer", exact=True).click()
    page.wait_for_url("**/view**")
    canvas = page.locator("#canvas")
    expect(canvas).to_be_visible()
    canvas.hover()
    expect(page.locator("#at-value")).not_to_be_empty()
    page.keyboard.press("n")
    page.wait_for_url(lambda address: row["ipppssoot"] not in address)
    expect(canvas).to_be_visible()
    page.get_by_role("link", name="headers", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.usefixtures("outside")
def test_searches_plots_and_thumbnails_work(page: Page) -> None:
    page.goto("./database/")
    # An absolute redirect leads to the short address of the search.
    page.goto("./database/results?detector=WFC&view=thumbnails")
    expect(page.locator(".gallery img").first).to_be_visible()
    page.goto("./database/results?view=plot")
    expect(page.locator("[data-plot] canvas").first).to_be_attached()
    page.goto("./statistics")
    assert urlsplit(page.url).path == f"{PREFIX}/statistics/"


@pytest.mark.usefixtures("outside")
def test_every_link_of_the_navigation_works(page: Page) -> None:
    page.goto("./")
    links = page.locator("header a, main a").evaluate_all("all => all.map(link => link.href)")
    assert len(links) > 10
    for link in sorted(set(links)):
        assert page.request.get(link).ok, link


def test_nginx_sends_the_files_that_the_site_allows(
    site: str, row: dict[str, Any], sample_archive: acsql.Archive
) -> None:
    path = sample_archive.observation(row["rootname"]).path("flt")
    address = f"{site}files/{path.name}"
    with urlopen(Request(address, headers={"Range": "bytes=2880-5759"})) as response:
        assert response.status == 206
        assert response.read() == path.read_bytes()[2880:5760]
        assert response.headers["Content-Type"] == "application/fits"
        assert path.name in response.headers["Content-Disposition"]
        assert "X-Accel-Redirect" not in response.headers
    below_root = path.relative_to(sample_archive.config.filesystem)
    for refused in (urljoin(site, f"/acsql-files/{below_root}"), f"{site}files/j0000000q_flt.fits"):
        with pytest.raises(HTTPError, match="404"):
            urlopen(refused)


def test_the_download_script_fetches_files_through_nginx(
    site: str, row: dict[str, Any], sample_archive: acsql.Archive, tmp_path: Path
) -> None:
    forged = ["-H", "X-Forwarded-Prefix: /evil", "-H", "X-Forwarded-Host: evil.example"]
    search = f"{site}files/script?q=rootname%3D{row['rootname']}&filetype=flt"
    subprocess.run(["curl", "-sSf", *forged, "-o", "get.sh", search], cwd=tmp_path, check=True)
    subprocess.run(["sh", "get.sh"], cwd=tmp_path, check=True, capture_output=True)
    original = sample_archive.observation(row["rootname"]).path("flt")
    assert (tmp_path / row["ipppssoot"] / original.name).read_bytes() == original.read_bytes()
