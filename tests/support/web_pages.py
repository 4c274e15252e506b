"""What several tests of pages need: pages as soup, their parts, and small documents."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from playwright.sync_api import Download, Locator, Page

import acsql
from acsql.paths import proposal_name
from acsql.store import observation_writes


def soup(client: FlaskClient, address: str, status: int = 200) -> BeautifulSoup:
    """Return a page, checking its status; a redirect is not followed."""
    response = client.get(address)
    assert response.status_code == status, response.text
    return BeautifulSoup(response.text, "html.parser")


def follow(client: FlaskClient, address: str, status: int = 200, **query: Any) -> BeautifulSoup:
    """Return the page to which an address leads, checking its status."""
    response = client.get(address, query_string=query or None, follow_redirects=True)
    assert response.status_code == status, response.text
    return BeautifulSoup(response.text, "html.parser")


def get_json(client: FlaskClient, address: str, **query: Any) -> Any:
    """Return the JSON response of an endpoint of the API."""
    response = client.get(f"/api/{address}", query_string=query)
    assert response.status_code == 200, response.text
    assert response.mimetype == "application/json"
    return json.loads(response.data)


def words(page: BeautifulSoup) -> str:
    """Return the text of a page with single blanks."""
    return " ".join(page.get_text(" ").split())


def names(page: BeautifulSoup) -> list[str]:
    """Return the observations of a gallery."""
    return [name.get_text() for name in page.select(".gallery .name")]


def table(page: BeautifulSoup) -> list[list[str]]:
    """Return the cells of the results."""
    rows = page.select("table.results tbody tr")
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in rows]


def difference_rows(page: BeautifulSoup) -> list[list[str]]:
    """Return the cells of a comparison."""
    rows = page.select("#differences tbody tr:not(.section)")
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in rows]


def parameters_in(address: str) -> dict[str, str]:
    """Return the parameters of an address in which each occurs once."""
    return {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}


def address_of(row: dict[str, Any]) -> str:
    """Return the address of the page of an observation."""
    return f"/archive/{proposal_name(row['proposid'])}/{row['ipppssoot']}/"


def document(rootname: str = "j8bt05nj", **fields: Any) -> dict[str, Any]:
    """Return a small document of an observation, with one raw file."""
    ipppssoot = rootname if len(rootname) == 9 else f"{rootname}q"
    return {
        "_id": rootname,
        "ipppssoot": ipppssoot,
        "proposid": 9019,
        "visit": rootname[4:6],
        "datasets": {"raw": f"{ipppssoot}_raw.fits"},
        "files": {"raw": {"path": f"j8bt/{ipppssoot}/{ipppssoot}_raw.fits", "size": 2880}},
        "headers": {"raw": {"0": {"exptime": 60.0}}},
        "previews": {
            "raw": {
                "jpeg": f"9019/{ipppssoot}_raw.jpg",
                "thumbnail": None,
                "width": 64,
                "height": 64,
            }
        },
        "last_ingest_date": datetime(2026, 1, 1),
    } | fields


def visible(page: Page, table: str) -> Locator:
    """Return the keywords of a table that can be seen."""
    return page.locator(f"#{table} tbody tr:not(.section):visible th[scope=row]")


def content(download: Download) -> str:
    """Return what a browser was given as a file."""
    return download.path().read_text()


def put_file(archive: acsql.Archive, path: str, content: bytes | None, **file: Any) -> None:
    """Store an observation with one raw file; without content the file itself does not exist.

    Parameters
    ----------
    path : str
        Where the file is, relative to the archive's root.
    **file
        More of what the document says of the file.
    """
    if content is not None:
        place = archive.config.filesystem / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    observation_writes.replace(
        archive.store,
        {
            "_id": "j8bt05nj",
            "ipppssoot": "j8bt05njq",
            "proposid": 9019,
            "datasets": {"raw": "j8bt05njq_raw.fits"},
            "files": {"raw": {"path": path, "size": len(content or b""), **file}},
            "headers": {"raw": {"0": {}}},
            "previews": {},
        },
    )
