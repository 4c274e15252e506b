"""Keywords of the image extensions of the sample archive."""

import numpy as np
import pytest
from astropy.io import fits

from acsql import paths


def test_statistics_are_those_of_the_pixels(root, planned):
    for observation in (o for o in planned if "flt" in o.filetypes):
        folder = root / paths.observation_path(observation.ipppssoot)
        with fits.open(folder / f"{observation.ipppssoot}_flt.fits") as hdus:
            sci, dq = hdus["SCI", 1], hdus["DQ", 1].data
            good = np.isfinite(sci.data) & (True if dq is None else dq == 0)
            assert sci.header["NGOODPIX"] == good.sum()
            mean = sci.data[good].mean(dtype=float)
            assert sci.header["GOODMEAN"] == pytest.approx(mean, rel=1e-5)
        with fits.open(folder / f"{observation.ipppssoot}_raw.fits") as hdus:
            assert hdus[1].header["DATAMIN"] == hdus[1].data.min()
            assert hdus[1].header["DATAMAX"] == hdus[1].data.max()
