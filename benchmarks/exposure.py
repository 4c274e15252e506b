"""A synthetic full-frame WFC exposure, and the memory of a process, for several benchmarks."""

from pathlib import Path

import numpy as np
from astropy.io import fits

# Rows and columns of a calibrated WFC chip (ACS Instrument Handbook, chapter 3).
SHAPE = (2048, 4096)
# Rows and columns that a raw file has in addition.
OVERSCAN = (20, 48)
# Rows and columns of a drizzled product of both chips, and the part of it without data.
DRIZZLED_SHAPE = (4211, 4238)
DRIZZLED_BORDER = 0.06
# Rows and columns of the SBC (ACS Instrument Handbook, chapter 3), and counts per pixel of an
# exposure of faint sky: 96 % of the pixels have none.
SBC_SHAPE = (1024, 1024)
_SBC_COUNTS = 0.04
# Light of stars in each pixel of a globular cluster, in electrons: as the Lomax distribution, of
# whose values 0.5 % are above 6000.
_STARLIGHT = 30
# Electrons at which a pixel of WFC is saturated (as in `acsql.sample.camera`).
_FULL_WELL = 84_700
# Flag of a cosmic ray in a DQ array (ACS Data Handbook, table 3.4).
_COSMIC_RAY = 8192


def write_exposure(path: Path, filetype: str, defects: bool = False, crowded: bool = False) -> None:
    """Write a sky with noise and cosmic rays in both chips.

    Parameters
    ----------
    path : Path
        The file to write.
    filetype : {"raw", "flt"}
        Counts with overscan and empty ERR and DQ, or calibrated values.
    defects : bool
        Whether a flt file has NaN pixels, and flags of the cosmic rays.
    crowded : bool
        Whether all pixels have light of stars.
    """
    random = np.random.default_rng(20020301)
    raw = filetype == "raw"
    shape = (SHAPE[0] + OVERSCAN[0], SHAPE[1] + OVERSCAN[1]) if raw else SHAPE
    hdus = fits.HDUList([fits.PrimaryHDU()])
    hdus[0].header.update(DETECTOR="WFC", CCDAMP="ABCD")
    for version in (1, 2):
        sky = random.normal(60, 9, shape).astype(np.float32)
        hit = random.random(shape) < 0.02
        sky[hit] += random.exponential(1500, np.count_nonzero(hit))
        if crowded:
            sky = np.minimum(sky + _STARLIGHT * random.pareto(1, shape), _FULL_WELL)
            sky = sky.astype(np.float32)
        planes: dict[str, np.ndarray | None] = {"SCI": sky, "ERR": np.abs(sky)}
        planes["DQ"] = np.zeros(shape, np.int16)
        if raw:
            counts = np.clip(np.rint(sky / 2 + 2500), 0, 65535).astype(np.uint16)
            planes = {"SCI": counts, "ERR": None, "DQ": None}
        elif defects:
            planes["DQ"] = np.where(hit, _COSMIC_RAY, 0).astype(np.int16)
            sky[random.random(shape) < 1e-4] = np.nan
        hdus.extend(fits.ImageHDU(data, name=name, ver=version) for name, data in planes.items())
        # Where the chip lies in a raw image (ACS Data Handbook, section 4.2.1).
        place = {"LTV1": 24.0 * raw, "LTV2": 20.0 * raw * (version == 2)}
        hdus["SCI", version].header.update(CCDCHIP=3 - version, **place)
    hdus.writeto(path)


def write_sbc_exposure(path: Path) -> None:
    """Write calibrated values of the SBC, most of which are 0.

    Parameters
    ----------
    path : Path
        The file to write.
    """
    random = np.random.default_rng(20020301)
    flat = random.normal(1, 0.05, SBC_SHAPE)
    counts = (random.poisson(_SBC_COUNTS, SBC_SHAPE) / flat).astype(np.float32)
    planes = {"SCI": counts, "ERR": np.sqrt(counts), "DQ": np.zeros(SBC_SHAPE, np.int16)}
    hdus = [fits.ImageHDU(data, name=name) for name, data in planes.items()]
    primary = fits.PrimaryHDU()
    primary.header["DETECTOR"] = "SBC"
    fits.HDUList([primary, *hdus]).writeto(path)


def write_product(path: Path) -> None:
    """Write a drizzled sky with noise and stars, and borders without data."""
    random = np.random.default_rng(20020301)
    sky = random.normal(0.1, 0.02, DRIZZLED_SHAPE).astype(np.float32)
    stars = random.random(sky.shape) < 0.02
    sky[stars] += random.exponential(3, np.count_nonzero(stars))
    weights = np.full(sky.shape, 600, np.float32)
    border = round(DRIZZLED_BORDER / 2 * len(sky))
    for blank in (np.s_[:border], np.s_[-border:], np.s_[:, :border], np.s_[:, -border:]):
        sky[blank] = weights[blank] = 0
    planes = {"SCI": sky, "WHT": weights, "CTX": (weights > 0).astype(np.int32)}
    hdus = [fits.ImageHDU(data, name=name) for name, data in planes.items()]
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)


def memory_mb(field: str, process: int | str = "self") -> float:
    """Return a size of a process in MB; on Linux only.

    Parameters
    ----------
    field : str
        A field of ``/proc/self/status``: ``VmRSS`` (now) or ``VmHWM`` (peak).
    process : int or str
        Its number, by default this process.

    Returns
    -------
    float
        The size in MB (1e6 bytes).
    """
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(field))
