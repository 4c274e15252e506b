"""FITS cutouts have the same pixels at the same places on the sky."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

import acsql
from acsql.errors import QueryError
from acsql.images import fits_cutout as module
from acsql.images.cutout import Region
from acsql.images.fits_cutout import fits_cutout
from acsql.images.planes import read_planes


@pytest.fixture(scope="module")
def flt(sample_archive: acsql.Archive) -> Path:
    """A calibrated image of two chips with tables of residual distortion."""
    for row in sample_archive.where("detector=WFC").columns("rootname").rows():
        observation = sample_archive.observation(row["rootname"])
        extensions = observation.extensions.get("flt", {}).values()
        if "SCI,2" in extensions and any(name.startswith("WCSDVARR") for name in extensions):
            return observation.path("flt")
    raise AssertionError("the sample archive has no such image")


def test_pixels_and_their_places_on_the_sky_stay(flt: Path, tmp_path: Path) -> None:
    with fits.open(flt) as whole:
        planes = read_planes(whole, flt.name)
    height = planes[0].chips[0].height
    region = Region(11, 90, height - 20, planes[0].chips[1].first_row + 30)
    path = tmp_path / "cutout.fits"
    fits_cutout(flt, planes, region).writeto(path)
    with fits.open(flt) as whole, fits.open(path) as part:
        part.verify("exception")
        for extver, rows in ((1, np.s_[height - 20 : height]), (2, np.s_[0:30])):
            for name in ("SCI", "ERR", "DQ"):
                np.testing.assert_array_equal(
                    part[name, extver].data, whole[name, extver].data[rows, 11:90]
                )
            y0 = rows.start
            y, x = np.mgrid[0:20:5, 0:79:9]
            expected = WCS(whole["SCI", extver].header, whole).all_pix2world(x + 11, y + y0, 0)
            found = WCS(part["SCI", extver].header, part).all_pix2world(x, y, 0)
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
            assert part["SCI", extver].header["LTV2"] == (
                whole["SCI", extver].header.get("LTV2", 0) - y0
            )


def test_raw_counts_stay_unsigned(tmp_path: Path, write: Callable[..., Path]) -> None:
    counts = np.arange(60, dtype=np.uint16).reshape(6, 10) * 1000
    path = write(tmp_path / "x_raw.fits", {"SCI": counts})
    with fits.open(path, do_not_scale_image_data=True, memmap=False) as hdus:
        planes = read_planes(hdus, path.name)
    fits_cutout(path, planes, Region(2, 7, 1, 99)).writeto(tmp_path / "part.fits")
    data = fits.getdata(tmp_path / "part.fits")
    assert data.dtype == np.uint16
    np.testing.assert_array_equal(data, counts[1:, 2:7])


def test_a_part_that_is_too_large_is_refused(
    tmp_path: Path, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "x.fits", {"SCI": np.zeros((9, 9), np.float32)})
    with fits.open(path) as hdus:
        planes = read_planes(hdus, path.name)
    monkeypatch.setattr(module, "MAX_CELLS", 20)
    with pytest.raises(QueryError, match="at most 20 pixels: choose a smaller region"):
        fits_cutout(path, planes, Region(0, 9, 0, 9))


def test_a_table_that_the_file_lacks_is_left_out(flt: Path, tmp_path: Path) -> None:
    path = tmp_path / "without_tables.fits"
    with fits.open(flt) as whole:
        kept = [hdu for hdu in whole if hdu.name in ("PRIMARY", "SCI")]
        fits.HDUList(kept).writeto(path)
    with fits.open(path) as hdus:
        planes = read_planes(hdus, path.name)
    part = fits_cutout(path, planes, Region(0, 20, 0, 10))
    assert [hdu.name for hdu in part] == ["PRIMARY", "SCI"]
    assert "CPDIS1" in part["SCI"].header
