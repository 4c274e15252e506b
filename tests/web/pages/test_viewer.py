"""The viewer: the responses of its routes, and the page in a real browser."""

import io
import json
import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from viewer_page import changing, exposure_of_two_chips, go, settled, view
from werkzeug.test import TestResponse

import acsql
from acsql.fits.amplifiers import image_parts
from acsql.images.disk_cache import DiskCache
from acsql.keywords import KeywordSpecs
from acsql.observation import Observation
from acsql.web.app import create_app
from acsql.web.pages import viewer


@pytest.fixture(scope="module")
def client(sample_archive: acsql.Archive) -> FlaskClient:
    """A client of the site of the sample archive."""
    return create_app(sample_archive).test_client()


@pytest.fixture(scope="module")
def shown(sample_archive: acsql.Archive) -> Observation:
    """An exposure of two chips, with raw, flt and flc."""
    return exposure_of_two_chips(sample_archive)


@pytest.fixture(scope="module")
def product(sample_archive: acsql.Archive) -> Observation:
    """An observation with a drz file."""
    names = [row["rootname"] for row in sample_archive.where().columns("rootname").rows()]
    every = map(sample_archive.observation, names)
    return next(found for found in every if "drz" in found.datasets)


def pixels(observation: Observation, filetype: str, page: str = "") -> str:
    return f"/pixels/{observation.rootname}/{filetype}/{page}"


def imported(module: Path) -> set[Path]:
    """Return a module of the script, and those that it imports before it runs."""
    names = re.findall(r'^(?:import|\}).* from "(.+)";$', module.read_text(), re.MULTILINE)
    return {module}.union(*(imported((module.parent / name).resolve()) for name in names))


def mosaic(observation: Observation, filetype: str, extname: str = "SCI") -> np.ndarray:
    """Return all pixels, chip 2 below chip 1, with the rows of the sky between them."""
    lower, upper = (observation.data(filetype, extname, extver) for extver in (1, 2))
    skies = [
        WCS(fits.Header.fromstring(observation.header(filetype, 3 * n + 1).tostring()), relax=True)
        for n in (0, 1)
    ]
    x = (lower.shape[1] - 1) / 2
    (_, row) = skies[0].all_world2pix(*skies[1].all_pix2world(x, 0, 0), 0)
    gap = max(round(float(row) - len(lower)), 0)
    rows = np.full((gap, lower.shape[1]), 0, lower.dtype)
    if extname != "DQ":
        rows = np.full(rows.shape, np.nan)
    return np.vstack([lower, rows, upper])


def unpacked(content: bytes, packing: dict[str, float]) -> np.ndarray:
    """Read packed values by their definition, the bottom row first."""
    red, green, blue = np.moveaxis(np.asarray(Image.open(io.BytesIO(content)), float), -1, 0)
    values = packing["low"] + packing["step"] * (256 * red + green + blue / 256)
    return np.where(blue == 255, np.nan, values)[::-1]


def packing_of(answer: TestResponse) -> dict[str, Any]:
    """Return how the values of a response are packed."""
    return json.loads(answer.headers["X-Acsql-Cut"])


# Routes


def test_the_page_preloads_the_modules_that_its_script_imports(
    client: FlaskClient, shown: Observation
) -> None:
    page = BeautifulSoup(client.get(view(shown, "flt")).data, "html.parser")
    links = page.select("link[rel=modulepreload]")
    expected = imported(viewer.MODULES / "main.js")
    assert sorted(Path(link["href"]).name for link in links) == sorted(
        path.name for path in expected
    )
    # Nothing else is needed before the first picture: the tools are in a folder of their own.
    assert {path.parent for path in expected} == {viewer.MODULES}


def test_an_image_is_described(client: FlaskClient, shown: Observation) -> None:
    described = client.get(pixels(shown, "flt")).json
    assert described["file"] == shown.datasets["flt"]
    assert [plane["extname"] for plane in described["planes"]] == ["SCI", "ERR", "DQ"]
    assert [plane["flags"] for plane in described["planes"]] == [False, False, True]
    science = described["planes"][0]
    assert science["unit"] == "ELECTRONS"
    assert (science["height"], science["width"]) == mosaic(shown, "flt").shape
    assert [chip["ccdchip"] for chip in science["chips"]] == [2, 1]
    assert 0 < science["chips"][1]["first_row"] - science["chips"][0]["height"] < 10
    assert described["flags"]["16"] == "hot pixel"


@pytest.mark.parametrize("filetype", ["raw", "flt"])
def test_the_parts_of_amplifiers_are_those_of_the_statistics(
    client: FlaskClient, shown: Observation, specs: KeywordSpecs, filetype: str
) -> None:
    (science, *_) = client.get(pixels(shown, filetype)).json["planes"]
    with fits.open(shown.path(filetype)) as hdus:
        readout = specs.readouts[hdus[0].header["DETECTOR"]]
        for hdu, chip in zip((hdus["SCI", 1], hdus["SCI", 2]), science["chips"], strict=True):
            parts = image_parts(hdu, hdus[0].header["CCDAMP"], readout, "").amplifiers
            assert chip["amplifiers"].keys() == {name.upper() for name in parts}
            for name, part in parts.items():
                area = chip["amplifiers"][name.upper()]
                assert (slice(area["y0"], area["y1"]), slice(area["x0"], area["x1"])) == part.area


def test_a_product_has_no_parts_of_amplifiers(client: FlaskClient, product: Observation) -> None:
    (science, *_) = client.get(pixels(product, "drz")).json["planes"]
    assert [chip["amplifiers"] for chip in science["chips"]] == [{}]


@pytest.mark.parametrize("extname", ["SCI", "ERR", "DQ"])
def test_a_cutout_has_the_pixels_of_the_file(
    client: FlaskClient, shown: Observation, extname: str
) -> None:
    region = "x0=11&x1=47&y0=90&y1=130"
    answer = client.get(pixels(shown, "flt", f"cut.png?extname={extname}&{region}"))
    assert answer.mimetype == "image/png"
    packing = packing_of(answer)
    assert {name: packing[name] for name in ("x0", "x1", "y0", "y1", "bin")} == {
        "x0": 11,
        "x1": 47,
        "y0": 90,
        "y1": 130,
        "bin": 1,
    }
    expected = mosaic(shown, "flt", extname)[90:130, 11:47]
    atol = 0 if extname == "DQ" else packing["step"] / 100
    np.testing.assert_allclose(unpacked(answer.data, packing), expected, rtol=0, atol=atol)


def test_the_rows_of_a_single_chip_count_from_its_bottom(
    client: FlaskClient, shown: Observation
) -> None:
    answer = client.get(pixels(shown, "raw", "cut.png?extver=2&x0=0&x1=9&y0=0&y1=5&bin=1"))
    packing = packing_of(answer)
    np.testing.assert_array_equal(
        unpacked(answer.data, packing), shown.data("raw", "SCI", 2)[:5, :9]
    )


def test_limits_are_those_of_the_pixels(client: FlaskClient, shown: Observation) -> None:
    offered = packing_of(client.get(pixels(shown, "flt", "overview.png")))["limits"]
    science = mosaic(shown, "flt")
    assert offered["minmax"] == [np.nanmin(science), np.nanmax(science)]
    assert offered["percentiles"]["98"] == pytest.approx(np.nanpercentile(science, (1, 99)))
    alone = packing_of(client.get(pixels(shown, "flt", "overview.png?extver=1")))["limits"]
    assert alone["pixels"] * 2 == offered["pixels"]


@pytest.mark.parametrize("sampled", ["no", "yes"])
def test_limits_of_a_product_leave_out_its_blank_border(
    client: FlaskClient,
    product: Observation,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    sampled: str,
) -> None:
    monkeypatch.setattr(viewer, "SAMPLED_FROM", 1)
    cache = DiskCache(tmp_path, 1_000_000)
    monkeypatch.setattr(viewer, "picture_cache", lambda: cache)
    packing = packing_of(client.get(pixels(product, "drz", f"overview.png?sampled={sampled}")))
    assert packing["sampled"] == (sampled == "yes")
    with fits.open(product.path("drz")) as hdus:
        science, weights = hdus["SCI"].data, hdus["WHT"].data
    assert (weights == 0).any()
    with_data = science[(weights != 0) & np.isfinite(science)]
    expected = np.percentile(with_data, (1, 99))
    rel = 0.3 if sampled == "yes" else 1e-6
    assert packing["limits"]["percentiles"]["98"] == pytest.approx(expected.tolist(), rel=rel)
    if sampled == "no":
        assert packing["limits"]["minmax"] == [with_data.min(), with_data.max()]
        assert packing["limits"]["finite"] == with_data.size


def test_a_large_image_is_shown_from_a_sample_until_its_overview_is_there(
    client: FlaskClient,
    sample_archive: acsql.Archive,
    shown: Observation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sampled = pixels(shown, "flt", "overview.png?extname=ERR&sampled=yes")
    # Another test may have made it.
    shutil.rmtree(sample_archive.config.data_dir / "cache", ignore_errors=True)
    monkeypatch.setattr(viewer, "SAMPLED_FROM", 0)
    assert packing_of(client.get(sampled))["sampled"]
    exact = client.get(pixels(shown, "flt", "overview.png?extname=ERR"))
    assert not packing_of(exact)["sampled"]
    assert client.get(sampled).data == exact.data


def test_the_overview_is_the_coarsest_tile(client: FlaskClient, shown: Observation) -> None:
    overview = client.get(pixels(shown, "flt", "overview.png"))
    assert packing_of(overview)["version"] == client.get(pixels(shown, "flt")).json["version"]
    tile = client.get(pixels(shown, "flt", "tile.png?level=0&column=0&row=0"))
    assert tile.data == overview.data
    assert packing_of(overview).items() >= packing_of(tile).items()


def test_browsers_cache_responses_with_a_version(client: FlaskClient, shown: Observation) -> None:
    version = client.get(pixels(shown, "flt")).json["version"]
    address = pixels(shown, "flt", f"cut.png?x0=0&x1=9&y0=0&y1=9&version={version}")
    first = client.get(address)
    assert first.cache_control.max_age > 3600
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(pixels(shown, "flt", "overview.png")).cache_control.no_cache


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "the parameter x0 is missing"),
        ("x0=0&x1=9&y0=0&y1=1e3", "y1: .*whole number.* '1e3'"),
        ("x0=0&x1=9&y0=0&y1=99999999999999999999", "y1: .*whole number.* '99999999999999999999'"),
        ("x0=0&x1=9&y0=0&y1=²", "y1: .*whole number.* '²'"),
        ("x0=0&x1=9&y0=9&y1=3", "not within"),
        ("x0=-9&x1=0&y0=0&y1=3", "not within"),
        ("x0=0&x1=9&y0=0&y1=9&bin=0", "bin must be 1 to 256 pixels"),
        ("x0=0&x1=9&y0=0&y1=9&bin=1000", "bin must be 1 to 256 pixels"),
        ("x0=0&x1=9&y0=0&y1=9&extname=PRIMARY", "extname: .*'PRIMARY'"),
        ("x0=0&x1=9&y0=0&y1=9&extver=7", "extver: .*'7'"),
        ("x0=0&x1=9&y0=0&y1=9&path=/etc/passwd", "unknown parameter 'path'"),
        ("x0=0&x0=1&x1=9&y0=0&y1=9", "x0: occurs 2 times"),
    ],
)
def test_wrong_parameters_are_errors(
    client: FlaskClient, shown: Observation, query: str, message: str
) -> None:
    answer = client.get(pixels(shown, "flt", f"cut.png?{query}"))
    assert answer.status_code == 400
    assert re.search(message, answer.json["message"])


@pytest.mark.parametrize(
    "address",
    [
        "/pixels/{name}/jit/",
        "/pixels/{name}/spt/cut.png?x0=0&x1=9&y0=0&y1=9",
        "/pixels/{name}/xyz/",
        "/pixels/{name}/..%2F..%2Fetc/",
        "/pixels/j99999zzq/flt/",
        "/pixels/{name}/flt/overview.png?version=another",
        "/archive/{proposid}/{name}/spt/view",
        "/archive/{proposid}/{name}/xyz/view",
    ],
)
def test_what_does_not_exist_is_not_found(
    client: FlaskClient, shown: Observation, address: str
) -> None:
    answer = client.get(address.format(name=shown.ipppssoot, proposid=shown["proposid"]))
    assert answer.status_code == 404
    if address.startswith("/pixels"):
        assert answer.json["message"]


@pytest.fixture(scope="module")
def changed(sample_archive: acsql.Archive) -> Observation:
    """An exposure of two chips whose files no other test file reads."""
    return exposure_of_two_chips(sample_archive, to_change=True)


@pytest.fixture
def damaged(changed: Observation, shared: Path) -> Iterator[Path]:
    """Its flc file, which is put in order again after the test."""
    path = changed.path("flc")
    with changing(path, shared):
        yield path


@pytest.mark.parametrize("part", [0, 5, 2000, 100_000, None])
def test_damaged_files_are_reported(
    client: FlaskClient, changed: Observation, damaged: Path, part: int | None
) -> None:
    if part is None:
        damaged.unlink()
    else:
        damaged.write_bytes(damaged.read_bytes()[:part])
    for page in ("", "overview.png", "cut.png?x0=0&x1=9&y0=0&y1=9"):
        answer = client.get(pixels(changed, "flc", page))
        assert answer.status_code == 404
        assert damaged.name in answer.json["message"]
        assert str(damaged.parent) not in answer.json["message"]
    # The page itself needs no file.
    assert client.get(view(changed, "flc")).status_code == 200


def test_the_page_keeps_the_selection(client: FlaskClient, shown: Observation) -> None:
    text = client.get(view(shown, "flt", "?detector=WFC&sort=-expstart")).text
    archive = client.application.extensions["acsql"]
    selected = archive.where("detector=WFC", proposid=shown["proposid"]).sort("-expstart")
    before, _ = selected.neighbours(shown)
    if before:
        assert f"/{before}/" in text
    assert "view?sort=-expstart&amp;detector=WFC" in text
    assert client.get(view(shown, "flt", "?nonsense=1")).status_code == 400
    name = shown.ipppssoot.upper()
    moved = client.get(f"/archive/1/{name}/flt/view?detector=WFC")
    assert moved.location == view(shown, "flt", "?detector=WFC")


def test_a_walk_through_products_and_exposures_stays_in_the_viewer(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    names = [row["rootname"] for row in sample_archive.where().columns("rootname").rows()]
    product = next(
        found
        for found in map(sample_archive.observation, names)
        if "drz" in found.datasets and "raw" not in found.datasets
    )
    before, after = sample_archive.where(proposid=product["proposid"]).neighbours(product)
    exposure = sample_archive.observation(after or before)
    step = "prev" if after else "next"
    page = BeautifulSoup(client.get(view(exposure, "raw")).text, "html.parser")
    way = page.find("a", rel=step)
    assert way["href"] == view(product, "drc" if "drc" in product.datasets else "drz")
    # Raw and drizzled pixels do not lie in the same place.
    assert "data-pixels" not in way.attrs


def test_a_walk_through_a_search_leads_back_to_its_results(
    client: FlaskClient, shown: Observation
) -> None:
    page = BeautifulSoup(client.get(view(shown, "flt", "?q=detector=WFC")).text, "html.parser")
    results = page.select_one(".trail a")
    assert results["href"] == "/database/results?q=detector%3DWFC"
    assert client.get(results["href"]).status_code == 200


def test_the_observation_links_to_the_viewer(client: FlaskClient, shown: Observation) -> None:
    text = client.get(f"/archive/{shown['proposid']}/{shown.ipppssoot}/flc/").text
    assert f'href="{view(shown, "flc")}"' in text


# The browser


def read(page: Page, part: str) -> str:
    return page.locator(f"#at-{part}").inner_text()


def looked_at(observation: Observation, filetype: str, extver: int, x: int, y: int) -> str:
    """Return the fragment that has a pixel in the middle of the screen; x and y count from 1."""
    header = observation.header(filetype, {1: 1, 2: 4}[extver])
    x0, y0 = (x - 0.5 - header.get("LTV1", 0), y - 0.5 - header.get("LTV2", 0))
    return f"at={header['CCDCHIP']},{extver},{x0},{y0}&zoom=8"


FETCH = """async (address) => {
  const { src } = document.querySelector("script[type=module]");
  const { fetchCutout } = await import(src.replace("main", "cutouts"));
  const { width, height, values } = await fetchCutout(address);
  return { width, height, values: Array.from(values) };
}"""


@pytest.mark.parametrize(
    ("filetype", "extname"), [("raw", "SCI"), ("flt", "DQ"), ("flt", "SCI"), ("flt", "ERR")]
)
def test_a_browser_decodes_every_pixel_of_a_file(
    page: Page, shown: Observation, filetype: str, extname: str
) -> None:
    go(page, view(shown, filetype))
    expected = mosaic(shown, filetype, extname)
    query = f"cut.png?extname={extname}&x0=0&x1=9999&y0=0&y1=9999"
    found = page.evaluate(FETCH, pixels(shown, filetype, query))
    values = np.array(found["values"], float).reshape(found["height"], found["width"])[::-1]
    exact = expected.dtype.kind in "iu"
    within = 0 if exact else np.ptp(expected[np.isfinite(expected)]) / 65535
    np.testing.assert_allclose(values, expected, rtol=0, atol=within)


def test_one_extreme_pixel_leaves_the_others_as_they_are(
    page: Page, changed: Observation, shared: Path
) -> None:
    path = changed.path("flc")
    with changing(path, shared):
        with fits.open(path, "update") as hdus:
            hdus["SCI", 1].data[30, 40] = 3e38
            expected = hdus["SCI", 1].data[:64, :64].copy()
        go(page, view(changed, "flc", "#extver=1"))
        query = "cut.png?extver=1&x0=0&x1=64&y0=0&y1=64"
        found = page.evaluate(FETCH, pixels(changed, "flc", query))
        with Image.open(io.BytesIO(page.locator("#canvas").screenshot())) as image:
            grey = np.asarray(image.convert("L"))
    values = np.array(found["values"], float).reshape(found["height"], found["width"])[::-1]
    np.testing.assert_array_equal(values, expected)
    # The middle of the image is not of one colour.
    assert np.unique(grey[200:-200, 200:-200]).size > 30


@pytest.mark.parametrize("filetype", ["raw", "flt"])
@pytest.mark.parametrize(("extver", "x", "y"), [(1, 1, 1), (1, 200, 77), (2, 31, 3), (2, 240, 120)])
def test_the_readout_agrees_with_astropy(
    page: Page, shown: Observation, filetype: str, extver: int, x: int, y: int
) -> None:
    go(page, view(shown, filetype, f"#{looked_at(shown, filetype, extver, x, y)}"))
    with fits.open(shown.path(filetype)) as hdus:
        header = hdus["SCI", extver].header
        value = hdus["SCI", extver].data[y - 1, x - 1]
    # Without the tables of residual distortion.
    for keyword in [name for name in header if name.startswith(("D2IM", "CPDIS", "CPERR", "DP"))]:
        del header[keyword]
    expected = SkyCoord(*WCS(header, relax=True).all_pix2world(x, y, 1), unit="deg")
    assert read(page, "chip") == str(header["CCDCHIP"])
    assert read(page, "pixel") == f"{x}, {y}"
    number, _, unit = read(page, "value").partition(" ")
    if np.isnan(value):
        assert number == "no"
    else:
        # Only significant digits are shown, and all of whole numbers.
        last_digit = 0 if filetype == "raw" else 10.0 ** Decimal(number).as_tuple().exponent
        assert abs(float(number) - value) <= last_digit
        assert float(number) == pytest.approx(value, rel=1e-3)
    assert np.isnan(value) or unit == header["BUNIT"].lower()
    coordinates = SkyCoord(*read(page, "degrees").split(), unit="deg")
    assert coordinates.separation(expected).arcsec < 0.01
    assert (
        SkyCoord(read(page, "sky"), unit=("hourangle", "deg")).separation(coordinates).arcsec < 0.02
    )


def test_right_ascensions_and_declinations_everywhere(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt"))
    random = np.random.default_rng(3)
    for crval in ([0.001, 5.0], [359.999, -5.0], [83.0, 89.99], [200.0, -89.99]):
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
        wcs.wcs.crpix, wcs.wcs.crval = [2048, 1024], crval
        wcs.wcs.cd = [[1e-5, 9e-6], [9.5e-6, -1.1e-5]]
        projection = {
            "crpix": [2048, 1024],
            "crval": crval,
            "cd": wcs.wcs.cd.tolist(),
            "a": [],
            "b": [],
        }
        places = random.uniform(1, 4096, (20, 2)).tolist()
        found = page.evaluate(
            """async ([projection, places]) => {
              const { src } = document.querySelector("script[type=module]");
              const { skyOf } = await import(src.replace("main", "tools/sky"));
              return places.map(([x, y]) => skyOf(projection, x, y));
            }""",
            [projection, places],
        )
        expected = SkyCoord(wcs.all_pix2world(places, 1), unit="deg")
        assert SkyCoord(found, unit="deg").separation(expected).arcsec.max() < 1e-4


SEXAGESIMAL = [
    ([0, 3, 24], "00:00:00.000"),
    ([23.9999999999, 3, 24], "00:00:00.000"),
    ([12.5, 3, 24], "12:30:00.000"),
    ([-0.0001, 2, None], "-00:00:00.36"),
    ([-72.0999999999, 2, None], "-72:06:00.00"),
]


def test_sexagesimal(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt"))
    found = page.evaluate(
        """async (cases) => {
          const { src } = document.querySelector("script[type=module]");
          const { sexagesimal } = await import(src.replace("main", "tools/sky"));
          return cases.map(([number, decimals, turn]) =>
            sexagesimal(number, decimals, turn ?? undefined));
        }""",
        [arguments for arguments, _ in SEXAGESIMAL],
    )
    assert found == [text for _, text in SEXAGESIMAL]


def test_flags_have_names_and_can_be_chosen(page: Page, shown: Observation) -> None:
    flags = shown.data("flt", "DQ", 1)
    y, x = (int(place[0]) + 1 for place in np.nonzero(flags & 16))
    at = looked_at(shown, "flt", 1, x, y)
    go(page, view(shown, "flt", f"#extname=DQ&{at}"))
    assert read(page, "value").startswith(f"{flags[y - 1, x - 1]} ")
    assert "hot pixel" in read(page, "value")
    seen = page.locator("#canvas").screenshot()
    for box in page.locator("#flags input").all():
        box.uncheck()
    assert page.locator("#canvas").screenshot() != seen
    expect(page).to_have_url(re.compile("[#&]mask=32768(&|$)"))
    page.get_by_role("button", name="All", exact=True).click()
    expect(page.get_by_label("16 hot pixel")).to_be_checked()
    assert "mask" not in page.url
    page.get_by_role("button", name="None", exact=True).click()
    expect(page.get_by_label("16 hot pixel")).not_to_be_checked()
    expect(page).to_have_url(re.compile("[#&]mask=0(&|$)"))


def test_keys_change_the_look_and_the_address_keeps_it(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt"))
    seen = page.locator("#canvas").screenshot()
    for key in "iclsse":
        page.keyboard.press(key)
    settled(page)
    for name, value in {
        "extname": "ERR",
        "colours": "heat",
        "scale": "log",
        "limits": "95",
    }.items():
        expect(page.locator(f"#{name}")).to_have_value(value)
    expect(page.locator("#invert")).to_be_checked()
    assert page.locator("#canvas").screenshot() != seen
    chosen = page.locator("#canvas").screenshot()
    go(page, page.url)
    assert page.locator("#canvas").screenshot() == chosen


def test_a_change_does_not_wait_for_the_one_before(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt"))
    page.evaluate(
        """() => {
          const changes = { extname: "ERR", scale: "log", extver: "2", limits: "90" };
          for (const [id, value] of Object.entries(changes)) {
            const box = document.getElementById(id);
            box.value = value;
            box.dispatchEvent(new Event("change"));
          }
        }"""
    )
    expect(page.locator("#badge")).to_contain_text("ERR,2")
    settled(page)
    assert read(page, "chip") == "1"
    for name, value in {"extname": "ERR", "scale": "log", "extver": "2", "limits": "90"}.items():
        expect(page.locator(f"#{name}")).to_have_value(value)
        assert f"{name}={value}" in page.url


def test_the_image_fills_the_window(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt"))
    assert page.evaluate("document.documentElement.scrollHeight") <= page.viewport_size["height"]
    assert page.locator("#canvas").bounding_box()["height"] > 0.8 * page.viewport_size["height"]
    for part in ("#at-value", "#at-degrees", "#colour-bar", "#high", "#blink"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)


def test_limits_can_be_typed(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt"))
    page.get_by_label("Lower limit").fill("-20")
    page.get_by_label("Upper limit").fill("1e4")
    page.keyboard.press("Enter")
    expect(page.locator("#limits")).to_have_value("own")
    go(page, page.url)
    expect(page.get_by_label("Upper limit")).to_have_value("10000")
    page.get_by_label("Upper limit").fill("many")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Upper limit")).to_have_attribute("aria-invalid", "true")


def test_keys_and_the_mouse_move_and_zoom(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt"))
    canvas = page.locator("#canvas")
    fitted = read(page, "zoom")
    canvas.focus()
    page.keyboard.press("1")
    settled(page)
    assert read(page, "zoom") == "100 %"
    # In the middle is the gap between the chips.
    assert read(page, "pixel") == "\N{EN DASH}"
    page.keyboard.press("ArrowUp")
    settled(page)
    x, y = (int(n) for n in read(page, "pixel").split(","))
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator("#at-pixel")).to_have_text(f"{x + 1}, {y + 1}")
    box = canvas.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    # The middle is an edge between pixels: rounding may choose either.
    under = pytest.approx([x + 1, y + 1], abs=1)
    page.mouse.wheel(0, -900)
    settled(page)
    assert float(read(page, "zoom").split()[0]) > 300
    assert [int(n) for n in read(page, "pixel").split(",")] == under
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 40, steps=3)
    page.mouse.up()
    settled(page)
    assert [int(n) for n in read(page, "pixel").split(",")] == under
    page.keyboard.press("0")
    settled(page)
    assert read(page, "zoom") == fitted


def test_blinking_stays_in_place(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt", f"#{looked_at(shown, 'flt', 2, 100, 50)}"))
    for filetype in ("flc", "raw", "flt"):
        page.keyboard.press("b")
        expect(page.locator("#badge")).to_contain_text(shown.datasets[filetype])
        settled(page)
        header = shown.header(filetype, 4)
        x, y = (round(n + header.get(k, 0)) for n, k in ((100, "LTV1"), (50, "LTV2")))
        assert (read(page, "chip"), read(page, "pixel")) == ("1", f"{x}, {y}")
        value = float(read(page, "value").split()[0])
        assert value == pytest.approx(shown.data(filetype, "SCI", 2)[y - 1, x - 1], rel=1e-3)


def test_next_and_previous_keep_the_view(
    page: Page, sample_archive: acsql.Archive, shown: Observation
) -> None:
    before, after = sample_archive.where(proposid=shown["proposid"]).neighbours(shown)
    key, name = ("n", after) if after else ("p", before)
    go(page, view(shown, "flt", "#scale=asinh&limits=zscale"))
    page.keyboard.press("Shift+B")
    expect(page.locator("#badge")).not_to_contain_text(shown.ipppssoot)
    page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    settled(page)
    expect(page.locator("#scale")).to_have_value("asinh")
    expect(page.locator("#limits")).to_have_value("zscale")


def test_the_keyboard_shortcuts_are_listed(page: Page, shown: Observation) -> None:
    page.set_viewport_size({"width": 900, "height": 500})
    go(page, view(shown, "flt"))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    # The list is read from its begin: the focus does not scroll to the button at its end.
    expect(page.locator("#keys-title")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_vanished_file_is_reported_on_the_page(
    chromium: Browser, site: str, changed: Observation, damaged: Path
) -> None:
    damaged.unlink()
    context = chromium.new_context(base_url=site)
    page = context.new_page()
    page.goto(view(changed, "flc"))
    expect(page.get_by_role("alert")).to_contain_text(f"{damaged.name} cannot be read")
    expect(page.locator("#preview")).to_be_visible()
    context.close()


def test_without_scripts_the_preview_is_shown(
    page_without_scripts: Page, shown: Observation
) -> None:
    page_without_scripts.goto(view(shown, "flt"))
    expect(page_without_scripts.locator("#preview")).to_be_visible()
    expect(page_without_scripts.locator("noscript p")).to_be_visible()
    expect(page_without_scripts.locator("#controls")).to_be_hidden()


def test_it_fits_on_a_phone(phone: Page, shown: Observation) -> None:
    go(phone, view(shown, "flt"))
    assert phone.evaluate("document.documentElement.scrollWidth") <= phone.viewport_size["width"]
    zoom = read(phone, "zoom")
    phone.get_by_role("button", name="Zoom in").tap()
    settled(phone)
    assert read(phone, "zoom") != zoom


def test_the_help_lists_every_key(client: FlaskClient, shown: Observation) -> None:
    script = next(viewer.MODULES.rglob("keyboard.js")).read_text()
    keys = [a or b for a, b in re.findall(r'^    (?:"(.+?)"|(\w+)): ', script, re.MULTILINE)]
    listed = {
        kbd.text
        for kbd in BeautifulSoup(client.get(view(shown, "flt")).text, "html.parser").find_all("kbd")
    }
    names = {"ArrowLeft": "←", "ArrowRight": "→", "ArrowUp": "↑", "ArrowDown": "↓"}
    names |= {"-": "\N{MINUS SIGN}", "=": "+", "Escape": "Esc", "Backspace": "Delete"}
    assert len(keys) > 30
    assert {names.get(key, key) for key in keys} <= listed
