"""The viewer in a browser: overlays, histogram, images side by side, differences and exports."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from PIL import Image
from playwright.sync_api import Page, expect
from viewer_page import exposure_of_two_chips, go, settled, until, view

import acsql
from acsql.observation import Observation

# Whether anything is drawn on a canvas.
IS_DRAWN = """id => {
  const canvas = document.getElementById(id);
  const context = canvas.getContext("2d");
  return context.getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean);
}"""
# Notes what is written on canvases, and where on the screen.
NOTE_TEXTS = """
window.written = [];
const { fillText } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
  const at = this.getTransform().transformPoint({ x, y });
  const { width } = this.measureText(text);
  const left = at.x - { left: 0, right: width, center: width / 2 }[this.textAlign];
  window.written.push({ text, left, right: left + width, y: at.y });
  return fillText.call(this, text, x, y);
};
"""


@pytest.fixture(scope="module")
def shown(sample_archive: acsql.Archive) -> Observation:
    """An exposure of two chips, with raw, flt and flc."""
    return exposure_of_two_chips(sample_archive)


def picture(page: Page) -> np.ndarray:
    """Return what the stage shows, shape (rows, columns, 3)."""
    return np.asarray(Image.open(io.BytesIO(page.locator("#canvas").screenshot())).convert("RGB"))


def test_a_limit_is_dragged_in_the_histogram(page: Page, shown: Observation) -> None:
    with page.expect_response("**/histogram?*"):
        go(page, view(shown, "flt"))
    low = page.get_by_label("Lower limit").input_value()
    box = page.locator("#histogram").bounding_box()
    until(page, lambda: page.evaluate(IS_DRAWN, "histogram"))
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 20, steps=3)
    expect(page.locator("#limits")).to_have_value("own")
    assert "high=" not in page.url  # each move would be a new address
    page.mouse.up()
    expect(page.get_by_label("Lower limit")).to_have_value(low)
    expect(page).to_have_url(re.compile("high="))


@pytest.mark.parametrize("key", ["o", "k", "g", "h"])
def test_overlays_are_drawn_by_keys_and_kept_in_the_address(
    page: Page, shown: Observation, key: str
) -> None:
    go(page, view(shown, "flt"))
    before = picture(page)
    page.keyboard.press(key)
    expect(page).to_have_url(re.compile("overlays="))
    until(page, lambda: (picture(page) != before).any())
    page.keyboard.press(key)
    expect(page).not_to_have_url(re.compile("overlays="))
    until(page, lambda: np.array_equal(picture(page), before))


def test_pixels_of_the_sky_are_those_of_astropy(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt"))
    header = shown.header("flt", 4)
    for keyword in [name for name in header if name.startswith(("D2IM", "CPDIS", "CPERR", "DP"))]:
        del header[keyword]
    places = np.random.default_rng(4).uniform(1, 200, (20, 2))
    sky = WCS(header, relax=True).all_pix2world(places, 1)
    found = page.evaluate(
        """async ([url, sky]) => {
          const { src } = document.querySelector("script[type=module]");
          const { pixelOf } = await import(src.replace("main", "tools/sky"));
          const { planes } = await (await fetch(url)).json();
          return sky.map(([ra, dec]) => pixelOf(planes[0].chips[1].projection, ra, dec));
        }""",
        [f"/pixels/{shown.rootname}/flt/", sky.tolist()],
    )
    np.testing.assert_allclose(found, places, atol=0.01)


def test_images_lie_side_by_side_in_the_same_place(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt", "#beside=flt,raw&at=2,1,100,40&zoom=8"))
    expect(page.locator("#compare-boxes input:checked")).to_have_count(1)
    settled(page)
    whole = picture(page)
    half = whole.shape[1] // 2
    # Raw counts and electrons have their own limits, so the same pixels are about as grey.
    left, right = whole[200:-80, 20 : half - 20, 1], whole[200:-80, half + 20 : -20, 1]
    width = min(left.shape[1], right.shape[1])
    correlation = np.corrcoef(left[:, :width].ravel(), right[:, :width].ravel())[0, 1]
    assert correlation > 0.7
    page.keyboard.press("m")
    expect(page).to_have_url(re.compile("beside=raw%2C"))


def test_what_lies_over_an_image_beside_another_is_its_own(page: Page, shown: Observation) -> None:
    page.add_init_script(NOTE_TEXTS)
    go(page, view(shown, "flt", "#beside=raw&overlays=bar"))
    half = page.locator("#canvas").evaluate("canvas => canvas.width / 2")

    def units() -> list[tuple[str, bool]]:
        written = page.evaluate("written.splice(0)")
        known = [each for each in written if each["text"] in ("electrons", "counts")]
        return [(each["text"], each["left"] > half) for each in known][-2:]

    until(page, lambda: units() == [("electrons", False), ("counts", True)])
    page.locator("#canvas").hover(position={"x": 0.4 * half, "y": 200})
    expect(page.locator("#at-value")).to_have_text(re.compile(r"[-.0-9]+ electrons"))


def test_labels_of_the_grid_keep_away_from_what_lies_over_the_image(
    phone: Page, shown: Observation
) -> None:
    phone.add_init_script(NOTE_TEXTS)
    go(phone, view(shown, "flt", "#overlays=grid,bar&at=1,2,60,60&zoom=5"))
    density = phone.evaluate("canvas.width / canvas.clientWidth")
    badge = phone.evaluate("""() => {
      const [box, stage] = [badge, canvas].map((element) => element.getBoundingClientRect());
      const { left, top } = stage;
      return [box.left - left, box.right - left, box.top - top, box.bottom - top];
    }""")
    for _ in range(12):
        phone.evaluate("written.length = 0")
        phone.keyboard.press("ArrowUp")
        until(phone, lambda: phone.evaluate("written.some(({ text }) => text === 'electrons')"))
        settled(phone)
        written = phone.evaluate("written")
        last = max(n for n, each in enumerate(written) if each["text"] == "electrons")
        unit = written[last]
        first = max((n for n in range(last) if written[n]["text"] == "electrons"), default=-1)
        labels = [each for each in written[first + 1 : last] if each["text"].count(":") == 2]
        bar = (unit["left"], unit["left"] + 200 * density, unit["y"], unit["y"] + 30 * density)
        for left, right, top, bottom in (bar, [density * each for each in badge]):
            for label in labels:
                beside = label["right"] < left or label["left"] > right
                assert beside or not top < label["y"] < bottom, label["text"]


def test_a_difference_is_kept_in_the_address_and_ends_with_what_is_subtracted(
    page: Page, shown: Observation
) -> None:
    go(page, view(shown, "flt", "#beside=-flc&lock=sky"))
    badge = page.locator("#badge")
    expect(badge).to_contain_text("\N{MINUS SIGN}")
    settled(page)
    expect(page).to_have_url(re.compile("beside=-flc"))
    with page.expect_response(re.compile("minus=.*lock=pixel")):
        page.locator("#lock").select_option("pixel")
    expect(badge).to_contain_text("\N{MINUS SIGN}")
    page.locator("#compare-boxes input:checked").click()
    expect(badge).not_to_contain_text("\N{MINUS SIGN}")
    expect(page.get_by_role("button", name="Subtract")).to_have_attribute("aria-pressed", "false")
    expect(page).not_to_have_url(re.compile("beside="))


@pytest.mark.parametrize(
    "fragment",
    ["low=5&high=1", "at=1,2,1e9,-1e9&zoom=1e9", "beside=-nothing,flc", "extname=NO&extver=9"],
)
def test_an_address_that_does_not_fit_the_image_shows_it_nevertheless(
    page: Page, shown: Observation, fragment: str
) -> None:
    go(page, view(shown, "flt", f"#{fragment}"))
    expect(page.locator("#badge")).not_to_contain_text("\N{MINUS SIGN}")
    expect(page.locator("#problem")).to_be_hidden()
    assert float(page.locator("#low").input_value()) < float(page.locator("#high").input_value())
    zoom = float(page.locator("#at-zoom").inner_text().removesuffix(" %"))
    assert zoom <= 100 * 64
    assert (picture(page) > 60).any()


def test_blinking_ends_with_what_is_chosen(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt", "#beside=raw"))
    page.keyboard.press("x")
    expect(page.locator("#badge")).to_contain_text("_raw")
    page.locator("#compare-boxes input:checked").click()
    expect(page.locator("#badge")).to_contain_text("_flt")
    blink = page.get_by_role("button", name="Blink", exact=True)
    expect(blink).to_have_attribute("aria-pressed", "false")


def test_an_image_minus_itself_is_nothing(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt", "#beside=flc&at=1,2,60,60&zoom=4"))
    expect(page.locator("#compare-boxes input:checked")).to_have_count(1)
    page.keyboard.press("d")
    expect(page.locator("#badge")).to_contain_text("\N{MINUS SIGN}")
    settled(page)
    x, y = (int(n) for n in page.locator("#at-pixel").inner_text().split(","))
    chip = {"2": 1, "1": 2}[page.locator("#at-chip").inner_text()]
    values = [shown.data(each, "SCI", chip)[y - 1, x - 1].astype(float) for each in ("flt", "flc")]
    read = float(page.locator("#at-value").inner_text().split()[0])
    assert read == pytest.approx(values[0] - values[1], abs=0.01)
    page.keyboard.press("d")
    expect(page.locator("#badge")).not_to_contain_text("\N{MINUS SIGN}")


def test_another_observation_is_added_by_its_name(
    page: Page, shown: Observation, sample_archive: acsql.Archive
) -> None:
    rows = sample_archive.where("detector=HRC").columns("rootname").rows()
    others = (sample_archive.observation(row["rootname"]) for row in rows)
    other = next(each for each in others if "flt" in each.datasets)
    go(page, view(shown, "flt"))
    page.get_by_text("Compare", exact=True).click()
    page.get_by_label("Other observation").fill(f"{other.ipppssoot} flt")
    page.keyboard.press("Enter")
    expect(page.get_by_label(f"{other.ipppssoot}_flt")).to_be_checked()
    page.get_by_label("Lock").select_option("sky")
    expect(page).to_have_url(re.compile(f"beside={other.ipppssoot}.flt"))


def test_the_picture_and_a_part_of_the_file_are_saved(
    page: Page, shown: Observation, tmp_path: Path
) -> None:
    go(page, view(shown, "flt", "#extver=2&regions=1,2,circle(60,60,20)&at=1,2,60,60&zoom=16"))
    page.get_by_text("Export", exact=True).click()
    saved = {}
    for button in ("PNG", "PNG, plain", "FITS cutout"):
        with page.expect_download() as download:
            page.get_by_role("button", name=button, exact=True).click()
        saved[button] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[button])
        if button.startswith("PNG"):
            saved[button] = np.asarray(Image.open(saved[button]).convert("RGB")).astype(int)
    green = [(each[..., 1] - each[..., 0] > 80).any() for each in list(saved.values())[:2]]
    assert green == [True, False]
    with fits.open(saved["FITS cutout"]) as part, fits.open(shown.path("flt")) as whole:
        x0, y0 = (int(-part["SCI", 2].header[keyword]) for keyword in ("LTV1", "LTV2"))
        data = part["SCI", 2].data
        expected = whole["SCI", 2].data[y0 : y0 + data.shape[0], x0 : x0 + data.shape[1]]
        np.testing.assert_array_equal(data, expected)
    expect(page.get_by_label("Link to this view")).to_have_value(page.url)


def test_contours_follow_the_limits(page: Page, shown: Observation) -> None:
    with page.expect_response("**/contours?*") as first:
        go(page, view(shown, "flt", "#overlays=contours"))
    found = first.value.json()["contours"]
    assert len(found) == 6
    low, high = (float(page.locator(f"#{name}").input_value()) for name in ("low", "high"))
    levels = [each["level"] for each in found]
    expected = low + (np.arange(6) + 0.5) / 6 * (high - low)
    np.testing.assert_allclose(levels, expected, rtol=1e-4)
    assert any(each["lines"] for each in found)
    drawn = picture(page)
    with page.expect_response("**/contours?*") as second:
        page.locator("#scale").select_option("log")
    settled(page)
    assert second.value.json()["contours"][0]["level"] < levels[0]
    until(page, lambda: (picture(page) != drawn).any())
    page.keyboard.press("v")
    expect(page).not_to_have_url(re.compile("overlays="))
