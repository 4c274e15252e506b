"""All pages are accessible: axe finds no violation, and a keyboard is enough."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import request, template_rendered
from jinja2 import Template
from playwright.sync_api import Browser, Page, expect

import acsql
from acsql.web import app as web_app

# Address of each kind of page, and the element that its scripts show last.
PAGES = {
    "home": ("/", None),
    "search box with an error": ("/go?name=nothing+such", None),
    "form": ("/database/", None),
    "form with errors": ("/database/?exptime=abc&where=nonsense", None),
    "results": ("/database/results?q=detector=WFC", None),
    "thumbnails": ("/database/results?view=thumbnails", None),
    "sky": ("/database/results?view=map", None),
    "plot": ("/database/results?view=plot&x=exptime&y=expstart", ".plot canvas"),
    "histogram": ("/database/results?view=plot&x=exptime", ".plot canvas"),
    "no results": ("/database/results?q=targname=NOWHERE+exptime>5", None),
    "archive": ("/archive/", None),
    "proposal": ("/archive/{proposid}/", None),
    "observation": ("/archive/{proposid}/{name}/", None),
    "telemetry": ("/archive/{proposid}/{name}/spt/", None),
    "jitter": ("/archive/{proposid}/{name}/jit/", ".plot canvas"),
    "image of the pointing": ("/archive/{proposid}/{name}/jif/", ".plot canvas"),
    "association": ("/archive/{proposid}/{product}/asn/", None),
    "table": ("/archive/{proposid}/{name}/tables/jit/1/", None),
    "product": ("/archive/{proposid}/{product}/drz/", None),
    "viewer": ("/archive/{proposid}/{name}/flt/view", "#viewer[data-state=ready]"),
    "regions": (
        "/archive/{proposid}/{name}/flt/view#beside=raw&regions=2,1,circle(60,60,20)"
        "&overlays=compass,bar,grid,amplifiers,flags,contours,footprints,flagged"
        "&tools=compare-tool,overlay-tool,region-tool,export-tool",
        "#viewer[data-state=ready]",
    ),
    "flags": ("/archive/{proposid}/{name}/flt/view#extname=DQ", "#viewer[data-state=ready]"),
    "headers": ("/archive/{proposid}/{name}/headers/", None),
    "header": ("/archive/{proposid}/{name}/headers/flt/0/", None),
    "header of a product": ("/archive/{proposid}/{product}/headers/drz/0/?q=d", None),
    "empty comparison": ("/difference", None),
    "difference": ("/difference?a={name}.raw&b={name}.flt", None),
    "comparison with an error": ("/difference?a=x&b={name}", None),
    "files": ("/archive/{proposid}/{name}/files/", None),
    "file selection": ("/files/?q=rootname={name}", None),
    "statistics": ("/statistics/", ".plot canvas"),
    "vocabulary of flags": ("/flags/", None),
    "flag": ("/flags/satellite_trail/", None),
    "review": ("/review/?q=detector%3DWFC", None),
    "all results": ("/annotations/bulk?q=detector%3DWFC", None),
    "saved searches": ("/saved/?q=detector%3DWFC", None),
    "monitors": ("/monitors/", None),
    "monitor": ("/monitors/pointing/", None),
    "log-in": ("/login", None),
    "ingest runs": ("/ingest/", None),
    "ingest run": ("/ingest/1/", None),
    "not found": ("/archive/1/", None),
    "invalid parameter": ("/ingest/?before=x", None),
}
# Each colour scheme and each size at least once, but not both of everything.
LOOKS = [("light", {"width": 1280, "height": 900}), ("dark", {"width": 390, "height": 844})]


@pytest.fixture(scope="module")
def names(sample_archive: acsql.Archive) -> dict[str, str]:
    """A proposal with an exposure that has a preview, and with a product."""
    rows = list(sample_archive.where("detector=WFC").columns("rootname").rows())
    found = [sample_archive.observation(row["rootname"]) for row in rows]
    product = next(
        each for each in found if "drz" in each.datasets and not each.datasets.get("raw")
    )
    exposure = next(
        each
        for each in found
        if {"raw", "flt", "spt"} <= each.datasets.keys() and each["proposid"] == product["proposid"]
    )
    return {
        "proposid": str(exposure["proposid"]),
        "name": exposure.ipppssoot,
        "product": product.ipppssoot,
    }


@pytest.fixture(scope="module")
def only_page(site: str, chromium: Browser) -> Iterator[Page]:
    """One window for all pages: to open it takes longer than to look at a page."""
    context = chromium.new_context(base_url=site)
    yield context.new_page()
    context.close()


def test_every_page_has_a_case(sample_archive: acsql.Archive, names: dict[str, str]) -> None:
    """Every template is shown, and every route that shows one is visited."""
    app = web_app.create_app(sample_archive)
    templates, endpoints = set(), set()

    def note(_: object, template: Template, **__: object) -> None:
        templates.add(template.name)
        endpoints.add(request.endpoint)

    with template_rendered.connected_to(note, app):
        for address, _ in PAGES.values():
            app.test_client().get(address.format(**names).partition("#")[0])
    parts = {"annotations.html", "base.html", "file_view.html", "macros.html", "plots.html"}
    folder = Path(web_app.__file__).with_name("templates")
    assert templates == {path.name for path in folder.glob("*.html")} - parts
    routes = {endpoint for endpoint, view in app.view_functions.items() if shows_page(view)}
    assert routes <= endpoints


def shows_page(view: Callable[..., object]) -> bool:
    """Return whether the function of a route calls `render_template` itself."""
    return "render_template" in inspect.unwrap(view).__code__.co_names


@pytest.mark.parametrize("kind", PAGES)
def test_pages_are_accessible(only_page: Page, names: dict[str, str], kind: str) -> None:
    address, last = PAGES[kind]
    for scheme, size in LOOKS:
        only_page.set_viewport_size(size)
        only_page.emulate_media(color_scheme=scheme)
        if "#" in address:  # otherwise the page may stay, with another fragment
            only_page.goto("about:blank")
        only_page.goto(address.format(**names))
        if last:
            expect(only_page.locator(last).first).to_be_visible()
        assert_nothing_in_the_way(only_page)


# Axe and walks by Tab take seconds for a hundred rows of a table, whose markup is the same.
REMOVE_ROWS_LIKE_OTHERS = """(most) => {
  const kept = (name) => !["href", "id", "for", "title", "src", "value"].includes(name);
  const markup = (element) => [element.localName].concat(
    element.getAttributeNames().filter(kept).map((name) => `${name}=${element.getAttribute(name)}`)
  ).join(" ");
  for (const body of document.querySelectorAll("tbody")) {
    const like = {};
    for (const row of [...body.rows]) {
      const kind = [row, ...row.querySelectorAll("*")].map(markup).join();
      like[kind] = (like[kind] ?? 0) + 1;
      if (like[kind] > most) row.remove();
    }
  }
}"""


def assert_nothing_in_the_way(page: Page) -> None:
    page.evaluate(REMOVE_ROWS_LIKE_OTHERS, 3)
    violations = Axe().run(page).response["violations"]
    found = {each["id"]: [node["target"] for node in each["nodes"]] for each in violations}
    assert found == {}


def test_the_help_sheet_is_accessible(page: Page, names: dict[str, str]) -> None:
    page.goto("/archive/{proposid}/{name}/flt/view".format(**names))
    expect(page.locator("#viewer")).to_have_attribute("data-state", "ready")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_nothing_in_the_way(page)


# Where the focus is, and what hides that: no outline, being elsewhere, or lying under something.
FOCUS = """() => {
  const focused = document.activeElement;
  if (focused === document.body) return null;
  const box = focused.getBoundingClientRect();
  const middle = (low, high, most) => (Math.max(low, 0) + Math.min(high, most)) / 2;
  const x = middle(box.left, box.right, innerWidth);
  const there = document.elementFromPoint(x, middle(box.top, box.bottom, innerHeight));
  const style = getComputedStyle(focused);
  const hidden = [
    style.outlineStyle === "none" && "without outline",
    (box.bottom <= 0 || box.top >= innerHeight) && "elsewhere",
    there && !focused.contains(there) && !there.contains(focused) && `under ${there.outerHTML}`,
  ];
  return [focused.outerHTML.slice(0, 200), hidden.filter(Boolean).join(", ").slice(0, 300)];
}"""
MOST_STOPS = 500


def stops(page: Page, key: str = "Tab") -> Iterator[str]:
    """Press a key until the focus has left the page; where it is must be seen each time."""
    for _ in range(MOST_STOPS):
        page.keyboard.press(key)
        focus = page.evaluate(FOCUS)
        if focus is None:
            return
        where, hidden = focus
        assert not hidden, f"{hidden}: {where}"
        yield where
    raise AssertionError("the focus does not leave the page")


def tab_to(page: Page, part: str) -> None:
    """Press Tab until what has the focus has some text in its markup."""
    assert any(part in stop for stop in stops(page)), f"{part} cannot be reached"


def test_a_keyboard_alone_goes_from_home_to_the_pixels(page: Page, names: dict[str, str]) -> None:
    heading = page.get_by_role("heading", level=1)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "<input")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    page.keyboard.type(f"proposid={names['proposid']} ipppssoot={names['name']}")
    page.keyboard.press("Enter")
    page.wait_for_url("**/database/results*")
    tab_to(page, f"/{names['name']}/")
    page.keyboard.press("Enter")
    expect(heading).to_contain_text(names["name"])
    tab_to(page, "/view")
    page.keyboard.press("Enter")
    viewer = page.locator("#viewer")
    expect(viewer).to_have_attribute("data-state", "ready")
    tab_to(page, "<canvas")
    before = page.locator("#at-pixel").inner_text()
    # Upwards, because the middle of an image of two chips is the gap between them.
    page.keyboard.press("ArrowUp")
    expect(page.locator("#at-pixel")).not_to_have_text(before)
    # The image is no trap, and nor is the sheet that lists its keys.
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    expect(page.locator("#canvas")).to_be_focused()
    tab_to(page, 'id="extname"')
    page.keyboard.press("ArrowDown")
    expect(page.locator("#badge")).to_contain_text("ERR")


@pytest.mark.parametrize(
    "kind", ["form", "results", "archive", "proposal", "observation", "flags", "difference"]
)
def test_the_focus_is_visible(page: Page, names: dict[str, str], kind: str) -> None:
    address, last = PAGES[kind]
    page.goto(address.format(**names))
    if last:
        expect(page.locator(last).first).to_be_visible()
    page.evaluate(REMOVE_ROWS_LIKE_OTHERS, 10)
    downwards = set(stops(page))
    assert len(downwards) > 10
    assert set(stops(page, "Shift+Tab")) == downwards
