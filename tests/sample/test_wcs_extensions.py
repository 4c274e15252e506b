"""Distortion tables of the sample archive."""

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from acsql import paths


def test_distortion_tables_can_be_used(root, planned):
    used = 0
    for observation in (o for o in planned if "flt" in o.filetypes):
        folder = root / paths.observation_path(observation.ipppssoot)
        with fits.open(folder / f"{observation.ipppssoot}_flt.fits") as hdus:
            if "WCSDVARR" in hdus:
                wcs = WCS(hdus["SCI", 1].header, hdus)
                assert wcs.cpdis1 is not None
                assert np.isfinite(wcs.all_pix2world(3, 3, 0)).all()
                used += 1
    assert used >= 3
