"""A log-in and a log-out in a browser: by keyboard, without scripts, and on a phone."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

import acsql
from acsql.accounts import audit
from acsql.accounts.roles import Role

PASSWORD = "correct horse battery"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def anna(sample_archive: acsql.Archive) -> Iterator[str]:
    """An account of the sample archive, which other tests use without accounts."""
    sample_archive.accounts.add("anna", Role.ANNOTATE, PASSWORD)
    yield "anna"
    sample_archive.accounts.remove("anna")


@pytest.mark.parametrize(
    "options",
    [{}, {"java_script_enabled": False}, PHONE, {"color_scheme": "dark"}],
    ids=["desktop", "without scripts", "phone", "dark"],
)
def test_a_user_logs_in_by_keyboard_and_out_again(
    window: Callable[..., Page], anna: str, sample_archive: acsql.Archive, options: dict[str, Any]
) -> None:
    page = window(**options)

    def check() -> None:
        if options.get("java_script_enabled", True):
            assert Axe().run(page).response["violations"] == []

    page.goto("/ingest/")
    page.get_by_role("link", name="Log in").press("Enter")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    check()
    page.get_by_label("Name", exact=True).fill(anna)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"^[^?]*/ingest/$"))
    expect(page.locator("header .user")).to_contain_text(anna)
    check()
    page.get_by_role("button", name="Log out").press("Enter")
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    log = (sample_archive.config.log_dir / audit.SITE).read_text().splitlines()
    last = [json.loads(line) for line in log[-2:]]
    assert [(line["action"], line["by"]) for line in last] == [("log in", anna), ("log out", anna)]
