"""The documentation builds without a warning, and its links lead somewhere."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup


@pytest.fixture(scope="module")
def soups(site: Any) -> dict[Path, BeautifulSoup]:
    """The pages, parsed."""
    return {
        page: BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        for page in site.pages()
    }


def test_the_documentation_builds_without_a_warning(site: Any) -> None:
    assert site.output == ""


def test_every_link_inside_of_the_documentation_leads_somewhere(
    site: Any, soups: dict[Path, BeautifulSoup]
) -> None:
    anchors = {page: {tag["id"] for tag in soup.find_all(id=True)} for page, soup in soups.items()}
    broken = []
    checked = 0
    for page, soup in soups.items():
        for link in soup.find_all("a", href=True):
            target = urlsplit(link["href"])
            if target.scheme or target.netloc:
                continue
            path = (page.parent / unquote(target.path)).resolve() if target.path else page
            checked += 1
            fragment = unquote(target.fragment)
            if not path.is_file() or (fragment and fragment not in anchors.get(path, {fragment})):
                broken.append(f"{page.relative_to(site.html)}: {link['href']}")
    assert broken == []
    assert checked > 1000


def test_every_link_to_another_site_is_encrypted(soups: dict[Path, BeautifulSoup]) -> None:
    local = ("http://127.0.0.1", "http://localhost")
    plain = {
        link["href"]
        for soup in soups.values()
        for link in soup.find_all("a", href=True)
        if link["href"].startswith("http://") and not link["href"].startswith(local)
    }
    assert plain == set()


def test_a_page_loads_nothing_from_another_host(soups: dict[Path, BeautifulSoup]) -> None:
    loaded = {
        address
        for soup in soups.values()
        for tag in soup.find_all(["script", "img", "link", "iframe", "source"])
        if (address := tag.get("src") or tag.get("href")) and tag.get("rel") != ["canonical"]
    }
    assert loaded
    assert {address for address in loaded if urlsplit(address).netloc} == set()


def test_the_manual_page_names_every_group_of_commands(site: Any) -> None:
    page = (site.man / "acsql.1").read_text(encoding="utf-8")
    assert page.count("acsql ingest") > 0
    assert page.count("acsql find") > 0
