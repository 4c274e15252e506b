"""Image files of the sample archive."""

from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from sample_files import OF_LOOKUPS, datasets

from acsql import paths
from acsql.sample import camera, schedule

SCALES = {"WFC": 0.05, "HRC": 0.027, "SBC": 0.032}


def science(
    root: Path, observation: schedule.PlannedObservation, filetype: str
) -> list[tuple[np.ndarray, fits.Header, WCS]]:
    folder = root / paths.observation_path(observation.ipppssoot)
    found = []
    with fits.open(folder / str(observation.filename(filetype)), memmap=False) as hdus:
        for hdu in (hdu for hdu in hdus if hdu.name == "SCI"):
            header = hdu.header.copy()
            if "WCSDVARR" not in hdus:
                # What blending leaves of the references to tables is not for astropy.
                for keyword in filter(OF_LOOKUPS.fullmatch, list(header)):
                    del header[keyword]
            found.append((hdu.data, header, WCS(header, hdus)))
    return found


def test_headers_have_the_number_of_extensions(root, specs):
    for path, _ in datasets(root, specs):
        with fits.open(path) as hdus:
            assert hdus[0].header["NEXTEND"] == len(hdus) - 1


@pytest.mark.parametrize("filetype", ["raw", "flt", "flc", "crj", "drz", "drc"])
def test_images_point_at_their_target(root, planned, filetype):
    external = [o for o in planned if filetype in o.filetypes and not o.internal]
    assert external
    for observation in external:
        hits = 0
        target = SkyCoord(observation.target.ra, observation.target.dec, unit="deg")
        for data, header, wcs in science(root, observation, filetype):
            rows, columns = data.shape
            scale = 3600 * np.sqrt(abs(np.linalg.det(wcs.wcs.cd)))
            assert scale == pytest.approx(16 * SCALES[observation.detector], rel=0.01)
            middle = wcs.pixel_to_world((columns - 1) / 2, (rows - 1) / 2)
            # The target of a whole WFC lies on one chip only.
            assert middle.separation(target).arcsec < scale * np.hypot(rows, columns)
            x, y = wcs.world_to_pixel(target)
            hits += bool(-0.5 <= x < columns and -0.5 <= y < rows)
            assert header["ORIENTAT"] % 90 > 0.01
        assert hits == 1, observation.ipppssoot


def test_raw_flt_and_drz_place_the_target_on_its_light(root, planned):
    """The brightest pixels of a compact target are where its coordinates are."""
    planet = next(o for o in planned if o.target.moving)
    target = SkyCoord(planet.target.ra, planet.target.dec, unit="deg")
    for filetype in ("raw", "flt", "drz"):
        ((data, _, wcs),) = science(root, planet, filetype)
        x, y = map(float, wcs.world_to_pixel(target))
        above = data.astype(float) - np.nanmedian(data)
        rows, columns = np.nonzero(above > 0.6 * above[round(y), round(x)])
        assert np.median(columns) == pytest.approx(x, abs=2)
        assert np.median(rows) == pytest.approx(y, abs=2)


def test_data_types_are_those_of_the_pipeline(root, planned):
    for observation in planned:
        folder = root / paths.observation_path(observation.ipppssoot)
        for filetype in {"raw", "flt", "flc", "crj", "crc"} & set(observation.filetypes):
            path = folder / f"{observation.ipppssoot}_{filetype}.fits"
            with fits.open(path, do_not_scale_image_data=True) as hdus:
                sci = hdus["SCI", 1]
                assert sci.data.dtype == (">i2" if filetype == "raw" else ">f4")
                assert ("BZERO" in sci.header) == (filetype == "raw")
                assert hdus["DQ", 1].data is None or hdus["DQ", 1].data.dtype == ">i2"
                assert [h.header.get("CCDCHIP") for h in hdus if h.name == "SCI"] == [
                    readout.chip for readout in camera.readouts(observation.visit.aperture, "small")
                ]
            if filetype == "raw":
                assert fits.getdata(path).dtype == np.uint16


def test_some_arrays_are_only_a_constant(root, specs):
    found = set()
    for path, name in datasets(root, specs):
        with fits.open(path) as hdus:
            for hdu in hdus[1:]:
                if "PIXVALUE" in hdu.header and hdu.header["NAXIS"] == 0:
                    assert hdu.data is None
                    found.add((name.filetype, hdu.name))
    assert found >= {("raw", "ERR"), ("raw", "DQ"), ("flt", "ERR"), ("flt", "DQ"), ("crj", "DQ")}


def test_calibrated_darks_of_sbc_have_flags(root, planned):
    """Those of broken anodes and hot pixels, which their raw files lack as real ones do."""
    dark = next(o for o in planned if o.detector == "SBC" and o.internal)
    stem = root / paths.observation_path(dark.ipppssoot) / dark.ipppssoot
    with fits.open(f"{stem}_flt.fits") as flt, fits.open(f"{stem}_raw.fits") as raw:
        flagged = flt["DQ", 1].data
        assert len(np.unique(flagged)) == 3  # good, a broken anode, and hot
        assert np.ptp(flt["ERR", 1].data) > 0
        assert flt["SCI", 1].header["NGOODPIX"] == np.count_nonzero(flagged == 0)
        assert raw["DQ", 1].header["PIXVALUE"] == raw["DQ", 1].header["NAXIS"] == 0
