"""The tiles of a large image: sent by the site, and put together in a browser."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from flask.testing import FlaskClient
from PIL import Image
from playwright.sync_api import Page, Route, expect
from viewer_page import changing, exposure_of_two_chips, go, settled, until, view

import acsql
from acsql.observation import Observation

SHAPE = (700, 1500)  # of a chip: three tiles wide, and both chips are three tiles high
GAP = 40  # rows between the chips
NOTHING = "\N{EN DASH}"  # what is read where there is no pixel


@pytest.fixture(scope="module")
def large(
    sample_archive: acsql.Archive, shared: Path
) -> Iterator[tuple[Observation, np.ndarray, np.ndarray]]:
    """An exposure whose flc file has two large chips, and its science and flags with the gap."""
    observation = exposure_of_two_chips(sample_archive, to_change=True)
    path = observation.path("flc")
    with changing(path, shared):
        random = np.random.default_rng(9)
        science = random.normal(50, 9, (2, *SHAPE)).astype(np.float32)
        # What a look at the mean would lose: one bright pixel, and a part without values.
        science[1, 600, 1400] = 5000
        science[0, :30, :40] = np.nan
        flags = np.where(random.random(science.shape) < 0.001, 16, 0).astype(np.int16)
        with fits.open(io.BytesIO(path.read_bytes())) as hdus:
            for chip in (0, 1):
                for name, pixels in (("SCI", science), ("ERR", science), ("DQ", flags)):
                    hdus[name, chip + 1].data = pixels[chip]
                header = hdus["SCI", chip + 1].header
                header.update(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRPIX1=750.0)
                header["CRVAL1"], header["CRVAL2"] = 10.0, 20.0
                header["CRPIX2"] = 720.0 - chip * (SHAPE[0] + GAP)
                header.update(CD1_1=-1.4e-5, CD1_2=0.0, CD2_1=0.0, CD2_2=1.4e-5)
            hdus.writeto(path, overwrite=True)
        gap = np.full((GAP, SHAPE[1]), np.nan)
        yield (
            observation,
            np.vstack([science[0], gap, science[1]]),
            np.vstack([flags[0], np.zeros_like(gap, np.int16), flags[1]]),
        )


def unpacked(content: bytes, packing: dict[str, float]) -> np.ndarray:
    """Read packed values by their definition, the bottom row first."""
    red, green, blue = np.moveaxis(np.asarray(Image.open(io.BytesIO(content)), float), -1, 0)
    values = packing["low"] + packing["step"] * (256 * red + green + blue / 256)
    return np.where(blue == 255, np.nan, values)[::-1]


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_tile_has_the_bins_of_both_chips(
    client: FlaskClient, large: tuple[Observation, np.ndarray, np.ndarray], level: int
) -> None:
    observation, science, flags = large
    for extname, whole in (("SCI", science), ("DQ", flags)):
        tile = f"tile.png?extname={extname}&level={level}&column=0&row={1 if level < 2 else 0}"
        answers = [client.get(f"/pixels/{observation.rootname}/flc/{tile}") for _ in range(2)]
        packing = json.loads(answers[0].headers["X-Acsql-Cut"])
        assert packing["bin"] == 1 << level
        found = unpacked(answers[0].data, packing)
        side = packing["bin"]
        for row, column in ((3, 15), (found.shape[0] - 2, found.shape[1] - 9)):
            y, x = packing["y0"] + row * side, packing["x0"] + column * side
            part = whole[y : y + side, x : x + side]
            expected = np.bitwise_or.reduce(part, None) if extname == "DQ" else np.nanmean(part)
            assert found[row, column] == pytest.approx(expected, abs=packing["step"] / 100)
        # The second answer is that of the cache.
        assert answers[1].data == answers[0].data
        assert answers[1].headers["X-Acsql-Cut"] == answers[0].headers["X-Acsql-Cut"]


def test_a_tile_that_does_not_exist_is_an_error(
    client: FlaskClient, large: tuple[Observation, np.ndarray, np.ndarray]
) -> None:
    address = f"/pixels/{large[0].rootname}/flc/tile.png?level={{}}&column={{}}&row=0"
    for level, column in ((9, 0), (-1, 0), (0, 3), (2, 1)):
        answer = client.get(address.format(level, column))
        assert answer.status_code == 400
        assert answer.json["message"]


def test_a_large_image_is_put_together_from_tiles_of_the_level_that_is_seen(
    page: Page, large: tuple[Observation, np.ndarray, np.ndarray]
) -> None:
    observation, *_ = large
    requested: list[str] = []
    parts = re.compile(r"overview\.png|level=\d")
    page.on("request", lambda sent: requested.extend(parts.findall(sent.url)))
    go(page, view(observation, "flc", "#low=0&high=100"))
    assert requested[0] == "overview.png"
    requested.clear()
    whole = np.asarray(Image.open(io.BytesIO(page.locator("#canvas").screenshot())).convert("L"))
    go(page, view(observation, "flc", "#low=0&high=100&at=1,2,1400.5,600.5&zoom=4"))
    assert "level=0" in requested
    assert page.locator("#at-value").inner_text().startswith("5000 ")
    assert page.locator("#at-pixel").inner_text() == "1401, 601"
    near = np.asarray(Image.open(io.BytesIO(page.locator("#canvas").screenshot())).convert("L"))
    middle = tuple(size // 2 for size in near.shape)
    # The mean of the sky is in the middle of the limits; the bright pixel is white.
    assert 120 < whole[whole > 40].mean() < 135
    assert near[middle[0] - 4 : middle[0] + 4, middle[1] - 4 : middle[1] + 4].max() == 255


def test_the_viewer_is_ready_only_once_everything_is_drawn(
    page: Page, large: tuple[Observation, np.ndarray, np.ndarray]
) -> None:
    page.add_init_script("""
        const next = window.requestAnimationFrame.bind(window);
        window.requestAnimationFrame = (draw) => next(() => setTimeout(draw, 300));
    """)
    go(page, view(large[0], "flc", "#low=0&high=100&at=1,2,1400.5,600.5&zoom=4"))
    assert page.locator("#at-value").inner_text().startswith("5000 ")


def test_the_exact_overview_takes_the_place_of_a_sampled_one(
    page: Page, large: tuple[Observation, np.ndarray, np.ndarray]
) -> None:
    def as_sample(route: Route) -> None:
        answer = route.fetch()
        packing = json.loads(answer.headers["x-acsql-cut"])
        packing["limits"]["percentiles"] = dict.fromkeys(packing["limits"]["percentiles"], (0, 1e9))
        header = json.dumps(packing | {"sampled": True})
        route.fulfill(response=answer, headers=answer.headers | {"x-acsql-cut": header})

    page.route("**/overview.png?sampled=yes", as_sample)
    go(page, view(large[0], "flc"))
    low, high = (float(page.locator(name).input_value()) for name in ("#low", "#high"))
    assert (low, high) == pytest.approx(np.nanpercentile(large[1], (1, 99)), rel=0.02)


def test_the_gap_between_the_chips_has_no_pixels(
    page: Page, large: tuple[Observation, np.ndarray, np.ndarray]
) -> None:
    observation, *_ = large
    # Ten rows below the upper chip.
    go(page, view(observation, "flc", "#at=1,2,700,-10&zoom=4"))
    expect(page.locator("#at-pixel")).to_have_text(NOTHING)
    page.keyboard.press("ArrowUp")
    settled(page)
    expect(page.locator("#at-pixel")).not_to_have_text(NOTHING)


def test_only_tiles_that_are_not_there_are_fetched(
    page: Page, large: tuple[Observation, np.ndarray, np.ndarray]
) -> None:
    go(page, view(large[0], "flc", "#at=1,2,700,300&zoom=2"))
    page.wait_for_load_state("networkidle")
    fetched: list[str] = []
    page.on("request", lambda sent: fetched.append(sent.url))
    page.locator("#canvas").focus()
    for key in ("ArrowLeft", "ArrowRight", "ArrowDown", "ArrowUp"):
        page.keyboard.press(f"Shift+{key}")
    settled(page)
    assert [url for url in fetched if "tile.png" in url] == []


def test_flagged_pixels_are_drawn_over_the_image_by_their_bits(
    page: Page, large: tuple[Observation, np.ndarray, np.ndarray]
) -> None:
    observation, _, flags = large
    upper = SHAPE[0] + GAP
    row, column = (int(places[5]) for places in np.nonzero(flags[upper:] == 16))
    at = f"at=1,2,{column + 0.5},{row + 0.5}&zoom=24"

    def redness() -> float:
        """Return red less green near the middle, beside the mark of the pixel that is read."""
        picture = np.asarray(Image.open(io.BytesIO(page.locator("#canvas").screenshot())))
        y, x = (size // 2 for size in picture.shape[:2])
        red, green, _ = picture[y + 2 : y + 8, x + 2 : x + 8, :3].mean((0, 1))
        return red - green

    go(page, view(observation, "flc", f"#{at}"))
    until(page, lambda: redness() == 0)
    expect(page.locator("#flags")).to_be_hidden()
    page.keyboard.press("q")
    settled(page)
    expect(page).to_have_url(re.compile("overlays=flags"))
    until(page, lambda: redness() > 50)
    page.get_by_label("16 hot pixel").uncheck()
    until(page, lambda: redness() == 0)
    # Bits are those of the address.
    go(page, view(observation, "flc", f"#{at}&overlays=flags&mask=16"))
    until(page, lambda: redness() > 50)


def test_flags_themselves_have_no_flagged_pixels(
    page: Page, large: tuple[Observation, np.ndarray, np.ndarray]
) -> None:
    go(page, view(large[0], "flc", "#extname=DQ"))
    before = page.locator("#canvas").screenshot()
    page.keyboard.press("q")
    settled(page)
    assert page.locator("#canvas").screenshot() == before
