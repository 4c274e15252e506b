"""What analysts do with annotations, in a browser; keys and clicks are counted.

So no change makes the review of a night longer unnoticed.
"""

import io
import re
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import numpy as np
import pytest
from annotation_cleanup import remove_annotations
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect
from viewer_page import exposure_of_two_chips, go, settled, until, view
from web_pages import address_of

import acsql
from acsql import permissions

ME = permissions.user()
# The colour of acsql/web/static/viewer/tools/overlays/flagged_regions.js.
FLAGGED_REGION = (0xFF, 0x9B, 0xD2)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(autouse=True)
def archive(sample_archive: acsql.Archive) -> Iterator[acsql.Archive]:
    """The sample archive, whose annotations are removed after each test."""
    yield sample_archive
    remove_annotations(sample_archive)


def test_a_region_drawn_in_the_viewer_is_flagged(page: Page, archive: acsql.Archive) -> None:
    shown = exposure_of_two_chips(archive)
    go(page, view(shown, "flt", "#extver=2&regions=1,2,circle(40,50,6)"))
    expect(page.locator("#region-flag")).to_be_hidden()
    page.keyboard.press("]")
    form = page.locator("#region-flag")
    expect(form).to_be_visible()
    form.locator('select[name="flag"]').select_option("satellite_trail")
    form.get_by_label("Why").fill("faint")
    form.get_by_role("button").click()
    expect(page.locator(".note.written")).to_contain_text("Satellite trail: set.")
    (placed,) = archive.annotation_state(rootname=shown.rootname).flags
    target = placed.target
    assert (target.filetype, target.extension, target.region) == ("flt", 4, "circle(40, 50, 6)")
    assert (placed.by, placed.why) == (ME, "faint")
    page.goto(address_of(shown.metadata | {"ipppssoot": shown.ipppssoot}))
    expect(page.locator(".annotations .flags li")).to_contain_text(
        re.compile(r"flt, extension 4, circle\(40, 50, 6\)\s+RA \d+\.\d{6}°, Dec [-+]\d+\.\d{6}°")
    )


def test_a_region_drawn_in_the_viewer_is_commented_on(page: Page, archive: acsql.Archive) -> None:
    shown = exposure_of_two_chips(archive)
    go(page, view(shown, "flt", "#extver=1&regions=1,1,box(40,50,6,8)"))
    page.keyboard.press("]")
    page.get_by_label("Comment", exact=True).fill("a cosmic ray?")
    page.get_by_role("button", name="Comment on the region").click()
    expect(page.locator(".note.written")).to_contain_text("Comment added.")
    (comment,) = archive.annotation_state(rootname=shown.rootname).comments
    target = comment.target
    assert (target.filetype, target.extension, target.region) == ("flt", 1, "box(40, 50, 6, 8)")
    assert comment.text == "a cosmic ray?"


def middle_of_flagged_region(page: Page) -> dict[str, float] | None:
    """Return the middle of what is drawn in the colour of flagged regions, None if nothing is."""
    picture = Image.open(io.BytesIO(page.locator("#canvas").screenshot())).convert("RGB")
    apart = np.abs(np.asarray(picture, int) - FLAGGED_REGION).max(axis=2)
    rows, columns = np.nonzero(apart < 8)
    if not len(rows):
        return None
    return {"x": (columns.min() + columns.max()) / 2, "y": (rows.min() + rows.max()) / 2}


def test_flagged_regions_are_drawn_on_the_chip_of_their_file(
    page: Page, archive: acsql.Archive
) -> None:
    shown = exposure_of_two_chips(archive)
    place = {"filetype": "flt", "extension": 4, "region": "circle(60, 30, 15)"}
    archive.flag(shown.rootname, "other", by="ann", **place)
    go(page, view(shown, "flt"))
    assert middle_of_flagged_region(page) is None
    page.get_by_text("Overlays", exact=True).click()
    page.get_by_label("Flagged regions").check()
    expect(page.locator("#flagged-note")).to_have_text("Flagged regions: 1 (flt)")
    until(page, lambda: middle_of_flagged_region(page))
    page.locator("#canvas").hover(position=middle_of_flagged_region(page))
    expect(page.locator("#at-pixel")).to_have_text(re.compile(r"\d+, \d+"))
    x, y = map(float, page.locator("#at-pixel").inner_text().split(","))
    assert (x, y) == (pytest.approx(60, abs=2), pytest.approx(30, abs=2))
    expect(page.locator("#at-chip")).to_contain_text("1")
    # The file before calibration has flags of its own.
    page.locator("#viewer nav").get_by_text("raw", exact=True).click()
    page.wait_for_url("**/raw/view*")
    settled(page)
    assert middle_of_flagged_region(page) is None


@pytest.mark.parametrize(
    "options", [{}, {"java_script_enabled": False}, PHONE], ids=["desktop", "plain", "phone"]
)
def test_a_comment_is_written_by_keyboard_also_without_scripts(
    window: Callable[..., Page], row, archive: acsql.Archive, options
) -> None:
    page = window(**options)
    page.goto(address_of(row))
    page.locator(".annotations summary", has_text="Flag or comment").press("Enter")
    page.get_by_label("Comment", exact=True).press("a")
    page.keyboard.type(f" trail as in {row['ipppssoot']}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    text = page.locator(".comment .text").first
    expect(text).to_have_text(f"a trail as in {row['ipppssoot']}")
    expect(text.get_by_role("link")).to_have_text(row["ipppssoot"])
    (comment,) = archive.annotation_state(rootname=row["rootname"]).comments
    assert comment.by == ME
    if options.get("java_script_enabled", True):
        assert Axe().run(page).response["violations"] == []


def wait_for(page: Page, left: int, total: int) -> None:
    """Wait until some observations are left, and keys work."""
    expect(page.locator("#left")).to_have_text(f"{left} of {total} observations left to review.")
    page.wait_for_load_state()


def test_a_night_is_reviewed_by_keyboard_with_two_flags_and_a_comment(
    page: Page, archive: acsql.Archive
) -> None:
    total, presses, clicks = archive.count(), 0, 0
    page.goto("/database/results")
    page.get_by_role("link", name="Review").click()
    clicks += 1
    # Scattered light and elongated stars, which all detectors can show.
    flags = {2: "3", 5: "0"}
    for number in range(total):
        wait_for(page, total - number, total)
        page.keyboard.press(flags.get(number, "f"))
        presses += 1
    wait_for(page, 0, total)
    # The last verdict is taken back, and given again after a comment.
    page.keyboard.press("u")
    presses += 1
    wait_for(page, 1, total)
    page.get_by_role("link", name="Regions, several flags and comments").click()
    page.locator(".annotations summary", has_text="Flag or comment").click()
    page.get_by_label("Comment", exact=True).fill("Guide star lost.")
    page.get_by_role("button", name="Add the comment").click()
    clicks += 3
    expect(page.locator(".comment")).to_have_count(1)
    page.get_by_role("button", name="Mark as viewed").click()
    clicks += 1
    expect(page.locator(".annotations .viewed")).to_contain_text(f"Viewed by {ME}")
    assert archive.count("viewed(me)") == total
    assert archive.count("flagged()") == 2
    assert archive.count("comment=guide*") == 1
    assert (presses, clicks) == (total + 1, 5)


def test_later_and_undo_work_by_keyboard(page: Page, archive: acsql.Archive) -> None:
    page.goto("/review/?q=detector%3DWFC")
    name = page.locator('.verdicts input[name="rootname"]')
    first = name.input_value()
    page.keyboard.press("l")
    expect(name).not_to_have_value(first)
    page.wait_for_load_state()
    second = name.input_value()
    page.keyboard.press("f")
    expect(name).not_to_have_value(second)
    page.wait_for_load_state()
    third = name.input_value()
    page.keyboard.press("3")
    expect(name).not_to_have_value(third)
    page.wait_for_load_state()
    for before in (third, second):
        page.keyboard.press("u")
        expect(name).to_have_value(before)
        page.wait_for_load_state()
    assert archive.count("flagged()") == 0
    assert archive.count("viewed()") == 0


def test_all_results_are_flagged_and_that_is_undone(page: Page, archive: acsql.Archive) -> None:
    number = archive.count("detector=WFC")
    page.goto("/database/results?q=detector%3DWFC")
    page.get_by_role("link", name="Annotate all").click()
    page.get_by_label("Flag", exact=True).select_option("crosstalk")
    page.get_by_role("button", name=f"Flag {number}", exact=True).click()
    expect(page.locator(".note.written")).to_contain_text(f"{number} observations flagged")
    expect(page.locator("#facets")).to_contain_text("crosstalk")
    assert archive.count("flag=crosstalk") == number
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".note.written")).to_contain_text("Undone.")
    assert archive.count("flagged()") == 0


def test_a_search_is_saved_and_has_a_feed(page: Page, archive: acsql.Archive) -> None:
    page.goto("/database/results?q=detector%3DWFC")
    page.get_by_role("link", name="Save", exact=True).click()
    page.get_by_label("Name of the search").fill("All of WFC")
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="Atom feed of All of WFC")
    feed = ElementTree.fromstring(page.request.get(link.get_attribute("href")).body())
    entries = feed.findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == archive.count("detector=WFC")
    page.get_by_role("button", name="Remove All of WFC").click()
    expect(page.locator("main")).to_contain_text("No saved searches")
