"""Regions of the viewer in a browser: drawn, typed, moved, measured, saved and loaded."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect
from regions import Regions
from viewer_page import exposure_of_two_chips, go, settled, view

import acsql
from acsql.observation import Observation

ALL = (
    "circle(40,50,6);box(60,30,20,10,30);ellipse(90,60,12,5,45);annulus(120,50,4,9);"
    "line(20,90,60,95);point(30,30);polygon(150,20,180,25,160,60)"
)


@pytest.fixture(scope="module")
def shown(sample_archive: acsql.Archive) -> Observation:
    """An exposure of two chips, with raw, flt and flc."""
    return exposure_of_two_chips(sample_archive)


def fragment(regions: str, extver: int = 1) -> str:
    placed = ";".join(f"{3 - extver},{extver},{region}" for region in regions.split(";"))
    return f"#extver={extver}&regions={placed}"


def figures(page: Page) -> dict[str, float]:
    """Return the statistics that the panel shows."""
    expect(page.locator("#region-statistics dd").first).to_be_visible()
    texts = page.locator("#region-statistics").locator("dt, dd").all_inner_texts()
    return {
        name: float(value.split()[0].strip(","))
        for name, value in zip(texts[::2], texts[1::2], strict=True)
    }


def shape_button(page: Page, shape: str) -> None:
    page.locator("#region-tool").evaluate("element => { element.open = true; }")
    page.get_by_role("button", name=f"Draw a {shape}").click()


@pytest.mark.parametrize("shape", ["circle", "box", "ellipse", "annulus", "line"])
def test_a_shape_is_drawn_by_dragging_and_measured(
    page: Page, shown: Observation, shape: str
) -> None:
    go(page, view(shown, "flt", "#extver=1"))
    shape_button(page, shape)
    box = page.locator("#canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y - 40, steps=3)
    page.mouse.up()
    text = page.locator("#region-text").input_value()
    assert text.startswith(f"{shape}(")
    expect(page.locator("#region-statistics")).to_have_attribute("data-region", text)
    found = figures(page)
    (region,) = Regions.parse(f"image\n{text}", format="ds9")
    science = shown.data("flt", "SCI", 1)
    if shape != "line":
        inside = science[region.to_mask("center").to_image(science.shape) > 0]
        assert found["pixels"] == inside.size
        assert found["mean"] == pytest.approx(np.nanmean(inside, dtype=float), rel=1e-5)
    profiled = shape in ("circle", "line")
    expect(page.locator("#region-chart")).to_be_visible(visible=profiled)
    expect(page).to_have_url(re.compile(f"regions=2%2C1%2C{shape}"))


def test_a_region_that_is_measured_is_not_measured_again(page: Page, shown: Observation) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    go(page, view(shown, "flt", fragment("box(60,60,9,9)")))
    item = page.locator("#region-list button").first
    item.evaluate("button => button.click()")
    expect(page.locator("#region-statistics")).to_have_attribute("data-region", re.compile("box"))
    before = figures(page)
    item.evaluate("button => button.click()")
    page.wait_for_timeout(500)  # the panel measures when nothing has changed for a while
    assert figures(page) == before
    assert len([url for url in asked if "/statistics?" in url]) == 1


def test_statistics_and_profile_are_asked_for_at_once(page: Page, shown: Observation) -> None:
    held: list[Route] = []
    page.route("**/statistics?*", lambda route: held.append(route))
    go(page, view(shown, "flt", fragment("circle(60,60,9)")))
    with page.expect_request("**/profile?*"):
        page.locator("#region-list button").first.evaluate("button => button.click()")
    held[0].continue_()
    names = page.locator("#region-statistics dt")
    expect(names.filter(has_text="FWHM")).to_be_visible()
    expect(names.first).to_have_text("pixels")


def test_a_polygon_ends_at_its_first_corner(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt"))
    shape_button(page, "polygon")
    box = page.locator("#canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for dx, dy in ((0, 0), (60, 0), (60, 50), (0, 0)):
        page.mouse.click(x + dx, y + dy)
    text = page.locator("#region-text").input_value()
    assert text.startswith("polygon(")
    assert len(text.split(",")) == 6


def test_an_outline_is_dragged_and_a_handle_changes_the_size(
    page: Page, shown: Observation
) -> None:
    go(page, view(shown, "flt", fragment("circle(60,60,20)")))
    canvas = page.locator("#canvas").bounding_box()
    scale = page.evaluate("parseFloat(document.getElementById('at-zoom').textContent) / 100")
    width = shown.data("flt", "SCI", 1).shape[1]
    height = shown.data("flt", "SCI", 1).shape[0]

    def screen(x: float, y: float) -> tuple[float, float]:
        return (
            canvas["x"] + canvas["width"] / 2 + (x - 0.5 - width / 2) * scale,
            canvas["y"] + canvas["height"] / 2 - (y - 0.5 - height / 2) * scale,
        )

    for start, end in (((60, 80), (70, 85)), ((90, 65), (100, 65))):
        page.mouse.move(*screen(*start))
        page.mouse.down()
        page.mouse.move(*screen(*end), steps=4)
        page.mouse.up()
    text = page.locator("#region-text").input_value()
    numbers = [float(n) for n in text[len("circle(") : -1].split(",")]
    assert numbers == pytest.approx([70, 65, 30], abs=1)


def test_region_files_survive_a_round_trip(page: Page, shown: Observation, tmp_path: Path) -> None:
    go(page, view(shown, "flt", fragment(ALL)))
    address = page.url
    for button in ("Save pixels", "Save sky"):
        path = tmp_path / f"{button}.reg"
        with page.expect_download() as download:
            page.get_by_role("button", name=button).click()
        download.value.save_as(path)
        assert len(Regions.read(path, format="ds9")) == len(ALL.split(";"))
        page.get_by_role("button", name="Remove all").click()
        expect(page.locator("#region-list button")).to_have_count(0)
        page.locator("#region-file").set_input_files(path)
        expect(page.locator("#region-list button")).to_have_count(len(ALL.split(";")))
        expect(page.locator("#region-problem")).to_be_empty()
    assert page.url.split("polygon")[0].count("%3B") == address.split("polygon")[0].count("%3B")


def test_what_can_be_read_of_a_file_is_loaded_with_its_colours_and_labels(
    page: Page, shown: Observation, tmp_path: Path
) -> None:
    path = tmp_path / "catalogue.reg"
    path.write_text(
        "global color=green\nimage\ncircle(40,50,6) # color=red text={A; b}\ncircle(40,50\n"
        "# text(60,70) text={a label}\n-box(60,30,20,10,30) # color=cyan\n"
    )
    go(page, view(shown, "flt"))
    page.locator("#region-file").set_input_files(path)
    expect(page.locator("#region-list button")).to_have_text(
        ["1 A; b", "2 a label", "3 \N{MINUS SIGN}box"]
    )
    expect(page.locator("#region-problem")).to_contain_text("line 4: circle(40,50")
    page.locator("#region-list button").first.click()
    text = "circle(40,50,6) # color=red text={A; b}"
    expect(page.locator("#region-text")).to_have_value(text)
    go(page, page.url)
    expect(page.locator("#region-list button")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"color%3Dred\+text%3D%7BA%2C"))


def test_a_region_on_the_sky_is_typed(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt", "#tools=region-tool"))
    ra, dec = (shown.header("flt", 1)[keyword] for keyword in ("crval1", "crval2"))
    field = page.get_by_label("Region in pixels")
    field.fill(f'icrs;circle({ra},{dec},2") # text={{target}}')
    field.press("Enter")
    expect(page.locator("#region-list button")).to_have_text("1 target")
    expect(field).to_have_value(re.compile(r"^circle\([-\d.]+,[-\d.]+,[\d.]+\) # text=\{target\}$"))


def test_a_polygon_that_is_too_long_for_an_address_is_measured(
    page: Page, shown: Observation
) -> None:
    go(page, view(shown, "flt", "#extver=1&tools=region-tool"))
    angles = np.linspace(0, 2 * np.pi, 700, endpoint=False)
    corners = np.stack([70 + 40 * np.cos(angles), 60 + 40 * np.sin(angles)], axis=1)
    page.locator("#region-text").fill(f"polygon({','.join(map(str, corners.ravel()))})")
    with page.expect_request("**/statistics?*") as asked:
        page.locator("#region-text").press("Enter")
    assert asked.value.method == "POST"
    assert figures(page)["pixels"] == pytest.approx(np.pi * 40**2, rel=0.01)


def test_keys_place_select_move_and_remove_regions(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt", fragment("circle(40,50,6)")))
    page.locator("#canvas").focus()
    page.keyboard.press("r")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Draw a circle")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("a")
    expect(page.locator("#region-list button")).to_have_count(2)
    page.keyboard.press("Escape")
    page.keyboard.press("[")
    expect(page.locator("#region-text")).to_have_value("circle(40,50,6)")
    page.locator("#region-list button").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator("#region-text")).to_have_value("circle(41,60,6)")
    page.keyboard.press("Delete")
    expect(page.locator("#region-list button")).to_have_count(1)


def test_a_region_stays_on_the_detector_in_raw_and_flt(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt", fragment("circle(40,50,6)")))
    page.keyboard.press("]")
    page.keyboard.press("b")
    expect(page.locator("#badge")).not_to_contain_text("_flt")
    page.keyboard.press("b")
    expect(page.locator("#badge")).to_contain_text("_raw")
    settled(page)
    header = shown.header("raw", 1)
    x, y = (40 + header.get("LTV1", 0), 50 + header.get("LTV2", 0))
    expect(page.locator("#region-text")).to_have_value(f"circle({x:g},{y:g},6)")


def test_a_text_that_is_no_region_is_marked(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt"))
    page.get_by_text("Regions", exact=True).click()
    field = page.get_by_label("Region in pixels")
    field.fill("circle(1,2)")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#region-problem")).to_contain_text("circle(100,200,10)")
    field.fill("ellipse(50,60,9,5,30)")
    field.press("Enter")
    expect(page.locator("#region-list button")).to_have_count(1)
