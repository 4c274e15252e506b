"""Synthetic full-frame WFC exposures for the benchmarks of images."""

from pathlib import Path

import numpy as np
from astropy.io import fits

HEIGHT, WIDTH = 2048, 4096  # pixels of a calibrated WFC chip
OVERSCAN = (20, 48)  # more rows and columns of a raw chip
_SEED = 20020301
_SKY, _NOISE = 60, 9  # electrons
_HITS = 0.02  # share of pixels with a star or a cosmic ray
_GAIN, _BIAS = 2, 2500  # electrons per count, counts


def write_exposure(path: Path, filetype: str, nan_share: float = 0.0) -> None:
    """Write a sky with noise, stars and cosmic rays, as counts or as calibrated values.

    Parameters
    ----------
    path : Path
        The file to write.
    filetype : str
        ``raw`` for counts with overscan; any other for SCI, ERR and DQ.
    nan_share : float
        Share of the calibrated pixels that are NaN.
    """
    random = np.random.default_rng(_SEED)
    shape = (HEIGHT, WIDTH)
    if filetype == "raw":
        shape = (HEIGHT + OVERSCAN[0], WIDTH + OVERSCAN[1])
    hdus = fits.HDUList([fits.PrimaryHDU()])
    for version in (1, 2):
        sky = random.normal(_SKY, _NOISE, shape).astype(np.float32)
        hit = random.random(shape) < _HITS
        sky[hit] += random.exponential(1500, np.count_nonzero(hit))
        if filetype == "raw":
            counts = np.clip(np.rint(sky / _GAIN + _BIAS), 0, 65535).astype(np.uint16)
            hdus.append(fits.ImageHDU(counts, name="SCI", ver=version))
            continue
        flags = np.where(hit, 8192, 0).astype(np.int16)
        if nan_share:
            sky[random.random(shape) < nan_share] = np.nan
        for name, values in (("SCI", sky), ("ERR", np.abs(sky)), ("DQ", flags)):
            hdus.append(fits.ImageHDU(values, name=name, ver=version))
    hdus.writeto(path)
