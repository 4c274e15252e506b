"""The first picture of the viewer, and what is pressed before its tools are there."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect
from viewer_page import exposure_of_two_chips, go, settled, view

import acsql
from acsql.observation import Observation

PLACE = "#at=1,2,100,60&zoom=4"


@pytest.fixture(scope="module")
def shown(sample_archive: acsql.Archive) -> Observation:
    """An exposure of two chips."""
    return exposure_of_two_chips(sample_archive)


@contextmanager
def without_tools(page: Page, address: str) -> Iterator[None]:
    """Open the viewer, and let its tools come only after the block."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/tools/tools.js", hold)
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("#canvas")).to_be_visible()
    expect(page.locator("#panel")).to_be_hidden()
    yield
    (route,) = held
    route.continue_()
    settled(page)
    page.unroute("**/tools/tools.js")


def drawn(page: Page) -> str:
    """Return the pixels of the canvas."""
    return page.locator("#canvas").evaluate("canvas => canvas.toDataURL()")


def press(page: Page) -> None:
    """Zoom, move and change the colours by keys, the mouse and its wheel."""
    box = page.locator("#canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.keyboard.press("+")
    page.keyboard.press("i")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 50, y - 30, steps=3)
    page.mouse.up()
    page.mouse.wheel(0, -200)
    page.keyboard.press("ArrowLeft")


@pytest.mark.parametrize("fragment", ["", f"{PLACE}&invert=yes&scale=log", "#extname=DQ"])
def test_the_first_picture_is_that_of_the_tools(
    page: Page, shown: Observation, fragment: str
) -> None:
    with without_tools(page, view(shown, "flt", fragment)):
        first = drawn(page)
    assert first == drawn(page)


def test_what_is_pressed_before_the_tools_are_there_is_not_lost(
    page: Page, shown: Observation
) -> None:
    go(page, view(shown, "flt", PLACE))
    press(page)
    settled(page)
    expected = page.url
    with without_tools(page, view(shown, "flt", PLACE)):
        press(page)
        assert page.url.endswith(PLACE)
    assert page.url == expected
    assert "invert=yes" in page.url
    expect(page.locator("#invert")).to_be_checked()


@pytest.mark.parametrize(
    "failing",
    [
        "Promise.reject(new TypeError('Failed to fetch'))",
        "connect(url, options).then(cut)",
    ],
    ids=["connection", "body"],
)
def test_a_request_whose_connection_fails_is_repeated(
    failing: str, page: Page, shown: Observation
) -> None:
    page.add_init_script(f"""
        const connect = window.fetch, failures = new Map();
        const cut = (response) => {{
            response.arrayBuffer = () => Promise.reject(new TypeError("Failed to fetch"));
            return response;
        }};
        window.fetch = (url, options) => {{
            const failed = failures.get(url) || 0;
            failures.set(url, failed + 1);
            return failed < 3 ? {failing} : connect(url, options);
        }};
    """)
    go(page, view(shown, "flt"))
    expect(page.locator("#canvas")).to_be_visible()
    expect(page.locator("#problem")).to_be_hidden()
