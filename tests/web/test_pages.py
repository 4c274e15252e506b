"""Pages are found in their package, and each has a line in the documentation."""

import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

import acsql
from acsql.web import pages
from acsql.web.app import create_app

ROOT = Path(__file__).parents[2]
MODULES = [module.name for module in pkgutil.iter_modules(pages.__path__)]


@pytest.fixture
def site(empty_archive: acsql.Archive) -> Flask:
    """The site of an empty archive."""
    return create_app(empty_archive)


def test_every_module_is_a_blueprint_of_its_own_name(site: Flask) -> None:
    assert [blueprint.name for blueprint in pages.blueprints()] == MODULES
    assert set(MODULES) <= set(site.blueprints)


def test_every_page_has_a_line_in_the_documentation(site: Flask) -> None:
    text = (ROOT / "docs/reference/pages.rst").read_text(encoding="utf-8")
    documented = {address.partition("?")[0] for address in re.findall(r"\* - ``(/.*?)``", text)}
    routes = {
        re.sub(r"<[^:<>]*(?:\([^)]*\))?:(\w+)>", r"<\1>", rule.rule)
        for rule in site.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in MODULES
    }
    assert documented == routes


def test_pages_link_to_their_data_in_the_api(
    client: FlaskClient, sample_archive: acsql.Archive, pictured: dict[str, Any]
) -> None:
    known = sample_archive.observation(pictured["rootname"])
    observation = f"/archive/{known['proposid']}/{known.ipppssoot}/"
    data_of = {
        "/": "/api/summary",
        "/archive/": "/api/proposals",
        f"/archive/{known['proposid']}/": f"/api/proposals/{known['proposid']}",
        observation: f"/api/observations/{known.ipppssoot}",
        f"{observation}headers/flt/1/": f"/api/observations/{known.ipppssoot}/headers/flt/1",
        f"{observation}tables/jit/1/": f"/api/observations/{known.ipppssoot}/tables/jit/1",
        "/ingest/": "/api/runs",
        "/ingest/1/": "/api/runs/1",
        "/statistics/": "/api/statistics",
    }
    for page, expected in data_of.items():
        link = BeautifulSoup(client.get(page).text, "html.parser").find("link", rel="alternate")
        assert link["href"] == expected
        assert client.get(expected).status_code == 200
