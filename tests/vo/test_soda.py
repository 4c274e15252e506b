"""SODA: the pixels and the coordinates of a part are those of the file."""

import numpy as np
import pytest

import acsql
from acsql.errors import DatasetNotFound, InvalidName, ObservationNotFound, QueryError
from acsql.vo.soda import cutout, outline_of


@pytest.fixture(scope="module")
def observation(sample_archive: acsql.Archive) -> acsql.Observation:
    """An exposure of two chips."""
    search = sample_archive.where("exists(flt.0.filename)", detector="WFC").limit(1)
    return sample_archive.observation(next(search.rows())["rootname"])


def places(observation: acsql.Observation) -> dict[str, str]:
    """Return parts around the middle of the first chip, as SODA writes them."""
    wcs = observation.wcs("flt")
    height, width = observation.data("flt").shape
    x, y = width / 2, height / 2
    middle = wcs.pixel_to_world(x, y)
    corners = wcs.pixel_to_world([x - 3, x + 3, x + 3, x - 3], [y - 3, y - 3, y + 3, y + 3])
    outline = " ".join(
        f"{ra} {dec}" for ra, dec in zip(corners.ra.deg, corners.dec.deg, strict=True)
    )
    circle = f"{middle.ra.deg} {middle.dec.deg} {corners[0].separation(middle).deg}"
    low = f"{corners.ra.deg.min()} {corners.ra.deg.max()}"
    spanned = f"{low} {corners.dec.deg.min()} {corners.dec.deg.max()}"
    return {
        "CIRCLE": circle,
        "POLYGON": outline,
        "POS circle": f"CIRCLE {circle}",
        "POS polygon": f"POLYGON {outline}",
        "POS range": f"RANGE {spanned}",
    }


@pytest.mark.parametrize("kind", ["CIRCLE", "POLYGON", "POS circle", "POS polygon", "POS range"])
def test_each_pixel_keeps_its_value_and_its_place(
    sample_archive: acsql.Archive, observation: acsql.Observation, kind: str
) -> None:
    outline = outline_of(kind.partition(" ")[0], places(observation)[kind])
    part = cutout(sample_archive, observation.datasets["flt"], outline).hdus
    science = part["SCI", 1]
    whole = observation.data("flt")
    header = science.header
    with observation.open("flt") as hdus:
        original = hdus["SCI", 1].header
        x0 = round(original["CRPIX1"] - header["CRPIX1"])
        y0 = round(original["CRPIX2"] - header["CRPIX2"])
    height, width = science.data.shape
    np.testing.assert_array_equal(science.data, whole[y0 : y0 + height, x0 : x0 + width])
    assert height * width < whole.size
    assert {hdu.name for hdu in part[1:]} >= {"SCI", "ERR", "DQ"}


def test_a_place_without_pixels_has_no_part(
    sample_archive: acsql.Archive, observation: acsql.Observation
) -> None:
    there = observation.wcs("flt").pixel_to_world(0, 0)
    outline = outline_of("CIRCLE", f"{there.ra.deg + 180} {-there.dec.deg} 0.01")
    assert cutout(sample_archive, observation.datasets["flt"], outline).hdus is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("CIRCLE", "1 2"),
        ("CIRCLE", "1 2 -3"),
        ("CIRCLE", "1 2 nan"),
        ("CIRCLE", "1 2 inf"),
        ("POLYGON", "1 2 3 4"),
        ("POLYGON", "1 2 3 4 5 6 7"),
        ("POS", "BOX 1 2 3 4"),
        ("POS", "RANGE 0 360 -90 90"),
        ("POS", "RANGE -inf 5 1 2"),
        ("POS", "CIRCLE 0 91 1"),
        ("POS", ""),
    ],
)
def test_a_part_that_is_none_is_an_error(kind: str, text: str) -> None:
    with pytest.raises(QueryError):
        outline_of(kind, text)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("j8zz99zzq_flt.fits", ObservationNotFound),
        ("nonsense", InvalidName),
        ("{ipppssoot}_jit.fits", DatasetNotFound),
        ("{ipppssoot}_drz.fits", DatasetNotFound),
    ],
)
def test_a_file_without_an_image_is_an_error(
    sample_archive: acsql.Archive,
    observation: acsql.Observation,
    name: str,
    error: type[Exception],
) -> None:
    outline = outline_of("CIRCLE", "0 0 1")
    with pytest.raises(error):
        cutout(sample_archive, name.format(ipppssoot=observation.ipppssoot), outline)
