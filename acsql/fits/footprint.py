"""Where on the sky the pixels of an observation lie: the outlines of its chips, from its headers.

Only stored headers are used, so that older documents get their footprint without their files.
Great circles are straight lines in a tangent projection, and sides of MongoDB's polygons are
great circles: four corners outline a chip exactly.  The polynomials of its distortion (SIP: Shupe
et al. 2005, ASPC 347, 491) bend the sides of a WFC chip by up to thirteen pixels; points at every
quarter of a side leave less than a pixel of it, 0.04 arcsec.  The tables of residual distortion
(D2IM, NPOL), of less than 0.2 pixels, are left out.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from astropy.wcs import WCS, Sip

from ..errors import FileError
from ..keywords import KeywordSpecs

_DISTORTED = {"RA---TAN-SIP", "DEC--TAN-SIP"}
_TANGENT = {"RA---TAN", "DEC--TAN", *_DISTORTED}
# Into how many parts a bent side is divided.
_PARTS = 4
# What the standard of SIP allows.
_HIGHEST_ORDER = 9
# Degrees have so many decimals: 4 microarcseconds, coarse enough that every wcslib agrees.
_DECIMALS = 9

# What a chip may look like, generously: the sides in degrees, and the sines of its angles, of
# which those of ACS are above 0.99.
_SHORTEST, _LONGEST = 1e-3 / 3600, 2.0
_SMALLEST_SINE = 0.75
# How far a side may bend, in shortest sides, and the least of its even parts, in even parts.
# No outline within these limits crosses itself, so that there is none that MongoDB would refuse:
# a bent side stays within atan(0.05 / 0.125) = 22 degrees of the straight one, angles have 48.
_BEND = 0.05
_SHORTEST_PART = 0.5


def footprint(
    document: Mapping[str, Any], specs: KeywordSpecs, notes: list[str]
) -> dict[str, Any] | None:
    """Return what an observation covers of the sky as GeoJSON, None if that cannot be told.

    It is that of the first filetype of `KeywordSpecs.footprint_filetypes` of which it can be told
    for all chips.

    Parameters
    ----------
    document : mapping
        With its headers and promoted keywords as they are stored.
    notes : list of str
        Gets a note for each file of which the WCS makes no sense.

    Returns
    -------
    dict or None
        A Polygon for one chip, a MultiPolygon for several; longitudes are right ascensions
        from -180 to 180 degrees.  The outer edges of the outermost pixels are the outline, so
        that of a raw image has its overscan.
    """
    if specs.is_pointless(document):
        return None
    for filetype in specs.footprint_filetypes:
        chips = _chips(document.get("headers", {}).get(filetype, {}), specs.image_extname)
        try:
            outlines = [outline(header) for header in chips]
        except FileError as error:
            name = document.get("datasets", {}).get(filetype, filetype)
            notes.append(f"{name} gives no footprint: {error}")
            continue
        if outlines and all(outlines):
            return _geojson(outlines)
    return None


def _chips(headers: Mapping[str, Any], extname: str) -> list[Mapping[str, Any]]:
    """Return the headers of the images among the extensions of a file, in their order."""
    extensions = sorted(headers, key=int)
    return [headers[e] for e in extensions if headers[e].get("extname") == extname]


def _geojson(outlines: Sequence[list[list[float]]]) -> dict[str, Any]:
    if len(outlines) == 1:
        return {"type": "Polygon", "coordinates": [outlines[0]]}
    return {"type": "MultiPolygon", "coordinates": [[outline] for outline in outlines]}


def outline(header: Mapping[str, Any]) -> list[list[float]] | None:
    """Return a closed ring of (longitude, latitude) in degrees around the pixels of an image.

    Parameters
    ----------
    header : mapping
        As it is stored.

    Returns
    -------
    list or None
        None if the header has no WCS of right ascension and declination.

    Raises
    ------
    FileError
        If the WCS is incomplete, or no camera's.
    """
    ctype = [_text(header, "ctype1"), _text(header, "ctype2")]
    if [text[:5] for text in ctype] != ["RA---", "DEC--"]:
        return None
    if not set(ctype) <= _TANGENT:
        raise FileError(f"{' and '.join(ctype)} is no tangent projection")
    try:
        wcs = _wcs(header, ctype)
        parts = 1 if wcs.sip is None else _PARTS
        longitude, latitude = wcs.all_pix2world(_border(_size(header), parts), 1).T
    except ValueError as error:  # those of wcslib are children of it
        raise FileError(" ".join(str(error).split())) from error
    # Right ascensions come from 0 to 360 degrees.
    ring = np.column_stack([(longitude + 180) % 360 - 180, latitude]).round(_DECIMALS)
    _check(ring, parts)
    points = ring.tolist()
    return [*points, points[0]]


def _wcs(header: Mapping[str, Any], ctype: list[str]) -> WCS:
    """Return the WCS of a header: astropy takes ten times as long to look for one itself."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ctype
    wcs.wcs.crval = [_number(header, f"crval{axis}") for axis in (1, 2)]
    wcs.wcs.crpix = [_number(header, f"crpix{axis}") for axis in (1, 2)]
    wcs.wcs.cd = _matrix(header)
    for axis in (1, 2):
        if _text(header, f"cunit{axis}") not in ("", "deg"):
            raise FileError(f"CUNIT{axis} is {header[f'cunit{axis}']!r}")
    for pole in ("lonpole", "latpole"):
        if header.get(pole) is not None:
            setattr(wcs.wcs, pole, _number(header, pole))
    if ctype[0] in _DISTORTED:
        a, b = (_polynomial(header, letter) for letter in "ab")
        if a is not None or b is not None:
            wcs.sip = Sip(a, b, None, None, wcs.wcs.crpix)
    return wcs


def _matrix(header: Mapping[str, Any]) -> list[list[float]]:
    """Return degrees per pixel: FITS WCS Paper I (Greisen and Calabretta 2002), section 2.1."""
    axes = (1, 2)
    if any(f"cd{i}_{j}" in header for i in axes for j in axes):
        return [[_number(header, f"cd{i}_{j}", 0.0) for j in axes] for i in axes]
    return [
        [_number(header, f"cdelt{i}") * _number(header, f"pc{i}_{j}", float(i == j)) for j in axes]
        for i in axes
    ]


def _polynomial(header: Mapping[str, Any], letter: str) -> np.ndarray | None:
    """Return the coefficients of one of the polynomials of SIP, by the powers of u and v."""
    order = header.get(f"{letter}_order")
    if order is None:
        return None
    if type(order) is not int or not 0 <= order <= _HIGHEST_ORDER:
        raise FileError(f"{letter.upper()}_ORDER is {order!r}")
    coefficients = np.zeros((order + 1, order + 1))
    for p in range(order + 1):
        for q in range(order + 1 - p):
            coefficients[p, q] = _number(header, f"{letter}_{p}_{q}", 0.0)
    return coefficients


def _size(header: Mapping[str, Any]) -> tuple[int, int]:
    """Return columns and rows of an image; an image of one value everywhere has no axes."""
    names = ("npix1", "npix2") if header.get("naxis") == 0 else ("naxis1", "naxis2")
    sizes = tuple(header.get(name) for name in names)
    if not all(type(size) is int and size > 0 for size in sizes):
        raise FileError(f"{names[0].upper()}, {names[1].upper()} are {sizes[0]!r}, {sizes[1]!r}")
    return sizes


def _border(size: tuple[int, int], parts: int) -> np.ndarray:
    """Return points around an image, each side in equal parts; pixels, the first at 1."""
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    steps = np.arange(parts)[:, np.newaxis] / parts
    sides = [a + steps * (b - a) for a, b in zip(corners, np.roll(corners, -1, 0), strict=True)]
    return np.concatenate(sides) * size + 0.5


def _check(ring: np.ndarray, parts: int) -> None:
    """Raise FileError if an outline is not that of a chip, a quadrangle nearly."""
    if not np.isfinite(ring).all():
        raise FileError("its WCS leads to no place on the sky")
    corners = _on_a_plane(ring).reshape(4, parts)
    sides = np.roll(corners[:, 0], -1) - corners[:, 0]
    lengths = np.abs(sides)
    shortest, longest = np.degrees([lengths.min(), lengths.max()])
    if not _SHORTEST <= shortest <= longest <= _LONGEST:
        raise FileError(f"by its WCS it has sides of {shortest:.3g} to {longest:.3g} degrees")
    directions = sides / lengths
    turns = (np.roll(directions, -1) / directions).imag
    if not (turns.min() >= _SMALLEST_SINE or turns.max() <= -_SMALLEST_SINE):
        raise FileError("by its WCS it is no quadrangle")
    # Along each side from 0 to 1, and across.
    points = np.column_stack([corners, np.roll(corners[:, 0], -1)])
    places = (points - corners[:, :1]) / sides[:, np.newaxis]
    bends = np.abs(places.imag) * lengths[:, np.newaxis]
    if np.diff(places.real).min() * parts < _SHORTEST_PART or bends.max() > _BEND * lengths.min():
        raise FileError("by its WCS it is bent more than any camera's")


def _on_a_plane(ring: np.ndarray) -> np.ndarray:
    """Return points of a small part of the sky as complex numbers: radians, north is imaginary.

    Raise FileError if the part is not small.
    """
    longitude, latitude = np.radians(ring.T)
    vectors = _vectors(longitude, latitude)
    offsets = vectors - vectors[0]
    if np.abs(offsets).max() > np.radians(2 * _LONGEST):
        raise FileError(f"by its WCS it is wider than {_LONGEST} degrees")
    north = _vectors(longitude[0], latitude[0] + math.pi / 2)
    return offsets @ np.cross(north, vectors[0]) + 1j * (offsets @ north)


def _vectors(longitude: Any, latitude: Any) -> np.ndarray:
    """Return directions as unit vectors, along the last axis."""
    level = np.cos(latitude)
    return np.stack(
        [level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)], axis=-1
    )


def _number(header: Mapping[str, Any], name: str, default: float | None = None) -> float:
    value = header.get(name)
    if value is None and default is not None:
        return default
    if type(value) not in (int, float) or not math.isfinite(value):
        raise FileError(f"{name.upper()} is {value!r}")
    return float(value)


def _text(header: Mapping[str, Any], name: str) -> str:
    value = header.get(name)
    return value.strip() if isinstance(value, str) else ""
