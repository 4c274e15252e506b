"""What the viewer measures, over HTTP: as astropy and numpy compute it from the pixels of files."""

import io
import json
import re

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from flask.testing import FlaskClient
from regions import Regions

import acsql
from acsql.errors import PreviewError
from acsql.images.planes import Chip
from acsql.observation import Observation
from acsql.web.app import create_app


@pytest.fixture(scope="module")
def client(sample_archive: acsql.Archive) -> FlaskClient:
    """A client of the site of the sample archive."""
    return create_app(sample_archive).test_client()


@pytest.fixture(scope="module")
def shown(sample_archive: acsql.Archive) -> Observation:
    """An exposure of two chips."""
    rows = sample_archive.where("detector=WFC").columns("rootname").rows()
    found = (sample_archive.observation(row["rootname"]) for row in rows)
    return next(each for each in found if "SCI,2" in each.extensions.get("flt", {}).values())


def address(observation: Observation, page: str) -> str:
    return f"/pixels/{observation.rootname}/flt/{page}"


def test_a_histogram_counts_the_pixels_of_a_chip(client: FlaskClient, shown: Observation) -> None:
    found = client.get(address(shown, "histogram?extver=2&low=-50&high=200")).json
    science = shown.data("flt", "SCI", 2)
    expected, _ = np.histogram(science[np.isfinite(science)], 256, (-50, 200))
    np.testing.assert_array_equal(found["counts"], expected)


def test_statistics_of_a_region_are_those_of_its_pixels(
    client: FlaskClient, shown: Observation
) -> None:
    found = client.get(address(shown, "statistics?extver=1&region=box(30.5,40.5,20,10,0)")).json
    part = shown.data("flt", "SCI", 1)[35:45, 20:40]
    flags = shown.data("flt", "DQ", 1)[35:45, 20:40]
    assert found["pixels"] == part.size
    assert found["mean"] == pytest.approx(np.nanmean(part, dtype=float))
    assert found["maximum"] == np.nanmax(part)
    assert found["flagged"] == np.count_nonzero(flags)


def test_a_region_may_be_sent_in_the_body(client: FlaskClient, shown: Observation) -> None:
    region = "polygon(20,30,60,30,60,70,20,70)"
    in_url = client.get(address(shown, f"statistics?region={region}"))
    in_body = client.post(address(shown, "statistics"), data=region)
    assert in_body.json == in_url.json
    assert "ETag" not in in_body.headers
    assert client.post(address(shown, "statistics"), data="polygon(1").status_code == 400


def test_a_region_of_both_chips_counts_rows_from_the_bottom_of_the_lower_one(
    client: FlaskClient, shown: Observation
) -> None:
    below, above = (shown.data("flt", "SCI", extver) for extver in (1, 2))
    first = client.get(address(shown, "")).json["planes"][0]["chips"][1]["first_row"]
    assert first > len(below)
    found = client.get(address(shown, f"statistics?region=point(11,{first + 20})")).json
    assert found["mean"] == pytest.approx(above[19, 10])
    gap = client.get(address(shown, f"statistics?region=point(11,{len(below) + 1})")).json
    assert (gap["pixels"], gap["flagged"]) == (0, 0)


def test_a_line_has_its_pixels_and_a_point_its_profile(
    client: FlaskClient, shown: Observation
) -> None:
    line = client.get(address(shown, "profile?extver=1&region=line(5,9,25,9)")).json
    assert line["values"] == pytest.approx(shown.data("flt", "SCI", 1)[8, 4:25].tolist())
    star = client.get(address(shown, "profile?extver=1&region=point(60,60)")).json
    assert len(star["mean"]) == len(star["total"]) == 15


@pytest.mark.parametrize("system", ["image", "icrs"])
def test_region_files_survive_a_round_trip(
    client: FlaskClient, shown: Observation, system: str
) -> None:
    lines = ["circle(40,50,6)", "-ellipse(41,200,9,4,30) # text={core}", "polygon(9,9,30,9,20,20)"]
    written = client.post(address(shown, f"regions.reg?system={system}"), data="\n".join(lines))
    assert written.mimetype == "text/plain"
    assert len(Regions.parse(written.text, format="ds9")) == 3
    read = client.post(address(shown, "regions"), data=written.text).json
    assert read["problems"] == []
    for line, again in zip(lines, read["regions"], strict=True):
        assert again.partition("(")[0] == line.partition("(")[0]
        found, given = ([float(n) for n in re.findall(r"-?\d[\d.]*", t)] for t in (again, line))
        assert found == pytest.approx(given, abs=0.01)


def test_a_part_is_a_fits_file_with_all_planes(client: FlaskClient, shown: Observation) -> None:
    answer = client.get(address(shown, "cutout.fits?extver=2&x0=10&x1=40&y0=5&y1=25"))
    assert "x10-40_y5-25.fits" in answer.headers["Content-Disposition"]
    with fits.open(io.BytesIO(answer.data)) as hdus:
        assert {hdu.name for hdu in hdus} >= {"SCI", "ERR", "DQ"}
        np.testing.assert_array_equal(hdus["SCI", 2].data, shown.data("flt", "SCI", 2)[5:25, 10:40])


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("histogram?low=1", "the parameter high is missing"),
        ("histogram?low=2&high=1", "no range"),
        ("histogram?low=nan&high=1", "no range"),
        ("statistics?region=nonsense", r"expected one such as circle\(100,200,10\)"),
        ("statistics?region=circle(99999,9,3)", "not within"),
        ("statistics?region=circle(nan,9,3)", r"expected one such as circle\(100,200,10\)"),
        ("statistics?region=circle(9,9,1e400)", r"expected one such as circle\(100,200,10\)"),
        ("statistics?region=line(1,1,1e12,1)", "longer than"),
        ("statistics?region=point(9,9)&extver=9", "extver"),
        ("statistics?region=point(9,9)&extver=x", "extver"),
        ("profile?region=line(1,1,1e12,1)", "longer than"),
        ("profile?region=box(9,9,3,3,0)", "only lines, circles and points"),
        ("contours?x0=0&x1=9&y0=0&y1=9", "expected 1 to 20 finite numbers, not none"),
        ("contours?x0=0&x1=9&y0=0&y1=9&levels=1&levels=inf", "finite numbers, not 1, inf"),
        ("contours?x0=0&x1=9&y0=0&y1=9&levels=1,2", "levels"),
        ("cutout.fits?x0=0&x1=9&y0=0", "the parameter y1 is missing"),
        ("cutout.fits?x0=0&x1=9&y0=9&y1=3", "not within"),
        ("cutout.fits?x0=0&x1=9&y0=0&y1=9&extver=9", "extver"),
    ],
)
def test_wrong_parameters_are_errors(
    client: FlaskClient, shown: Observation, page: str, message: str
) -> None:
    answer = client.get(address(shown, page))
    assert answer.status_code == 400
    assert re.search(message, answer.json["message"])


def test_a_file_that_is_no_region_file_is_an_error(client: FlaskClient, shown: Observation) -> None:
    for content in (b"", b"\xff\xfe\x00", b"SIMPLE  =  T" * 99):
        answer = client.post(address(shown, "regions"), data=content)
        assert answer.status_code == 400
        assert "region" in answer.json["message"]


@pytest.mark.parametrize("page", ["regions", "regions.reg?system=icrs"])
def test_an_image_without_coordinates_has_no_regions_on_the_sky(
    client: FlaskClient, shown: Observation, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_wcs(chip: Chip) -> WCS:
        raise PreviewError(f"{chip.stored.label} has no usable WCS")

    monkeypatch.setattr(Chip, "wcs_of_plane", no_wcs)
    text = "circle(9,9,3)" if "system" in page else 'icrs;circle(6,-72,3")'
    answer = client.post(address(shown, page), data=text)
    assert answer.status_code == 404
    assert "no usable WCS" in answer.json["message"]


def test_a_difference_is_an_image_like_any_other(client: FlaskClient, shown: Observation) -> None:
    minus = f"minus={shown.rootname}.raw"
    overview = client.get(address(shown, f"overview.png?{minus}"))
    limits = json.loads(overview.headers["X-Acsql-Cut"])["limits"]
    found = client.get(address(shown, f"statistics?extver=1&region=box(30.5,40.5,20,10,0)&{minus}"))
    x, y = (int(shown.header("raw", 1).get(keyword, 0)) for keyword in ("LTV1", "LTV2"))
    raw = shown.data("raw", "SCI", 1)[y + 35 : y + 45, x + 20 : x + 40].astype(float)
    part = shown.data("flt", "SCI", 1)[35:45, 20:40] - raw
    assert found.json["mean"] == pytest.approx(np.nanmean(part), rel=1e-5)
    assert limits["minmax"][0] <= np.nanmin(part)
    answer = client.get(address(shown, f"overview.png?{minus}&version=x"))
    assert answer.status_code == 404
    assert overview.cache_control.no_cache


@pytest.mark.parametrize(
    ("minus", "status", "message"),
    [
        ("nonsense", 400, "expected one such as j8bt05njq.flt"),
        ("j99999zzq.flt", 404, "j99999zz"),
        ("{name}.spt", 404, "contains no image"),
        ("{name}.xyz", 404, "xyz"),
    ],
)
def test_what_cannot_be_subtracted_is_an_error(
    client: FlaskClient, shown: Observation, minus: str, status: int, message: str
) -> None:
    answer = client.get(address(shown, f"overview.png?minus={minus.format(name=shown.rootname)}"))
    assert answer.status_code == status
    assert message in answer.json["message"]
