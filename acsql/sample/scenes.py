"""Scenes: stars, galaxies and nebulae on the sky, and their light on a detector.

Stars are placed on the sky, not on pixels, so that dithered, rotated and repeated exposures of
a target show the same field.  The light of a field is electrons per second and pixel; how many
stars there are, and how wide they are, goes by the number of pixels, so that a small frame
looks like a full one and not like a thumbnail of it.
"""

from dataclasses import dataclass, field
from zlib import crc32

import numpy as np

from .camera import ARCSEC, DETECTORS, Readout, Wcs
from .stamps import add_galaxies, add_points, add_spectra

# Stars, small galaxies, steepness and faintest rate (electrons/s) of each kind of field.
_POPULATIONS = {
    "cluster": (90000, 0, 0.85, 1.0),
    "stars": (14000, 300, 0.8, 0.15),
    "spiral": (1500, 60, 0.9, 0.2),
    "elliptical": (900, 80, 0.9, 0.2),
    "galaxies": (600, 9000, 0.8, 0.15),
    "deep": (400, 11000, 0.8, 0.15),
    "lens": (400, 7000, 0.8, 0.15),
    "spectra": (2500, 1500, 0.8, 0.6),
    "nebula": (1600, 0, 0.8, 0.3),
    "planet": (120, 0, 0.9, 0.1),
    "coronagraph": (60, 20, 0.9, 0.2),
    "star": (20, 0, 0.9, 0.1),
}
_BRIGHTEST = 2.0e4
_PIXELS = 2 * 4096 * 2048
# Sky background, electrons per second and pixel in a broad filter.
_SKY = {"nebula": 0.25, "spiral": 0.12, "cluster": 0.12}
# The sky in the far ultraviolet relative to that; the stars of which one is hot, and its flux.
_ULTRAVIOLET_SKY = 1e-3
_STARS_PER_HOT_ONE, _ULTRAVIOLET_FLUX = 20, 0.05


@dataclass(frozen=True)
class SkyField:
    """The sky around a target.

    `stars` has a row of (east, north, rate) for each, `galaxies` also the half-light radius,
    the axis ratio and the position angle; arcseconds, electrons per second, radians.
    """

    scene: str
    radius: float
    seed: int
    stars: np.ndarray = field(repr=False)
    galaxies: np.ndarray = field(repr=False)


def fixed_random(*what: object) -> np.random.Generator:
    """Return a generator that depends on nothing but its arguments, whatever the seed.

    Parameters
    ----------
    *what : object
        The purpose of the random numbers.

    Returns
    -------
    numpy.random.Generator
        The same for the same arguments.
    """
    return np.random.default_rng(crc32(" ".join(map(str, what)).encode()))


def field_of(target: str, scene: str, readout: Readout) -> SkyField:
    """Return the sky around a target, as far as a detector sees it.

    Parameters
    ----------
    target : str
        The name of the target.
    scene : str
        The kind of field.
    readout : Readout
        The chip.

    Returns
    -------
    SkyField
        Stars and galaxies, the same for the same arguments.
    """
    rng = fixed_random(target, readout.detector, readout.reduction)
    facts = DETECTORS[readout.detector]
    radius = 0.8 * facts.columns * facts.scale
    pixels = facts.columns * facts.rows * len(facts.chips) / readout.reduction**2
    crowding = (pixels / _PIXELS) ** 0.62
    stars, galaxies, slope, faintest = _POPULATIONS[scene]
    return SkyField(
        scene,
        radius,
        int(rng.integers(2**31)),
        _stars(rng, round(stars * crowding) + 3, slope, faintest, radius, scene == "cluster"),
        _galaxies(rng, round(galaxies * crowding), faintest, radius, scene, readout.arcsec),
    )


def _stars(
    rng: np.random.Generator,
    count: int,
    slope: float,
    faintest: float,
    radius: float,
    clustered: bool,
) -> np.ndarray:
    rate = np.minimum(faintest * rng.random(count) ** (-1 / slope), _BRIGHTEST)
    if clustered:
        # Plummer's sphere in projection.
        distance = 0.28 * radius / np.sqrt(rng.random(count) ** -1.0 - 0.999)
        angle = rng.uniform(0, 2 * np.pi, count)
        east, north = distance * np.cos(angle), distance * np.sin(angle)
    else:
        east, north = rng.uniform(-radius, radius, (2, count))
    return np.column_stack([east, north, rate])


def _galaxies(
    rng: np.random.Generator,
    count: int,
    faintest: float,
    radius: float,
    scene: str,
    arcsec: float,
) -> np.ndarray:
    rate = np.minimum(10 * faintest * rng.random(count) ** (-1 / 1.1), 900.0)
    east, north = rng.uniform(-radius, radius, (2, count))
    size = (
        arcsec * (1.1 + 1.3 * (rate / rate.min(initial=1.0)) ** 0.22) * rng.uniform(0.7, 1.5, count)
    )
    if scene in ("galaxies", "lens") and count > 20:
        # A rich cluster: its ellipticals are bright and gather at the centre.
        members = count // 6
        distance = 0.16 * radius * rng.exponential(1.0, members)
        angle = rng.uniform(0, 2 * np.pi, members)
        east[:members], north[:members] = distance * np.cos(angle), distance * np.sin(angle)
        rate[:members] *= 6
        size[:members] *= 1.4
        rate[0], size[0], east[0], north[0] = 1500.0, 7 * arcsec, 0.0, 0.0
    ratio = rng.uniform(0.25, 1.0, count)
    return np.column_stack([east, north, rate, size, ratio, rng.uniform(0, np.pi, count)])


def light(
    scenery: SkyField,
    readout: Readout,
    wcs: Wcs,
    target: tuple[float, float],
    throughput: float,
    sky: float | None = None,
) -> np.ndarray:
    """Return electrons per second and pixel of a field on a calibrated chip.

    Parameters
    ----------
    target : tuple of float
        Where the target lies, pixels from 0.
    throughput : float
        Of the filter, relative to a broad one.
    sky : float, optional
        Background in electrons per second and pixel; by default that of the scene.
    """
    rate = np.zeros(readout.shape, np.float32)
    if sky is None:
        rate += _SKY.get(scenery.scene, 0.07) * (0.01 if scenery.scene == "spectra" else 1.0)
    points, blobs = scenery.stars, scenery.galaxies
    if DETECTORS[readout.detector].photon_counting:
        # The sky is dark in the far ultraviolet, and few stars are hot.
        rate *= np.float32(_ULTRAVIOLET_SKY)
        points = points[::_STARS_PER_HOT_ONE] * (1, 1, _ULTRAVIOLET_FLUX)
    matrix = np.linalg.inv(wcs.cd) / ARCSEC
    x, y = matrix @ points[:, :2].T + np.array(target)[:, None]
    if scenery.scene == "spectra":
        add_spectra(rate, x, y, points[:, 2])
    else:
        add_points(rate, x, y, points[:, 2])
    x, y = matrix @ blobs[:, :2].T + np.array(target)[:, None]
    add_galaxies(rate, x, y, blobs, readout.arcsec, wcs)
    _add_extended(rate, scenery, readout, wcs, target)
    return rate * np.float32(throughput) + np.float32(sky or 0.0)


def _add_extended(
    rate: np.ndarray, scenery: SkyField, readout: Readout, wcs: Wcs, target: tuple[float, float]
) -> None:
    """Add what fills the field, computed coarsely where it is smooth."""
    makers = {
        "spiral": _spiral,
        "elliptical": _elliptical,
        "nebula": _nebula,
        "planet": _planet,
        "coronagraph": _star_behind_a_spot,
        "star": _star_behind_a_spot,
    }
    maker = makers.get(scenery.scene)
    if maker is None:
        return
    coarse = 5 if max(readout.shape) > 1500 else 1
    rows, columns = (np.arange(0, n, coarse, dtype=np.float32) for n in readout.shape)
    x = (columns[None, :] - target[0]) * readout.arcsec
    y = (rows[:, None] - target[1]) * readout.arcsec
    angle = np.radians(wcs.orientat)
    east = -x * np.cos(angle) + y * np.sin(angle)
    north = x * np.sin(angle) + y * np.cos(angle)
    surface = maker(east / scenery.radius, north / scenery.radius, scenery)
    rate += enlarged(surface.astype(np.float32), rate.shape)


def _spiral(east: np.ndarray, north: np.ndarray, scenery: SkyField) -> np.ndarray:
    rng = np.random.default_rng(scenery.seed)
    tilt, turn = rng.uniform(0.45, 0.9), rng.uniform(0, np.pi)
    u = (east * np.cos(turn) + north * np.sin(turn)) * 1.6
    v = (north * np.cos(turn) - east * np.sin(turn)) * 1.6 / tilt
    distance = np.hypot(u, v) + 1e-3
    phase = 2 * np.arctan2(v, u) - 6.0 * np.log(distance)
    arms = np.exp(2.2 * (np.cos(phase) - 1)) + 0.35 * np.exp(6 * (np.cos(phase - 0.7) - 1))
    clumps = _smooth_noise(rng, u, v)
    disc = np.exp(-distance / 0.33) * (0.35 + 1.5 * arms * np.exp(1.3 * clumps))
    lanes = 1 - 0.5 * np.exp(6 * (np.cos(phase + 0.8) - 1)) * (distance > 0.05)
    surface: np.ndarray = 1.6 * disc * lanes + 16 * np.exp(-((distance / 0.006) ** 0.45))
    return surface


def _elliptical(east: np.ndarray, north: np.ndarray, scenery: SkyField) -> np.ndarray:
    del scenery
    distance = np.hypot(east, north / 0.88) + 2e-3
    jet = np.exp(-(((north - 0.45 * east) / 0.006) ** 2)) * (east < -0.01) * (east > -0.16)
    knots = 1 + 0.8 * np.cos(110 * east)
    surface: np.ndarray = 55 * np.exp(-((distance / 0.004) ** 0.36)) + 0.9 * jet * knots
    return surface


def _nebula(east: np.ndarray, north: np.ndarray, scenery: SkyField) -> np.ndarray:
    rng = np.random.default_rng(scenery.seed)
    gas = _smooth_noise(rng, 2.2 * east, 2.2 * north)
    dust = _smooth_noise(rng, 3.0 * east, 3.0 * north)
    filaments = np.exp(-((gas / 0.22) ** 2))
    glow = np.exp(-np.hypot(east - 0.1, north + 0.05) / 0.55)
    surface: np.ndarray = (
        22 * (0.5 * np.exp(1.3 * gas) + 0.9 * filaments) * glow / (1 + np.exp(5 * dust - 2))
    )
    return surface


def _planet(east: np.ndarray, north: np.ndarray, scenery: SkyField) -> np.ndarray:
    del scenery
    distance = np.hypot(east, north) / 0.085
    inside = np.clip(1 - distance**2, 0, None)
    bands = 1 + 0.22 * np.cos(110 * north) + 0.12 * np.cos(45 * north + 1)
    moon = np.exp(-(((east - 0.33) ** 2 + (north + 0.12) ** 2) / 0.014**2))
    surface: np.ndarray = 55 * np.sqrt(inside) * bands + 30 * moon
    return surface


def _star_behind_a_spot(east: np.ndarray, north: np.ndarray, scenery: SkyField) -> np.ndarray:
    distance = np.hypot(east, north) + 1e-3
    halo = 0.02 * distance**-1.9 * (1 + 0.5 * np.cos(distance * 260))
    spikes = (
        0.06
        * distance**-1.2
        * (np.exp(-(((east - north) / 0.012) ** 2)) + np.exp(-(((east + north) / 0.012) ** 2)))
    )
    disc = 3.0 * np.exp(-(((np.hypot(east / 0.8, north / 0.35) - 0.38) / 0.07) ** 2))
    if scenery.scene == "star":
        surface: np.ndarray = halo + spikes + 4000 * np.exp(-((distance / 0.0035) ** 2))
    else:
        covered = (distance < 0.045) | ((np.abs(east) < 0.02) & (north > 0))
        surface = np.where(covered, 0.02, 1.0) * (halo + spikes + disc)
    return surface


def _smooth_noise(rng: np.random.Generator, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return a random surface of unit order with structure on all scales, over a plane."""
    surface = np.zeros(np.broadcast(u, v).shape, np.float32)
    for octave in range(6):
        waves = 4
        angle = rng.uniform(0, 2 * np.pi, waves)
        phase = rng.uniform(0, 2 * np.pi, waves)
        number = 2.6 * 1.9**octave * rng.uniform(0.7, 1.3, waves)
        for k in range(waves):
            warp = 0.6 * surface * 1.9**-octave
            path = u * np.cos(angle[k]) + v * np.sin(angle[k]) + 0.25 * warp
            surface += np.float32(0.5 * 0.62**octave) * np.cos(number[k] * path + phase[k])
    return surface


def enlarged(grid: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return a surface on a finer grid, interpolated linearly.

    Parameters
    ----------
    grid : array, 2-D
        The surface on a coarse grid.
    shape : tuple of int
        Rows and columns of the result.

    Returns
    -------
    array, 2-D
        The surface in `shape`.
    """
    if grid.shape == shape:
        return grid
    for axis, size in enumerate(shape):
        place = np.linspace(0, grid.shape[axis] - 1, size, dtype=np.float32)
        before = np.minimum(place.astype(np.intp), grid.shape[axis] - 2)
        weight = (place - before).astype(np.float32).reshape((-1, 1) if axis == 0 else (1, -1))
        lower = np.take(grid, before, axis)
        grid = lower + (np.take(grid, before + 1, axis) - lower) * weight
    return grid
