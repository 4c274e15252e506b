"""The geometry of ACS: detectors, apertures, readouts, and where their pixels are on the sky.

Sizes, overscans, plate scales and reference positions are those of chapters 3 and 7 of the ACS
Instrument Handbook.  A smaller frame has the same field in fewer, larger pixels, so everything
counted in pixels shrinks with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

# Divisors of the sides of a full frame.
FRAMES: Mapping[str, int] = MappingProxyType({"small": 16, "medium": 8, "full": 1})

ARCSEC = 3600.0


@dataclass(frozen=True)
class Detector:
    """One channel of ACS, at true size.

    `chips` are in the order of EXTVER; `columns`, `rows` are a calibrated chip's size and
    `overscan` the pixels that a raw one has at the left, the right and on the side of the gap.
    `skew` is how far, per pixel, one axis leans towards the other, `roll` the angle from the
    telescope's V3 axis to the y axis in degrees, `noise` in electrons.
    """

    chips: tuple[int, ...]
    columns: int
    rows: int
    overscan: tuple[int, int, int]
    scale: float
    skew: float
    roll: float
    amplifiers: str
    gain: float = 1.0
    noise: float = 0.0
    full_well: float = 84700.0
    photon_counting: bool = False


DETECTORS: Mapping[str, Detector] = MappingProxyType(
    {
        "WFC": Detector((2, 1), 4096, 2048, (24, 24, 20), 0.05, 0.045, 177.4, "ABCD", 2.0, 4.2),
        "HRC": Detector(
            (1,), 1024, 1024, (19, 19, 20), 0.027, 0.085, -0.28, "C", 2.0, 4.7, 155000.0
        ),
        "SBC": Detector(
            (1,), 1024, 1024, (0, 0, 0), 0.032, 0.10, 0.35, "N/A", photon_counting=True
        ),
    }
)

# The gap between the two chips of WFC, in pixels.
GAP = 50


@dataclass(frozen=True)
class Aperture:
    """The pixels that are read, and the pixel on which the target lies.

    `window` is the lower left corner (column, row, from 0) and the size of a subarray on its
    chip; without it the whole detector is read.  `target` is (chip, column, row).
    """

    detector: str
    target: tuple[int, float, float]
    window: tuple[int, int, int, int] | None = None
    overscan: tuple[int, int, int] = (0, 0, 0)
    amplifier: str = ""


def _corner(chip: int, size: int, amplifier: str) -> Aperture:
    """Return the WFC subarray of a given size in the corner of an amplifier."""
    left = 0 if amplifier in "AC" else 4096 - size
    bottom = 0 if amplifier in "CD" else 2048 - size
    middle = (chip, left + size / 2, bottom + size / 2)
    sides = (22, 0, 0) if amplifier in "AC" else (0, 22, 0)
    return Aperture("WFC", middle, (left, bottom, size, size), sides, amplifier)


APERTURES: Mapping[str, Aperture] = MappingProxyType(
    {
        "WFC": Aperture("WFC", (1, 2124, 200)),
        "WFC-FIX": Aperture("WFC", (1, 2073, 200)),
        "WFCENTER": Aperture("WFC", (1, 2114, 30)),
        "WFC1": Aperture("WFC", (1, 2124, 1024)),
        "WFC2": Aperture("WFC", (2, 2124, 1024)),
        "WFC1-IRAMP": Aperture("WFC", (1, 680, 1325)),
        "WFC1-512": _corner(1, 512, "B"),
        "WFC1-1K": _corner(1, 1024, "B"),
        "WFC1-2K": _corner(1, 2048, "B"),
        "WFC2-2K": _corner(2, 2048, "C"),
        "WFC1A-1K": _corner(1, 1024, "A"),
        "HRC": Aperture("HRC", (1, 531, 512)),
        "HRC-FIX": Aperture("HRC", (1, 512, 512)),
        "HRC-512": Aperture("HRC", (1, 512, 512), (256, 256, 512, 512), amplifier="C"),
        "HRC-CORON1.8": Aperture("HRC", (1, 445, 475)),
        "SBC": Aperture("SBC", (1, 512, 400)),
        "SBC-FIX": Aperture("SBC", (1, 512, 512)),
    }
)


@dataclass(frozen=True)
class Readout:
    """One chip as an aperture reads it out, in the pixels of a frame.

    `corner` is the position of its first calibrated pixel on the whole chip, `overscan` the
    pixels added at the left, right, bottom and top in the raw image, `target` where the target
    lies in the calibrated image (from 0; it may be on the other chip, outside), `arcsec` the
    size of a pixel.
    """

    detector: str
    chip: int
    columns: int
    rows: int
    corner: tuple[int, int]
    overscan: tuple[int, int, int, int]
    target: tuple[float, float]
    arcsec: float
    reduction: int
    amplifiers: str

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the calibrated image."""
        return self.rows, self.columns

    @property
    def raw_shape(self) -> tuple[int, int]:
        """The shape of the raw image, with overscan."""
        left, right, bottom, top = self.overscan
        return self.rows + bottom + top, self.columns + left + right


def readouts(aperture: str, frame: str) -> list[Readout]:
    """Return the chips that an aperture reads out.

    Parameters
    ----------
    aperture : str
        One of `APERTURES`.
    frame : {"small", "medium", "full"}
        The size of the images.

    Returns
    -------
    list of Readout
        In the order of EXTVER.
    """
    opening = APERTURES[aperture]
    if opening.window:
        return [_readout(opening, opening.target[0], frame)]
    return [_readout(opening, chip, frame) for chip in DETECTORS[opening.detector].chips]


def _readout(opening: Aperture, chip: int, frame: str) -> Readout:
    detector, reduction = DETECTORS[opening.detector], FRAMES[frame]
    left, bottom, columns, rows = opening.window or (0, 0, detector.columns, detector.rows)
    before, after, gap = opening.overscan if opening.window else detector.overscan
    # The virtual overscan is read last, so it lies at the far side from the amplifiers.
    upside_down = chip == 1 and len(detector.chips) > 1
    edges = (before, after, gap if upside_down else 0, 0 if upside_down else gap)
    at_left, at_right, below, above = (-(-pixels // reduction) for pixels in edges)
    target_chip, column, row = opening.target
    row += (chip != target_chip) * (1 if chip == 2 else -1) * (detector.rows + GAP)
    return Readout(
        opening.detector,
        chip,
        columns // reduction,
        rows // reduction,
        (left // reduction, bottom // reduction),
        (at_left, at_right, below, above),
        ((column - left) / reduction, (row - bottom) / reduction),
        detector.scale * reduction,
        reduction,
        opening.amplifier or _amplifiers(detector, chip),
    )


def _amplifiers(detector: Detector, chip: int) -> str:
    if len(detector.chips) == 1:
        return detector.amplifiers
    return "AB" if chip == 1 else "CD"


@dataclass(frozen=True)
class Wcs:
    """A tangent projection: FITS WCS Paper II, degrees and pixels from 1."""

    crpix: tuple[float, float]
    crval: tuple[float, float]
    cd: np.ndarray

    @property
    def orientat(self) -> float:
        """The position angle of the y axis, degrees east of north."""
        return float(np.degrees(np.arctan2(self.cd[0, 1], self.cd[1, 1])) % 360)

    def shifted(self, columns: float, rows: float) -> "Wcs":
        """Return the WCS of an image that has more pixels at the left and at the bottom.

        Parameters
        ----------
        columns, rows : float
            Number of additional pixels.

        Returns
        -------
        Wcs
            The same sky.
        """
        x, y = self.crpix
        return Wcs((x + columns, y + rows), self.crval, self.cd)


def cd_matrix(detector: str, pa_v3: float, arcsec: float, skewed: bool = True) -> np.ndarray:
    """Return the CD matrix of an image.

    Parameters
    ----------
    detector : str
        WFC, HRC or SBC.
    pa_v3 : float
        Position angle of the V3 axis of the telescope, degrees.
    arcsec : float
        Size of a pixel, arcseconds.
    skewed : bool
        Whether the pixels are those of the detector; drizzled ones are square.

    Returns
    -------
    array, shape (2, 2)
        Degrees on the sky per pixel.
    """
    facts = DETECTORS[detector]
    angle = np.radians(pa_v3 + facts.roll)
    turn = np.array([[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix: np.ndarray = turn @ (skew(detector) if skewed else np.eye(2)) * arcsec / ARCSEC
    return matrix


def skew(detector: str) -> np.ndarray:
    """Return the matrix from the pixels of a detector to square ones.

    Parameters
    ----------
    detector : str
        WFC, HRC or SBC.

    Returns
    -------
    array, shape (2, 2)
        Square pixels per pixel.
    """
    lean = DETECTORS[detector].skew
    return np.array([[1.0, lean], [lean / 2, 1.0]])


def pointing(
    readout: Readout,
    ra: float,
    dec: float,
    pa_v3: float,
    offset: tuple[float, float] = (0, 0),
) -> Wcs:
    """Return the WCS of a calibrated chip when the target lies where its aperture says.

    Parameters
    ----------
    ra, dec : float
        The target, degrees.
    pa_v3 : float
        Position angle of the telescope's V3 axis, degrees.
    offset : tuple of float
        By how much the target is moved along x and y (POSTARG), arcseconds.
    """
    cd = cd_matrix(readout.detector, pa_v3, readout.arcsec)
    centre = np.array([readout.columns / 2, readout.rows / 2])
    target = np.array(target_pixel(readout, offset))
    return Wcs(tuple(centre), deproject(ra, dec, *(cd @ (centre - 1 - target))), cd)


def target_pixel(readout: Readout, offset: tuple[float, float] = (0, 0)) -> tuple[float, float]:
    """Return where the target lies in a calibrated image.

    Parameters
    ----------
    readout : Readout
        The chip.
    offset : tuple of float
        POSTARG1 and POSTARG2, arcseconds.

    Returns
    -------
    tuple of float
        Column and row, from 0.
    """
    x, y = readout.target
    return x + offset[0] / readout.arcsec, y + offset[1] / readout.arcsec


def deproject(ra: float, dec: float, xi: float, eta: float) -> tuple[float, float]:
    """Return the position at a point of the plane that touches the sky at (ra, dec).

    The inverse gnomonic projection, Calabretta and Greisen 2002, section 5.1.3.

    Parameters
    ----------
    ra, dec : float
        The point of contact, degrees.
    xi, eta : float
        The point of the plane, degrees.

    Returns
    -------
    tuple of float
        Right ascension and declination, degrees.
    """
    xi, eta, dec = np.radians([xi, eta, dec])
    depth = np.cos(dec) - eta * np.sin(dec)
    longitude = np.arctan2(xi, depth)
    latitude = np.arctan2(np.sin(dec) + eta * np.cos(dec), np.hypot(xi, depth))
    return float((ra + np.degrees(longitude)) % 360), float(np.degrees(latitude))


def separation(ra: float, dec: float, other_ra: float, other_dec: float) -> float:
    """Return the angle between two directions.

    Parameters
    ----------
    ra, dec : float
        The first direction, degrees.
    other_ra, other_dec : float
        The second direction, degrees.

    Returns
    -------
    float
        The angle, degrees.
    """
    ra, dec, other_ra, other_dec = np.radians([ra, dec, other_ra, other_dec])
    half = (
        np.sin((dec - other_dec) / 2) ** 2
        + np.cos(dec) * np.cos(other_dec) * np.sin((ra - other_ra) / 2) ** 2
    )
    return float(np.degrees(2 * np.arcsin(np.sqrt(min(1.0, half)))))
