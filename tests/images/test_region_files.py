"""DS9 region files: round trips through `regions`, in pixels and on the sky, of both chips."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from regions import CirclePixelRegion, PixCoord, Regions

from acsql.errors import PreviewError, QueryError
from acsql.images.planes import Plane
from acsql.images.region_files import format_region, parse_region, read_regions, write_regions

SHAPES = (
    "circle(20.5,30,4.25)",
    "box(21,31,8,5,30)",
    "ellipse(22,32,6,3,45)",
    "annulus(23,33,3,6)",
    "line(5,6,40,30)",
    "point(7,8)",
    "polygon(3,3,20,5,12,20)",
    "-circle(9,9,2)",
    "circle(9,9,2) # text={a star}",
    "circle(9,9,2) # color=red text={a star}",
    "text(9,9) # text={a label}",
)


@pytest.fixture
def sky(tmp_path: Path, write: Callable[..., Path], described) -> tuple[Path, Plane]:
    """An image of two chips on the sky, with a gap between them."""
    chip = np.zeros((40, 50), np.float32)
    path = write(tmp_path / "sky_flt.fits", {"SCI": chip}, {"SCI": chip})
    with fits.open(path, mode="update") as hdus:
        for version, crpix2 in ((1, 40.0), (2, -10.0)):
            hdus["SCI", version].header.update(
                CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRPIX1=25.0, CRPIX2=crpix2, CRVAL1=6.0,
                CRVAL2=-72.0, CD1_1=-1.2e-5, CD1_2=3e-6, CD2_1=3e-6, CD2_2=1.2e-5, LTV1=5.0,
                LTV2=2.0,
            )  # fmt: skip
    return path, described(path)["SCI"]


def numbers(text: str) -> list[float]:
    return [float(n) for n in text.partition("(")[2].partition(")")[0].split(",")]


@pytest.mark.parametrize("system", ["image", "icrs"])
@pytest.mark.parametrize("text", SHAPES)
@pytest.mark.parametrize("first_row", [0, 50])
def test_regions_survive_a_round_trip(
    sky: tuple[Path, Plane], text: str, system: str, first_row: int
) -> None:
    plane = sky[1]
    region = parse_region(text)
    places = [n for n in ("center", "start", "end", "vertices") if hasattr(region, n)]
    raised = region.copy(
        **{n: PixCoord(getattr(region, n).x, getattr(region, n).y + first_row) for n in places}
    )
    on_plane = format_region(raised)
    again = read_regions(write_regions([on_plane], plane, system), plane)
    assert again.problems == ()
    (found,) = again.regions
    assert found.partition("(")[0] == text.partition("(")[0]
    assert found.partition("#")[2] == text.partition("#")[2]
    assert numbers(found) == pytest.approx(numbers(on_plane), abs=0.01)


def test_a_file_in_pixels_counts_from_the_corner_of_each_extension(
    sky: tuple[Path, Plane],
) -> None:
    text = write_regions(["circle(10,20,3)", "circle(10,70,3)"], sky[1], "image")
    below, above = Regions.parse(text, format="ds9")
    assert [(r.center.x, r.center.y, r.meta["tag"]) for r in (below, above)] == [
        (9.0, 19.0, ["SCI,1"]),
        (9.0, 19.0, ["SCI,2"]),
    ]


def test_sky_coordinates_are_those_of_astropy_on_the_chip(sky: tuple[Path, Plane]) -> None:
    path, plane = sky
    text = write_regions(["circle(10,70,3)"], plane, "icrs")
    (region,) = Regions.parse(text, format="ds9")
    expected = WCS(fits.getheader(path, ("SCI", 2))).pixel_to_world(9, 19)
    assert region.center.separation(expected).arcsec < 1e-4
    assert region.radius.to_value("arcsec") == pytest.approx(3 * 0.0445, rel=0.01)


def test_a_file_of_ds9_in_its_default_system_is_placed_by_the_detector(
    sky: tuple[Path, Plane],
) -> None:
    text = "# Region file format: DS9 version 4.1\nglobal color=green\nphysical\ncircle(10,20,3)"
    assert read_regions(text, sky[1]).regions == ("circle(15.0000,22.0000,3.0000)",)
    assert read_regions("circle(10,20,3)", sky[1]).regions == ("circle(15.0000,22.0000,3.0000)",)
    both = read_regions(text + "\nimage\ncircle(1,1,1)", sky[1])
    assert both.regions == ("circle(15.0000,22.0000,3.0000)", "circle(1.0000,1.0000,1.0000)")


# As DS9 9 writes them.
SAVED = """\
\ufeff# Region file format: DS9 version 4.1
global color=green dashlist=8 3 width=1 font="helvetica 10 normal roman" select=1 include=1 source=1
image
# composite(20,30,0) || composite=1
circle(20,30,4) || # color=red width=3 text={a; b} tag={stars} This is a comment
!box(21,31,8,5,30) || # color=#0ff background
# text(9,9) || color=magenta font="helvetica 14 bold roman" text={a label}
annulus(23,33,3,6,9) # width=2
image; point 7 8 # point=boxcircle 11
# vector(1,2,3,4) vector=1
"""


def test_a_file_as_ds9_writes_it_is_read(sky: tuple[Path, Plane]) -> None:
    found = read_regions(SAVED, sky[1])
    assert found.problems == ()
    assert [text.replace(".0000", "") for text in found.regions] == [
        "circle(20,30,4) # color=red text={a; b}",
        "-box(21,31,8,5,30) # color=#0ff",
        "text(9,9) # color=magenta text={a label}",
        "annulus(23,33,3,6)",
        "annulus(23,33,6,9)",
        "point(7,8)",
    ]


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        ("fk5", 'fk5;circle(0:24:00,-72:00:00,5")'),
        ("icrs", "icrs;circle(0h24m00s,-72d00m00s,0.0833333')"),
        ("fk5", "J2000\ncircle(6.0,-72.0,0.00138889)"),
        ("icrs", 'ICRS\n-circle(6d,-72d,5.0") # color=red\n'),
    ],
)
def test_angles_and_lengths_of_the_sky_are_read_in_all_notations(
    sky: tuple[Path, Plane], frame: str, text: str
) -> None:
    wcs = WCS(fits.getheader(sky[0], ("SCI", 1)))
    expected = np.ravel(wcs.world_to_pixel(SkyCoord(6, -72, unit="deg", frame=frame)))
    (found,) = read_regions(text, sky[1]).regions
    x, y, radius = numbers(found)
    assert [x - 1, y - 1] == pytest.approx(expected, abs=0.001)
    assert radius == pytest.approx(5 / (3600 * 1.237e-5), rel=0.01)


@pytest.mark.parametrize(
    "line",
    [
        "circle(20,30",
        "circle(a,30,4)",
        "circle(20,30,-4)",
        "box(20,30,4)",
        "polygon(20)",
        "circle(nan,30,4)",
        "circle(20,30,1e400)",
        "this is nonsense",
        "panda(20,30,0,360,4,0,10,1)",
        "fk5;circle(25:99:00,-72:00:00,5);image",
        "fk5;circle(6,-91,5);image",
        "fk5;circle(186,72,5);image",
        "wcsb;circle(6,-72,5);image",
    ],
)
def test_a_line_that_cannot_be_read_is_a_problem_and_the_rest_is_read(
    sky: tuple[Path, Plane], line: str
) -> None:
    found = read_regions(f"image\ncircle(1,2,3)\n{line}\ncircle(4,5,6)", sky[1])
    assert [numbers(text) for text in found.regions] == [[1, 2, 3], [4, 5, 6]]
    (problem,) = found.problems
    assert problem.startswith("line 3: ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "circle(1,2)",
        "polygon(1,2,3,4)",
        "circle(nan,2,3)",
        "circle(1,2,1e400)",
        "circle(1,2,3)\ncircle(1,2,3)",
    ],
)
def test_a_text_that_is_not_one_region_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match=r"region"):
        parse_region(text)


def test_a_file_without_regions_or_with_too_many_is_refused(sky: tuple[Path, Plane]) -> None:
    with pytest.raises(QueryError, match="no DS9 region"):
        read_regions("# only a comment", sky[1])
    with pytest.raises(QueryError, match="more than 1000"):
        read_regions("image\n" + "circle(1,2,3)\n" * 1001, sky[1])


def test_an_image_without_sky_coordinates_has_no_regions_on_the_sky(
    tmp_path: Path, write: Callable[..., Path], described
) -> None:
    path = write(tmp_path / "x.fits", {"SCI": np.zeros((9, 9), np.float32)})
    plane = described(path)["SCI"]
    with pytest.raises(PreviewError, match="no usable WCS"):
        write_regions(["circle(1,1,1)"], plane, "icrs")
    with pytest.raises(PreviewError, match="no usable WCS"):
        read_regions('fk5\ncircle(6,-72,3")', plane)


def test_a_label_cannot_end_the_text_of_a_region() -> None:
    region = CirclePixelRegion(PixCoord(1, 2), 3, meta={"text": "a}\nimage;circle(9,9,9)"})
    again = parse_region(format_region(region))
    assert (again.center.x, again.radius) == (1, 3)
