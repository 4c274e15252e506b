"""The geometry of ACS."""

import pytest
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st

from acsql.sample import camera


@pytest.mark.parametrize(
    ("frame", "raw", "flt"),
    [
        ("small", (130, 260), (128, 256)),
        ("medium", (259, 518), (256, 512)),
        ("full", (2068, 4144), (2048, 4096)),
    ],
)
def test_frames_have_the_sizes_of_the_detector(frame, raw, flt):
    lower, upper = camera.readouts("WFC", frame)
    assert lower.raw_shape == upper.raw_shape == raw
    assert lower.shape == upper.shape == flt
    assert (lower.chip, upper.chip) == (2, 1)


@pytest.mark.parametrize(
    ("aperture", "shape"),
    [("HRC", (1044, 1062)), ("SBC", (1024, 1024)), ("WFC1-1K", (1024, 1046))],
)
def test_single_images_have_the_sizes_of_their_aperture(aperture, shape):
    (readout,) = camera.readouts(aperture, "full")
    assert readout.raw_shape == shape


@settings(deadline=None)
@given(
    ra=st.floats(0, 360, exclude_max=True),
    dec=st.floats(-85, 85),
    xi=st.floats(-0.05, 0.05),
    eta=st.floats(-0.05, 0.05),
)
def test_the_projection_is_that_of_fits(ra, dec, xi, eta):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crval = ra, dec
    wcs.wcs.crpix = 1, 1
    wcs.wcs.set()
    expected = SkyCoord(*wcs.wcs_pix2world(xi, eta, 0), unit="deg")
    mine = SkyCoord(*camera.deproject(ra, dec, xi, eta), unit="deg")
    assert expected.separation(mine).arcsec < 1e-5
