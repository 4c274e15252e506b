"""Files of an observation: pixels, tables, world coordinates and cutouts are those of its files."""

from collections.abc import Iterator
from itertools import starmap

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

import acsql
from acsql.config import Config
from acsql.errors import DatasetNotFound, QueryError
from acsql.sample.cards import Hdu, card


@pytest.fixture
def written(config: Config) -> Iterator[acsql.Archive]:
    """An archive with one file, each extension of which is stored differently."""
    path = config.filesystem / "j8bt/j8bt05njq/j8bt05njq_raw.fits"
    path.parent.mkdir(parents=True)
    scaled = fits.ImageHDU(np.arange(12, dtype=np.int16).reshape(3, 4), name="SCALED")
    scaled.header["BSCALE"], scaled.header["BZERO"] = 0.5, 10.0
    fits.HDUList(
        [
            fits.PrimaryHDU(),
            fits.ImageHDU(np.arange(12, dtype=np.uint16).reshape(3, 4) + 40_000, name="SCI"),
            fits.ImageHDU(np.full((3, 4), np.nan, np.float32), name="SCI", ver=2),
            scaled,
            fits.ImageHDU(name="EMPTY"),
            fits.BinTableHDU.from_columns([fits.Column("a", "J", array=[1])], name="TABLE"),
        ]
    ).writeto(path)
    with path.open("ab") as file:
        file.write(constant("DQ", 16, 8) + constant("ERR", 16, 2.5))
        file.write(constant("WHT", -32, 1.5) + constant("FAR", 16, 70_000))
    with acsql.connect(config) as archive:
        archive.store.observations.insert_one(
            {
                "_id": "j8bt05nj",
                "datasets": {"raw": path.name},
                "files": {"raw": {"path": str(path.relative_to(config.filesystem))}},
            }
        )
        yield archive


def constant(name: str, bitpix: int, value: float) -> bytes:
    """Return an extension of 3 rows of 4 equal pixels as the pipeline writes it."""
    facts = {
        "XTENSION": "IMAGE",
        "BITPIX": bitpix,
        "NAXIS": 0,
        "PCOUNT": 0,
        "GCOUNT": 1,
        "EXTNAME": name,
        "EXTVER": 1,
        "NPIX1": 4,
        "NPIX2": 3,
        "PIXVALUE": value,
    }
    return b"".join(map(bytes, Hdu("".join(starmap(card, facts.items()))).parts()))


@pytest.mark.parametrize(
    ("extension", "dtype", "expected"),
    [
        (("SCI", 1), np.uint16, np.arange(12).reshape(3, 4) + 40_000),
        (("SCI", 2), np.float32, np.full((3, 4), np.nan)),
        (("SCALED", 1), np.float32, np.arange(12).reshape(3, 4) * 0.5 + 10),
        (("DQ", 1), np.int16, np.full((3, 4), 8)),
        (("ERR", 1), np.float32, np.full((3, 4), 2.5)),
        (("WHT", 1), np.float32, np.full((3, 4), 1.5)),
        (("FAR", 1), np.float32, np.full((3, 4), 70_000)),
    ],
)
def test_pixels_are_scaled_and_in_native_byte_order(written, extension, dtype, expected) -> None:
    data = written.observation("j8bt05nj").data("raw", *extension)
    assert data.dtype == np.dtype(dtype)
    assert data.dtype.isnative
    np.testing.assert_array_equal(data, expected)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (("raw", "SCI", 3), r"j8bt05njq_raw\.fits\[SCI,3\].*SCI,1, SCI,2, SCALED,1"),
        (("raw", "EMPTY"), "EMPTY,1.*no image"),
        (("raw", "TABLE"), "TABLE,1.*no image"),
        (("flt",), "no flt; it has raw"),
    ],
)
def test_missing_pixels_are_named(written, image, reason) -> None:
    with pytest.raises(DatasetNotFound, match=reason):
        written.observation("j8bt05nj").data(*image)


@pytest.mark.filterwarnings("ignore:File may have been truncated")
def test_a_truncated_file_is_named(written) -> None:
    observation = written.observation("j8bt05nj")
    path = observation.path("raw")
    path.write_bytes(path.read_bytes()[: 2 * 2880 + 10])
    with pytest.raises(DatasetNotFound, match=r"j8bt05njq_raw\.fits"):
        observation.data("raw")


def test_pixels_are_those_of_the_file(sample_archive) -> None:
    for row in sample_archive.where("flt.0.exptime>0", detector="WFC").rows():
        observation = sample_archive.observation(row["rootname"])
        with observation.open("flt") as hdus:
            np.testing.assert_array_equal(observation.data("flt"), hdus["SCI", 1].data)


def test_a_vanished_file_is_named(empty_archive: acsql.Archive) -> None:
    empty_archive.store.observations.insert_one(
        {
            "_id": "j8bt05nj",
            "datasets": {"raw": "j8bt05njq_raw.fits"},
            "files": {"raw": {"path": "j8bt/j8bt05njq/j8bt05njq_raw.fits"}},
        }
    )
    with pytest.raises(DatasetNotFound, match=r"j8bt05njq_raw\.fits"):
        empty_archive.observation("j8bt05nj").open("raw")


@pytest.fixture(scope="module")
def wfc(sample_archive: acsql.Archive) -> acsql.Observation:
    """A calibrated exposure of two chips with tables of residual distortion."""
    for row in sample_archive.where("exists(flt.4.crval1)", detector="WFC").rows():
        observation = sample_archive.observation(row["rootname"])
        if any(name.startswith("D2IMARR") for name in observation.extensions["flt"].values()):
            return observation
    raise AssertionError("the sample archive has no such exposure")


@pytest.mark.parametrize("extver", [1, 2])
def test_world_coordinates_have_all_distortions(wfc: acsql.Observation, extver: int) -> None:
    with wfc.open("flt") as hdus:
        header = hdus["SCI", extver].header
        expected = WCS(header, hdus).all_pix2world(5, 7, 0)
        polynomials_alone = WCS(header, hdus)
        polynomials_alone.det2im1 = polynomials_alone.det2im2 = None
        polynomials_alone.cpdis1 = polynomials_alone.cpdis2 = None
    found = wfc.wcs("flt", "SCI", extver)
    np.testing.assert_allclose(found.all_pix2world(5, 7, 0), expected, rtol=0, atol=1e-12)
    assert abs(np.array(polynomials_alone.all_pix2world(5, 7, 0)) - expected).max() > 1e-9


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (("flt", "SCI", 3), r"no .*_flt\.fits\[SCI,3\]; the file has SCI,1"),
        (("spt",), r"no .*_spt\.fits\[SCI,1\]"),
        (("drz",), "has no drz"),
    ],
)
def test_missing_world_coordinates_are_named(wfc: acsql.Observation, image, reason) -> None:
    with pytest.raises(DatasetNotFound, match=reason):
        wfc.wcs(*image)


def test_ccddata_has_the_errors_flags_and_unit_of_the_file(wfc: acsql.Observation) -> None:
    image = wfc.ccddata("flt", 2)
    with wfc.open("flt") as hdus:
        np.testing.assert_array_equal(image.data, hdus["SCI", 2].data)
        np.testing.assert_array_equal(image.uncertainty.array, hdus["ERR", 2].data)
        np.testing.assert_array_equal(image.flags, hdus["DQ", 2].data)
        np.testing.assert_array_equal(image.mask, hdus["DQ", 2].data != 0)
    assert image.unit == units.electron
    assert image.meta["CCDCHIP"] == 1
    assert image.wcs.pixel_to_world(3, 4) == wfc.wcs("flt", "SCI", 2).pixel_to_world(3, 4)


def test_ccddata_without_world_coordinates_or_unit_says_so(written) -> None:
    image = written.observation("j8bt05nj").ccddata("raw")
    assert image.wcs is None
    assert image.unit == units.dimensionless_unscaled
    np.testing.assert_array_equal(image.uncertainty.array, np.full((3, 4), 2.5))
    with pytest.raises(DatasetNotFound, match=r"no j8bt05njq_raw\.fits\[SCI,3\]"):
        written.observation("j8bt05nj").ccddata("raw", 3)


def test_an_unknown_unit_is_named(written) -> None:
    path = written.observation("j8bt05nj").path("raw")
    with fits.open(path, mode="update") as hdus:
        hdus["SCI", 1].header["BUNIT"] = "FURLONGS"
    with pytest.raises(DatasetNotFound, match=r"j8bt05njq_raw\.fits: BUNIT is 'FURLONGS'"):
        written.observation("j8bt05nj").ccddata("raw")


@pytest.mark.parametrize("written_as", [float, str, units.Quantity])
def test_a_cutout_has_the_pixels_around_a_position(wfc: acsql.Observation, written_as) -> None:
    wcs = wfc.wcs("flt")
    position = wcs.pixel_to_world(30, 20)
    diameter = 10 * wcs.proj_plane_pixel_scales()[0]
    size = diameter.to_value("deg") if written_as is float else written_as(diameter)
    part = wfc.cutout("flt", position, size)
    x, y = WCS(part["SCI"].header, part).world_to_pixel(position)
    height, width = part["SCI"].shape
    with wfc.open("flt") as hdus:
        np.testing.assert_array_equal(
            part["SCI"].data[round(float(y)), round(float(x))], hdus["SCI", 1].data[20, 30]
        )
    assert 9 <= min(height, width) <= max(height, width) <= 12
    assert abs(x - (width - 1) / 2) < 1.5
    assert abs(y - (height - 1) / 2) < 1.5


def test_a_cutout_of_two_chips_has_both_with_tables_of_their_own(wfc, tmp_path) -> None:
    """Positions on both chips are those of the whole file, also after writing and reading."""
    centre = wfc.wcs("flt", "SCI", 2).pixel_to_world(50, 0)
    wfc.cutout("flt", centre, "1 arcmin").writeto(tmp_path / "part.fits")
    with fits.open(tmp_path / "part.fits") as part:
        assert {hdu.ver for hdu in part if hdu.name == "SCI"} == {1, 2}
        for extver in (1, 2):
            header = part["SCI", extver].header
            whole = wfc.headers["flt"][3 * extver - 2]
            x0, y0 = (whole[f"crpix{axis}"] - header[f"CRPIX{axis}"] for axis in (1, 2))
            found = WCS(header, part).all_pix2world(2, 3, 0)
            expected = wfc.wcs("flt", "SCI", extver).all_pix2world(2 + x0, 3 + y0, 0)
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("offset", [1 * units.arcmin * 20, 90 * units.deg, 180 * units.deg])
def test_a_cutout_outside_the_image_is_an_error(wfc: acsql.Observation, offset) -> None:
    centre = wfc.wcs("flt").pixel_to_world(30, 20)
    with pytest.raises(DatasetNotFound, match=r"_flt\.fits has no pixels in this part"):
        wfc.cutout("flt", centre.directional_offset_by(0 * units.deg, offset), "1 arcsec")


@pytest.mark.parametrize(
    ("position", "size", "reason"),
    [
        ("nowhere", 1, "expected a position"),
        (SkyCoord([1, 2], [3, 4], unit="deg"), 1, "expected a position"),
        ("6 -72", 0, "radius: expected more than 0"),
        ("6 -72", 1 * units.m, "radius: expected an angle"),
    ],
)
def test_a_cutout_needs_a_position_and_a_size(wfc, position, size, reason) -> None:
    with pytest.raises(QueryError, match=reason):
        wfc.cutout("flt", position, size)
