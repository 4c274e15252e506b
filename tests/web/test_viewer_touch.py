"""The viewer on a touch screen, and what is kept at the next image."""

import re

import pytest
from playwright.sync_api import Page, expect
from viewer_page import exposure_of_two_chips, go, settled, until, view

import acsql
from acsql.observation import Observation


@pytest.fixture(scope="module")
def shown(sample_archive: acsql.Archive) -> Observation:
    """An exposure of two chips."""
    return exposure_of_two_chips(sample_archive)


def pinch(page: Page, start: float, end: float, steps: int = 4) -> None:
    """Pinch in the middle of the stage: both fingers move from one distance to another."""
    page.evaluate("scrollTo(0, 0)")
    box = page.locator("#canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *distances: float) -> None:
        points = [{"x": x + distance, "y": y, "id": n} for n, distance in enumerate(distances)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", -start / 2)
    touch("touchStart", -start / 2, start / 2)
    for step in range(1, steps + 1):
        half = (start + (end - start) * step / steps) / 2
        touch("touchMove", -half, half)
    touch("touchEnd")


def zoom(page: Page) -> float:
    settled(page)
    return float(page.locator("#at-zoom").inner_text().removesuffix(" %"))


@pytest.mark.parametrize("factor", [3.0, 0.5])
def test_pinching_zooms_by_the_distance_of_the_fingers_and_keeps_the_place(
    phone: Page, shown: Observation, factor: float
) -> None:
    go(phone, view(shown, "flt", "#at=1,2,100,60&zoom=4"))
    before = zoom(phone)
    pinch(phone, 60, 60 * factor)
    until(phone, lambda: zoom(phone) == pytest.approx(before * factor, rel=0.02))
    _, x, y = re.search(r"at=1%2C(2)%2C([\d.]+)%2C([\d.]+)", phone.url).groups()
    assert (float(x), float(y)) == pytest.approx((100, 60), abs=1)


def test_one_finger_moves_the_image(phone: Page, shown: Observation) -> None:
    go(phone, view(shown, "flt", "#at=1,2,100,60&zoom=4"))
    box = phone.locator("#canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = phone.context.new_cdp_session(phone)
    for kind, points in {
        "touchStart": [{"x": x, "y": y}],
        "touchMove": [{"x": x + 40, "y": y + 20}],
        "touchEnd": [],
    }.items():
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    settled(phone)
    expect(phone).to_have_url(re.compile("at=1%2C2%2C90.0%2C65.0"))


def test_a_second_finger_abandons_what_the_first_has_begun_to_draw(
    phone: Page, shown: Observation
) -> None:
    go(phone, view(shown, "flt", "#at=1,2,100,60&zoom=4"))
    phone.get_by_text("Regions", exact=True).tap()
    phone.get_by_role("button", name="circle").tap()
    before = zoom(phone)
    pinch(phone, 60, 120)
    until(phone, lambda: zoom(phone) == pytest.approx(2 * before, rel=0.02))
    expect(phone.locator("#region-list button")).to_have_count(0)
    assert "regions=" not in phone.url


def test_the_next_image_has_the_same_place_overlays_and_open_tools(
    page: Page, sample_archive: acsql.Archive, shown: Observation
) -> None:
    before, after = sample_archive.where(proposid=shown["proposid"]).neighbours(shown)
    key, name = ("n", after) if after else ("p", before)
    go(page, view(shown, "flt", "#at=1,2,100,60&zoom=4"))
    page.get_by_text("Overlays", exact=True).click()
    page.get_by_label("Flagged pixels").check()
    page.get_by_label("16 hot pixel").uncheck()
    settled(page)
    page.locator("#canvas").focus()
    page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    settled(page)
    expect(page.get_by_label("Flagged pixels")).to_be_checked()
    expect(page.get_by_label("Flagged pixels")).to_be_visible()
    expect(page).to_have_url(re.compile("zoom=4"))
