"""World coordinates from headers: as astropy reads them, or none."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import astropy.wcs
import numpy as np
import pytest
from astropy.io import fits

from acsql.errors import FileError
from acsql.fits.wcs import read_usable_wcs, read_wcs

FLT = Path(astropy.wcs.__file__).parent / "tests" / "data" / "j94f05bgq_flt.fits"
TANGENT = {
    "CTYPE1": "RA---TAN",
    "CTYPE2": "DEC--TAN",
    "CRPIX1": 2048.0,
    "CRPIX2": 1024.0,
    "CRVAL1": 5.6,
    "CRVAL2": -72.1,
    "CD1_1": 1e-5,
    "CD1_2": 2e-6,
    "CD2_1": 3e-6,
    "CD2_2": -1e-5,
}
DISTORTED = TANGENT | {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP"}
SIP = {
    "A_ORDER": 3, "A_0_2": 2.2e-6, "A_1_1": -7.5e-6, "A_3_0": -4.7e-10,
    "B_ORDER": 2, "B_0_2": -9.8e-6, "B_1_1": 6.4e-6, "B_2_0": -3.0e-6,
}  # fmt: skip
SCALED = {name: value for name, value in TANGENT.items() if not name.startswith("CD")} | {
    "CDELT1": 2e-5, "CDELT2": 1e-5, "PC1_1": 0.5, "PC1_2": 0.1, "PC2_1": 0.3, "PC2_2": -1.0,
}  # fmt: skip
Header = dict[str, object]


def projection_of(header: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the projection that the viewer gets."""
    wcs = read_usable_wcs(header)
    return None if wcs is None else wcs.projection()


def stored(header: Header) -> Header:
    """Return a header with its keywords spelled as documents have them."""
    return {name.lower(): value for name, value in header.items()}


@pytest.mark.parametrize("header", [TANGENT, DISTORTED, DISTORTED | SIP, SCALED])
def test_stored_and_astropy_headers_give_the_same_wcs_as_astropy(header: Header) -> None:
    pixels = np.random.default_rng(1).uniform(1, 4096, (50, 2))
    expected = astropy.wcs.WCS(fits.Header(header)).all_pix2world(pixels, 1)
    for form in (stored(header), fits.Header(header)):
        wcs = read_wcs(form)
        assert wcs is not None
        np.testing.assert_array_equal(wcs.to_astropy().all_pix2world(pixels, 1), expected)
    assert projection_of(stored(header)) == projection_of(fits.Header(header))


def test_a_real_header_gives_the_same_wcs_as_astropy() -> None:
    if not FLT.exists():
        pytest.skip("this astropy was installed without its test files")
    header = fits.getheader(FLT, "SCI", 1)
    # The tables of residual distortion are ignored.
    for keyword in [name for name in header if name.startswith(("D2IM", "CPDIS", "CPERR", "DP"))]:
        del header[keyword]
    pixels = np.random.default_rng(2).uniform(1, 2048, (50, 2))
    expected = astropy.wcs.WCS(header).all_pix2world(pixels, 1)
    wcs = read_wcs(header)
    assert wcs is not None
    np.testing.assert_allclose(
        wcs.to_astropy().all_pix2world(pixels, 1), expected, rtol=0, atol=1e-10
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"CTYPE1": ""},
        {"CTYPE1": "LINEAR"},
        {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"},
        {"CTYPE1": "DEC--TAN", "CTYPE2": "RA---TAN"},
    ],
)
def test_a_header_without_right_ascension_and_declination_has_no_wcs(changes: Header) -> None:
    assert read_wcs(stored(TANGENT | changes)) is None
    assert projection_of(stored(TANGENT | changes)) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"CTYPE1": "RA---SIN"}, "CTYPE is RA---SIN and DEC--TAN-SIP, not a tangent projection"),
        ({"CRVAL1": "5.6"}, "CRVAL1 is '5.6', not a number"),
        ({"CRPIX2": None}, "CRPIX2 is None, not a number"),
        ({"CUNIT1": "arcsec"}, "CUNIT1 is 'arcsec', not 'deg'"),
        ({"LATPOLE": True}, "LATPOLE is True, not a number"),
        (SIP | {"A_ORDER": 99}, "A_ORDER is 99, not 0 to 9"),
        (SIP | {"B_1_1": "x"}, "B_1_1 is 'x', not a number"),
    ],
)
def test_an_unusable_wcs_is_an_error_that_names_the_keyword(changes: Header, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read_wcs(stored(DISTORTED | changes))
    assert projection_of(stored(DISTORTED | changes)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"CTYPE1": "RA---SIN"},
        {"CTYPE1": "RA---TAN-SIP"},
        {"CRVAL1": "5.6"},
        {"CRPIX2": None},
        {"LONPOLE": 90.0},
        {"CD1_1": 0.0, "CD1_2": 0.0},
        {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 99},
        {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "A_0_2": "x"},
    ],
)
def test_the_viewer_gets_no_projection_that_it_cannot_compute(changes: Header) -> None:
    header = {name: value for name, value in (TANGENT | changes).items() if value is not None}
    assert projection_of(fits.Header(TANGENT)) is not None
    assert projection_of(fits.Header(header)) is None


def test_a_projection_has_the_matrix_in_either_form_and_only_terms_that_count() -> None:
    projection = projection_of(stored(TANGENT | {"A_ORDER": 2, "A_0_2": 1e-6}))
    assert projection is not None
    assert projection["a"] == [], "SIP counts only where CTYPE says so"
    scaled = projection_of(stored(SCALED))
    assert scaled is not None
    assert scaled["cd"] == [pytest.approx([1e-5, 2e-6]), pytest.approx([3e-6, -1e-5])]
    distorted = projection_of(stored(DISTORTED | {"B_ORDER": 2, "B_1_1": 3e-6}))
    assert distorted is not None
    assert distorted["b"] == [(1, 1, 3e-6)]
