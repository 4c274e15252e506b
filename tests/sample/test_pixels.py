"""Pixels of the sample archive have the defects of real ones."""

import numpy as np
from astropy.io import fits


def test_lost_rows_are_flagged(root):
    lossy = [p for p in root.glob("*/*/*_raw.fits") if fits.getheader(p, 3)["NAXIS"] == 2]
    assert lossy
    for path in lossy:
        with fits.open(path) as hdus:
            lost = hdus[3].data > 0
            assert lost.any()
            assert (hdus[1].data[lost] == 0).all()


def test_some_calibrated_pixels_are_nan(root):
    images = [fits.getdata(path, 1) for path in root.glob("*/*/*_flt.fits")]
    holes = [np.isnan(image).mean() for image in images]
    assert any(holes)
    assert not all(holes)
    assert max(holes) < 0.05


def test_darks_of_the_photon_counter_are_as_sparse_as_real_ones(root):
    darks = [
        fits.getdata(path, 1)
        for path in root.glob("*/*/*_raw.fits")
        if (header := fits.getheader(path))["DETECTOR"] == "SBC" and header["IMAGETYP"] == "DARK"
    ]
    assert darks
    for counts in darks:
        assert 0.96 < (counts == 0).mean() < 0.999
        assert counts.max() > 900
