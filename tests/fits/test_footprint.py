"""Footprints agree with astropy's WCS of the same headers, and MongoDB accepts them."""

import itertools
import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import astropy.units as u
import astropy.wcs
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pymongo.collection import Collection

import acsql
from acsql.errors import FileError
from acsql.fits import cards
from acsql.fits.footprint import footprint, outline
from acsql.ingest import typing
from acsql.keywords import HeaderKey, KeywordSpecs
from acsql.store.client import Store

SHARED = Path(__file__).parents[3] / "shared" / "data" / "real"
FLT = Path(astropy.wcs.__file__).parent / "tests" / "data" / "j94f05bgq_flt.fits"
REAL = [SHARED / "j8bt05njq_raw.fits", SHARED / "j8bt06o6q_raw.fits", FLT]

# A WFC chip, its distortion to the second and third order: about that of j94f05bgq.
SCALE = 0.05 / 3600
SIZE = (4096, 2048)
CRPIX = (2048.0, 1024.0)
SIP = {
    "a_order": 3, "a_0_2": 2.2e-6, "a_1_1": -7.5e-6, "a_2_0": 8.5e-6, "a_3_0": -4.7e-10,
    "b_order": 3, "b_0_2": -9.8e-6, "b_1_1": 6.4e-6, "b_2_0": -3.0e-6, "b_0_3": -4.2e-10,
}  # fmt: skip
# The tables of residual distortion are left out, and sides have few points.
ACCURACY = 0.045 * u.arcsec

rolls = st.floats(0, 360)
everywhere = st.tuples(st.floats(0, 360), st.floats(-90, 90))
near_a_pole = st.tuples(
    st.floats(0, 360), st.tuples(st.floats(0, 0.05), st.sampled_from([-1, 1])).map(
        lambda drawn: (90 - drawn[0]) * drawn[1]
    ),
)  # fmt: skip
near_a_seam = st.tuples(
    st.sampled_from([0.0, 180.0]).flatmap(
        lambda ra: st.floats(-0.05, 0.05).map(lambda offset: (ra + offset) % 360)
    ),
    st.floats(-89, 89),
)
pointings = everywhere | near_a_pole | near_a_seam


def chip(
    ra: float = 150.0, dec: float = 2.0, roll: float = 0.0, distorted: bool = True
) -> dict[str, Any]:
    """Return the stored header of a chip at a place of the sky."""
    sine, cosine = math.sin(math.radians(roll)), math.cos(math.radians(roll))
    suffix = "-SIP" if distorted else ""
    return {
        "extname": "SCI", "naxis": 2, "naxis1": SIZE[0], "naxis2": SIZE[1],
        "ctype1": f"RA---TAN{suffix}", "ctype2": f"DEC--TAN{suffix}",
        "crval1": ra, "crval2": dec, "crpix1": CRPIX[0], "crpix2": CRPIX[1],
        "cd1_1": -SCALE * cosine, "cd1_2": SCALE * sine,
        "cd2_1": SCALE * sine, "cd2_2": SCALE * cosine,
        **(SIP if distorted else {}),
    }  # fmt: skip


def wcs(stored: dict[str, Any]) -> astropy.wcs.WCS:
    """Return the WCS that astropy reads from a header."""
    header = fits.Header([(name.upper(), value) for name, value in stored.items()])
    return astropy.wcs.WCS(header)


def document(*chips: dict[str, Any], filetype: str = "flt", **fields: Any) -> dict[str, Any]:
    """Return an observation with one file, its images where those of ACS files are."""
    extensions = {"0": {}} | {str(1 + 3 * number): header for number, header in enumerate(chips)}
    return {
        "imagetyp": "EXT",
        "obstype": "IMAGING",
        "datasets": {filetype: f"j8bt05njq_{filetype}.fits"},
        "headers": {filetype: extensions},
        **fields,
    }


def coordinates(ring: list[list[float]]) -> SkyCoord:
    return SkyCoord(ring, unit="deg")


def farthest(places: SkyCoord, others: SkyCoord) -> u.Quantity:
    """Return how far at most a place is from the nearest of others."""
    return places[:, np.newaxis].separation(others).min(axis=1).max()


def point(longitude: float, latitude: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [(longitude + 180) % 360 - 180, latitude]}


@pytest.fixture(scope="module")
def sky(database_uri: str) -> Iterator[Collection]:
    """A collection with nothing but an index on footprints."""
    base, _, options = database_uri.partition("?")
    address = f"{base.rpartition('/')[0]}/test_footprint?{options}"
    with Store(address, acsql.keywords.load()) as opened:
        opened.database.sky.create_index([("footprint", "2dsphere")])
        yield opened.database.sky
        opened.client.drop_database(opened.database.name)


def covers(sky: Collection, geometry: dict[str, Any] | None, *places: dict[str, Any]) -> list[bool]:
    """Return whether MongoDB finds a footprint by each of some points."""
    sky.delete_many({})
    sky.insert_one({"footprint": geometry})
    return [
        sky.count_documents({"footprint": {"$geoIntersects": {"$geometry": place}}}) == 1
        for place in places
    ]


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_real_files_have_the_footprint_that_astropy_gives_them(
    path: Path, specs: KeywordSpecs
) -> None:
    if not path.exists():
        pytest.skip(f"{path.name} is not here: ../shared is absent")
    with fits.open(path) as hdus, warnings.catch_warnings():
        warnings.simplefilter("ignore", astropy.wcs.FITSFixedWarning)
        images = [hdu for hdu in hdus if hdu.name == "SCI"]
        expected = [astropy.wcs.WCS(hdu.header, hdus) for hdu in images]
        corners = [
            coordinates(w.calc_footprint(hdu.header, center=False))
            for w, hdu in zip(expected, images, strict=True)
        ]
        detector = hdus[0].header["DETECTOR"]
        stored = [
            typing.type_header(cards.read(hdu), HeaderKey(detector, "flt", 1), specs).values
            for hdu in images
        ]
    geometry, notes = footprint(document(*stored), specs)
    assert notes == ()
    assert geometry is not None
    assert geometry["type"] == ("Polygon" if len(images) == 1 else "MultiPolygon")
    polygons = geometry["coordinates"]
    rings = polygons if len(images) == 1 else [polygon[0] for polygon in polygons]
    for ring, four in zip(rings, corners, strict=True):
        assert ring[0] == ring[-1]
        assert farthest(four, coordinates(ring)) < 1e-4 * u.arcsec


@settings(max_examples=25)
@given(pointings, rolls, st.booleans())
def test_a_ring_runs_through_the_corners_and_along_the_sides(
    pointing: tuple[float, float], roll: float, distorted: bool
) -> None:
    stored = chip(*pointing, roll, distorted)
    ring = outline(stored)
    assert ring[0] == ring[-1]
    assert len(set(map(tuple, ring[:-1]))) == len(ring) - 1 == (16 if distorted else 4)
    assert all(-180 <= longitude <= 180 and -90 <= latitude <= 90 for longitude, latitude in ring)
    corners = coordinates(wcs(stored).calc_footprint(axes=SIZE, center=False))
    assert farthest(corners, coordinates(ring)) < 1e-4 * u.arcsec
    # Points of the true border, and how far each is from the great circle that stands for it.
    parts = (len(ring) - 1) // 4
    x = np.linspace(0, SIZE[0], 101) + 0.5
    bottom = np.column_stack([x, np.full(101, 0.5)])
    border = coordinates(wcs(stored).all_pix2world(bottom, 1))
    offs = []
    for start, end in itertools.pairwise(ring[: parts + 1]):
        a, b = coordinates([start])[0], coordinates([end])[0]
        along = border.transform_to(a.skyoffset_frame(a.position_angle(b)))
        here = (along.lat >= 0 * u.deg) & (along.lat <= a.separation(b))
        offs.append(np.abs(along.lon[here]).max())
    assert max(offs) < ACCURACY


@given(pointings, rolls, st.booleans())
@example((0.0, 90.0), 0.0, True)
@example((123.0, -90.0), 45.0, False)
@example((0.0, 89.99), 10.0, True)
@example((0.0, 0.0), 0.0, False)
@example((180.0, 0.0), 0.0, False)
def test_mongodb_finds_positions_on_a_chip_and_not_beside_it(
    sky: Collection, pointing: tuple[float, float], roll: float, distorted: bool
) -> None:
    stored = chip(*pointing, roll, distorted)
    width, height = SIZE
    arcsec = 1 / (3600 * SCALE)
    middle = [(x, y) for x in (0.5, width / 2, width + 0.5) for y in (0.5, height / 2)]
    inside = [*CRPIX], *([min(max(x, arcsec), width - arcsec), max(y, arcsec)] for x, y in middle)
    outside = [
        (-arcsec, height / 2), (width + arcsec + 1, height / 3),
        (width / 2, -arcsec), (width / 5, height + arcsec + 1), (-arcsec, -arcsec),
    ]  # fmt: skip
    places = [point(*place) for place in wcs(stored).all_pix2world([*inside, *outside], 1)]
    covered = covers(sky, {"type": "Polygon", "coordinates": [outline(stored)]}, *places)
    assert covered == [True] * len(inside) + [False] * len(outside)


@pytest.mark.parametrize("pole", [90, -90])
def test_a_chip_over_a_pole_covers_it(sky: Collection, pole: int) -> None:
    around = {"type": "Polygon", "coordinates": [outline(chip(77.0, pole, 30.0))]}
    assert covers(sky, around, point(0, pole), point(0, -pole), point(200, pole)) == [
        True, False, True,
    ]  # fmt: skip


absurd = st.one_of(
    st.none(), st.booleans(), st.floats(), st.integers(-(2**63), 2**63 - 1), st.text(max_size=8),
    st.sampled_from([0, 0.0, 1e-300, 1e300, "deg", "arcsec", "RA---SIN", "", 1e-5, 1]),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(sorted(chip())), absurd, min_size=1, max_size=6))
@example({"cd1_1": 0.0})
@example({"a_2_0": 1e-3})
@example({"cunit1": "parsecs"})
@example({"cd1_1": SCALE, "cd1_2": SCALE, "cd2_1": SCALE, "cd2_2": SCALE})
def test_whatever_a_header_says_mongodb_takes_the_footprint(
    sky: Collection, specs: KeywordSpecs, values: dict[str, Any]
) -> None:
    geometry, notes = footprint(document(chip() | values), specs)
    assert geometry is None or not notes
    assert all(note.startswith("j8bt05njq_flt.fits gives no footprint: ") for note in notes)
    if geometry is not None:
        covers(sky, geometry)


def noise(size: float) -> st.SearchStrategy[dict[str, Any]]:
    names = [f"{letter}_{p}_{q}" for letter in "ab" for p in range(4) for q in range(4 - p)]
    return st.dictionaries(st.sampled_from(names), st.floats(-size, size), max_size=8)


@given(pointings, rolls, st.sampled_from([1e-9, 1e-7, 1e-5, 1e-4]).flatmap(noise))
def test_whatever_the_distortion_mongodb_takes_the_footprint(
    sky: Collection, pointing: tuple[float, float], roll: float, distortion: dict[str, Any]
) -> None:
    try:
        ring = outline(chip(*pointing, roll) | distortion)
    except FileError:
        return
    covers(sky, {"type": "Polygon", "coordinates": [ring]})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"crval2": None}, "CRVAL2 is None"),
        ({"crpix1": "middle"}, "CRPIX1 is 'middle'"),
        ({"cd1_1": math.nan}, "CD1_1 is nan"),
        ({"naxis1": 0}, "NAXIS1, NAXIS2 are 0, 2048"),
        ({"naxis": 0}, "NPIX1, NPIX2 are None, None"),
        ({"cunit2": "arcsec"}, "CUNIT2 is 'arcsec', not 'deg'"),
        ({"a_order": 10**9}, "A_ORDER is 1000000000, not 0 to 9"),
        ({"b_order": None}, "SIP|[Bb]oth"),
        ({"ctype1": "RA---SIN"}, "not a tangent projection"),
        ({"crval2": 95.0}, "."),
        ({"cd1_1": 0.0, "cd2_2": 0.0}, "[Ss]ingular"),
        ({"cd1_1": 1.0}, "degrees"),
        ({"cd1_2": SCALE}, "quadrangle"),
        ({"a_0_2": 1e-3}, "its WCS"),
        ({"b_2_0": 1e-4}, "bends its sides"),
    ],
)
def test_an_unusable_wcs_is_noted(specs: KeywordSpecs, values: dict[str, Any], reason: str) -> None:
    with pytest.raises(FileError, match=reason):
        outline(chip() | values)
    geometry, notes = footprint(document(chip(), chip() | values), specs)
    assert geometry is None
    assert len(notes) == 1
    assert notes[0].startswith("j8bt05njq_flt.fits gives no footprint: ")


@pytest.mark.parametrize(
    "observation",
    [
        {},
        {"headers": {}},
        {"headers": {"spt": {"1": chip()}}},
        document(),
        document(chip() | {"extname": "ERR"}),
        document(chip() | {"ctype1": "", "ctype2": ""}),
        document(chip() | {"ctype1": "LINEAR"}),
        document(chip() | {"ctype1": "GLON-TAN", "ctype2": "GLAT-TAN"}),
        document(chip(), imagetyp="BIAS"),
        document(chip(), imagetyp="DARK"),
        document(chip(), obstype="INTERNAL"),
    ],
)
def test_what_does_not_show_the_sky_has_no_footprint(
    specs: KeywordSpecs, observation: dict[str, Any]
) -> None:
    assert footprint(observation, specs) == (None, ())


def test_two_chips_are_a_multipolygon_even_if_they_coincide(
    sky: Collection, specs: KeywordSpecs
) -> None:
    geometry = footprint(document(chip(), chip()), specs).geometry
    assert geometry == {"type": "MultiPolygon", "coordinates": [[outline(chip())]] * 2}
    assert covers(sky, geometry, point(150, 2)) == [True]


def test_the_footprint_is_of_the_first_filetype_whose_chips_all_have_a_wcs(
    specs: KeywordSpecs,
) -> None:
    places = dict(zip(specs.footprint_filetypes, range(10, 80, 10), strict=True))
    files = {filetype: {"1": chip(ra)} for filetype, ra in places.items()}
    for filetype in specs.footprint_filetypes:
        expected = {"type": "Polygon", "coordinates": [outline(chip(places[filetype]))]}
        assert footprint({"headers": files}, specs).geometry == expected
        # One chip of two is not enough.
        files[filetype] |= {"4": chip() | {"crval1": None}}
        geometry, notes = footprint({"headers": files}, specs)
        assert geometry != expected
        assert f"{filetype} gives no footprint: CRVAL1 is None, not a number" in notes


def test_an_image_of_a_constant_value_has_the_size_in_npix() -> None:
    constant = chip() | {"naxis": 0, "npix1": SIZE[0], "npix2": SIZE[1]}
    del constant["naxis1"], constant["naxis2"]
    assert outline(constant) == outline(chip())


@pytest.mark.parametrize("matrix", ["cd", "pc"])
def test_a_matrix_can_have_either_form(matrix: str) -> None:
    stored = chip(roll=30.0) | {"lonpole": 180.0, "latpole": 2.0, "cunit1": "deg", "cunit2": "deg"}
    expected = outline(stored)
    if matrix == "pc":
        for i in (1, 2):
            stored[f"cdelt{i}"] = SCALE
            for j in (1, 2):
                stored[f"pc{i}_{j}"] = stored.pop(f"cd{i}_{j}") / SCALE
    else:
        stored |= {"cdelt1": 1.0, "cdelt2": 1.0}  # which CD makes void
    assert np.allclose(outline(stored), expected, atol=1e-8)


def test_every_target_of_the_sample_archive_is_in_its_footprint(
    sample_archive: acsql.Archive,
) -> None:
    collection = sample_archive.store.observations
    observations = list(collection.find({"footprint": {"$exists": True}}))
    assert len(observations) == collection.count_documents({"position": {"$exists": True}}) > 0
    for observation in observations:
        position = {"$geometry": observation["position"]}
        around = collection.find({"footprint": {"$geoIntersects": position}}, {"_id": 1})
        assert observation["_id"] in {document["_id"] for document in around}


SQUARE = "5.0 -72.0 5.1 -72.0 5.1 -71.95 5.0 -71.95"


@pytest.mark.parametrize(
    ("region", "is_stated"),
    [
        (f"POLYGON ICRS {SQUARE}", True),
        (f"polygon {SQUARE} 5.0 -72.0", True),
        ("POLYGON ICRS 5 -72 5.1 -72 5.1 -71.95", False),
        ("POLYGON ICRS 5 -72 5.1 -71.95 5.1 -72 5 -71.95", False),
        ("CIRCLE ICRS 5 -72 0.1", False),
        (f"POLYGON ICRS {'1' * 60}", False),
        ("POLYGON ICRS 1 2 3 4 5 6 7 E", False),
        (" ", False),
        (None, False),
    ],
)
def test_s_region_is_the_outline_where_it_is_a_quadrangle(region, is_stated):
    ring = [[5.0, -72.0], [5.1, -72.0], [5.1, -71.95], [5.0, -71.95], [5.0, -72.0]]
    assert outline({"s_region": region}) == (ring if is_stated else None)
