"""Five tasks of a new user, from the home page, with mouse and keyboard.

The number of clicks is asserted, so that no change makes a task longer unnoticed.
"""

import itertools
import tarfile
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Download, Locator, Page, expect

import acsql
from acsql.compare import HeaderComparison
from acsql.web.pages.file_selection import FOLDER


class User:
    """A user at the home page.

    `clicks` counts the clicks and `typed` has the texts; Enter after a text is not a click.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0
        self.typed: list[str] = []
        page.goto("/")

    def click(self, what: Locator) -> None:
        """Click."""
        what.click()
        self.clicks += 1

    def follow(self, name: str) -> None:
        """Click the link of this name."""
        self.click(self.page.get_by_role("link", name=name, exact=True))

    def ask(self, text: str) -> None:
        """Click into the box, type, and press Enter."""
        self.click(self.page.locator("#go"))
        home = self.page.url
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda address: address != home)
        self.typed.append(text)

    def download(self, name: str) -> Download:
        """Click the link of this name, and return the download."""
        with self.page.expect_download() as coming:
            self.follow(name)
        return coming.value


@pytest.fixture
def user(site: str, chromium: Browser) -> Iterator[User]:
    """A user; the browser must not log errors."""
    context = chromium.new_context(base_url=site, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    yield User(page)
    context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def calibrated(sample_archive: acsql.Archive) -> acsql.Observation:
    """An exposure with raw and flc."""
    rows = sample_archive.where("exists(targname)", detector="WFC").columns("rootname").rows()
    found = (sample_archive.observation(row["rootname"]) for row in rows)
    return next(one for one in found if {"raw", "flc"} <= one.datasets.keys())


def differing(found: list[HeaderComparison]) -> list[tuple[str, str]]:
    """Return each keyword that differs, with the extension of the header."""
    return [
        (compared.a.name.split()[2], difference.keyword.upper())
        for compared in found
        if compared.a and compared.b
        for difference in compared.differences
    ]


def shown_as_differing(page: Page) -> list[tuple[str, str]]:
    """Return the same from a page."""
    tables = BeautifulSoup(page.content(), "html.parser").select("#differences tbody")
    return [
        (table.select_one(".section th").get_text().split()[1], cell.get_text(strip=True))
        for table in tables
        for cell in table.select("tr:not(.section) th")
    ]


def test_find_the_images_of_a_target_through_a_filter_over_an_exposure_time(
    user: User, sample_archive: acsql.Archive
) -> None:
    target, filter_, threshold, expected = images_to_find(sample_archive)
    user.ask(f"{target} {filter_} exptime>{threshold:g}")
    user.follow("Thumbnails")
    expect(user.page.locator(".gallery .name")).to_have_text(expected)
    for image in user.page.locator(".gallery img").all():
        image.scroll_into_view_if_needed()
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert user.clicks == 2


def images_to_find(archive: acsql.Archive) -> tuple[str, str, float, list[str]]:
    """Return a target, a filter, an exposure time, and the observations that are longer."""
    columns = ["ipppssoot", "targname", "filter1", "filter2", "exptime"]
    rows = list(archive.where("exists(targname)").columns(*columns).rows())
    for row in rows:
        filters = {row["filter1"], row["filter2"]}
        filter_ = next((name for name in filters if name and name.startswith("F")), None)
        alike = [
            other
            for other in rows
            if other["targname"] == row["targname"]
            and filter_ in (other["filter1"], other["filter2"])
        ]
        times = sorted({other["exptime"] for other in alike})
        if filter_ and len(times) > 1:
            longer = [other for other in alike if other["exptime"] > times[0]]
            longer.sort(key=lambda other: other["exptime"])
            return row["targname"], filter_, times[0], [other["ipppssoot"] for other in longer]
    raise AssertionError("the sample has no such target")


def test_compare_raw_and_flc_of_one_exposure(
    user: User, sample_archive: acsql.Archive, calibrated: acsql.Observation
) -> None:
    name = calibrated.ipppssoot
    user.ask(name)
    user.click(user.page.get_by_text("compare", exact=True))
    user.follow("raw and flc")
    found = sample_archive.differences(f"{name}.raw", f"{name}.flc")
    assert shown_as_differing(user.page) == differing(found) != []
    user.click(user.page.get_by_role("link", name="viewer").first)
    badge = user.page.locator("#badge")
    expect(badge).to_be_visible()
    seen = {}
    for _ in itertools.repeat(None, 3):
        user.page.locator("#viewer:not([aria-busy])").wait_for()
        filename = badge.inner_text().split()[0]
        seen[filename] = user.page.locator("#canvas").screenshot()
        if {calibrated.datasets["raw"], calibrated.datasets["flc"]} <= seen.keys():
            break
        user.click(user.page.get_by_role("button", name="Blink files"))
        expect(badge).not_to_contain_text(filename)
    assert seen[calibrated.datasets["raw"]] != seen[calibrated.datasets["flc"]]
    assert user.clicks == 6


def test_find_every_keyword_that_differs_between_two_exposures(
    user: User, sample_archive: acsql.Archive, calibrated: acsql.Observation
) -> None:
    others = sample_archive.where(proposid=calibrated["proposid"]).neighbours(calibrated)
    name = next(name for name in others if name is not None)
    user.ask(f"{calibrated.ipppssoot} {name}")
    found = sample_archive.differences(calibrated.ipppssoot, name)
    assert shown_as_differing(user.page) == differing(found) != []
    assert user.clicks == 1


def test_download_the_fits_files_of_a_visit(
    user: User, sample_archive: acsql.Archive, tmp_path: Any
) -> None:
    proposal = next(known for known in sample_archive.proposals() if len(known.visits) > 1)
    visit = proposal.visits[1]
    user.ask(str(proposal.proposid))
    visits = user.page.get_by_role("group", name="Visit")
    user.click(visits.get_by_role("checkbox", name=visit, exact=True))
    user.follow("Download FITS files")
    expected = list(sample_archive.where(proposid=proposal.proposid, visit=visit).files())
    assert expected
    total = user.page.get_by_role("heading", level=1)
    expect(total).to_contain_text(f"{len(expected)} files")
    came = user.download(user.page.get_by_text("One tar archive").inner_text())
    came.save_as(tmp_path / "acsql.tar")
    root = sample_archive.config.filesystem
    assert unpacked(tmp_path / "acsql.tar") == {
        f"{FOLDER}/{dataset.ipppssoot}/{dataset.filename}": (root / dataset.path).read_bytes()
        for dataset in expected
    }
    assert user.clicks == 4


def unpacked(archive: Any) -> Mapping[str, bytes]:
    """Return the FITS files of an archive."""
    with tarfile.open(archive) as opened:
        members = [member for member in opened if member.name.endswith(".fits")]
        return {member.name: opened.extractfile(member).read() for member in members}


def test_see_whether_the_last_ingest_succeeded(user: User, sample_archive: acsql.Archive) -> None:
    (last,) = sample_archive.runs(1)
    contents = user.page.get_by_role("region", name="Contents")
    expect(contents.get_by_text("up to date")).to_be_in_viewport()
    expect(contents.get_by_text(last["state"], exact=True)).to_be_in_viewport()
    user.follow(f"run {last['_id']}")
    expect(user.page.get_by_role("heading", level=1)).to_contain_text(last["state"])
    expect(user.page.get_by_text("No failures.")).to_be_visible()
    new = f"{last['observations']['new']} new"
    expect(user.page.locator(".facts")).to_contain_text(new)
    assert user.clicks == 1
