"""World coordinates of an image: the tangent projection and SIP distortion that a header describes.

One parser serves footprints, which need all of astropy's WCS, and the viewer, which needs a few
numbers that JavaScript can compute with.  It takes headers as MongoDB stores them and as astropy
reads them, because both return values for lower-case keywords.  Only what ACS images use is
supported: TAN projections (Calabretta and Greisen 2002, A&A 395, 1077) with the SIP convention
(Shupe et al. 2005, ASPC 347, 491).  The look-up tables of residual distortion (D2IM, NPOL), of
less than 0.2 pixels, are ignored.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from astropy.wcs import WCS, Sip

from ..errors import FileError

FloatArray = npt.NDArray[np.float64]
Pair = tuple[float, float]

_DISTORTED = ("RA---TAN-SIP", "DEC--TAN-SIP")
_UNDISTORTED = ("RA---TAN", "DEC--TAN")
_TANGENT = {*_UNDISTORTED, *_DISTORTED}
# Limit of the SIP convention (Shupe et al. 2005, section 2).
_HIGHEST_ORDER = 9
# The default of LONPOLE for tangent projections, in degrees (Calabretta and Greisen 2002, 2.2).
_LONPOLE = 180.0
_AXES = (1, 2)


@dataclass(frozen=True)
class TangentWCS:
    """Celestial world coordinates of an image in a tangent projection.

    Attributes
    ----------
    ctype : tuple of str
        CTYPE1 and CTYPE2.
    crpix : tuple of float
        Reference pixel; the first pixel is 1.
    crval : tuple of float
        Right ascension and declination of the reference pixel, in degrees.
    cd : tuple of tuple of float
        Linear transformation in degrees per pixel.
    lonpole, latpole : float or None
        Native and celestial pole in degrees, None for the default.
    a, b : numpy.ndarray of float64, shape (order + 1, order + 1), or None
        SIP coefficients of the two axes by the powers of u and v, None if the header has none.
    """

    ctype: tuple[str, str]
    crpix: Pair
    crval: Pair
    cd: tuple[Pair, Pair]
    lonpole: float | None = None
    latpole: float | None = None
    a: FloatArray | None = None
    b: FloatArray | None = None

    def to_astropy(self) -> WCS:
        """Return the same transformation as an astropy WCS.

        Astropy's own way from a header takes ten times as long.

        Raises
        ------
        ValueError
            If wcslib or astropy rejects the values; wcslib's errors derive from it.
        """
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = list(self.ctype)
        wcs.wcs.crval = list(self.crval)
        wcs.wcs.crpix = list(self.crpix)
        wcs.wcs.cd = [list(row) for row in self.cd]
        if self.lonpole is not None:
            wcs.wcs.lonpole = self.lonpole
        if self.latpole is not None:
            wcs.wcs.latpole = self.latpole
        if self.a is not None or self.b is not None:
            wcs.sip = Sip(self.a, self.b, None, None, wcs.wcs.crpix)
        return wcs

    def projection(self) -> dict[str, Any] | None:
        """Return the numbers from which the viewer computes sky coordinates, ready for JSON.

        Returns
        -------
        dict or None
            ``crpix``, ``crval`` (degrees), ``cd`` (degrees per pixel) and the SIP polynomials
            ``a`` and ``b`` as lists of (p, q, coefficient) without zeros.  None for what the
            viewer cannot compute: a rotated native pole, axes of two kinds, a singular matrix.
        """
        (cd11, cd12), (cd21, cd22) = self.cd
        if self.ctype not in (_UNDISTORTED, _DISTORTED) or cd11 * cd22 == cd12 * cd21:
            return None
        if self.lonpole not in (None, _LONPOLE):
            return None
        return {
            "crpix": list(self.crpix),
            "crval": list(self.crval),
            "cd": [list(row) for row in self.cd],
            "a": _terms(self.a),
            "b": _terms(self.b),
        }


def read_wcs(header: Mapping[str, Any]) -> TangentWCS | None:
    """Return the celestial WCS of an image header.

    Parameters
    ----------
    header : mapping
        A stored header, or an `astropy.io.fits.Header`.

    Returns
    -------
    TangentWCS or None
        None if the header has no WCS of right ascension and declination.

    Raises
    ------
    FileError
        If the WCS is incomplete, contradictory or not a tangent projection.
    """
    ctype = (_text(header, "ctype1"), _text(header, "ctype2"))
    if [text[:5] for text in ctype] != ["RA---", "DEC--"]:
        return None
    if not set(ctype) <= _TANGENT:
        raise FileError(f"CTYPE is {' and '.join(ctype)}, not a tangent projection")
    for axis in _AXES:
        if _text(header, f"cunit{axis}") not in ("", "deg"):
            raise FileError(f"CUNIT{axis} is {header[f'cunit{axis}']!r}, not 'deg'")
    distorted = ctype[0] == _DISTORTED[0]
    return TangentWCS(
        ctype,
        crpix=(_number(header, "crpix1"), _number(header, "crpix2")),
        crval=(_number(header, "crval1"), _number(header, "crval2")),
        cd=_matrix(header),
        lonpole=_pole(header, "lonpole"),
        latpole=_pole(header, "latpole"),
        a=_polynomial(header, "a") if distorted else None,
        b=_polynomial(header, "b") if distorted else None,
    )


def read_usable_wcs(header: Mapping[str, Any]) -> TangentWCS | None:
    """Return the celestial WCS of an image header, None also for one that `read_wcs` rejects.

    The viewer shows the pixels of such an image without coordinates.

    Parameters
    ----------
    header : mapping
        As in `read_wcs`.
    """
    try:
        return read_wcs(header)
    except FileError:
        return None


def _matrix(header: Mapping[str, Any]) -> tuple[Pair, Pair]:
    """Return degrees per pixel (Greisen and Calabretta 2002, A&A 395, 1061, section 2.1)."""
    if any(f"cd{i}_{j}" in header for i in _AXES for j in _AXES):
        first, second = (
            (_number(header, f"cd{i}_1", 0.0), _number(header, f"cd{i}_2", 0.0)) for i in _AXES
        )
        return first, second
    first, second = (
        (
            _number(header, f"cdelt{i}") * _number(header, f"pc{i}_1", float(i == 1)),
            _number(header, f"cdelt{i}") * _number(header, f"pc{i}_2", float(i == 2)),
        )
        for i in _AXES
    )
    return first, second


def _polynomial(header: Mapping[str, Any], letter: str) -> FloatArray | None:
    """Return the SIP coefficients of one axis by the powers of u and v."""
    order = header.get(f"{letter}_order")
    if order is None:
        return None
    if type(order) is not int or not 0 <= order <= _HIGHEST_ORDER:
        raise FileError(f"{letter.upper()}_ORDER is {order!r}, not 0 to {_HIGHEST_ORDER}")
    coefficients = np.zeros((order + 1, order + 1))
    for p in range(order + 1):
        for q in range(order + 1 - p):
            coefficients[p, q] = _number(header, f"{letter}_{p}_{q}", 0.0)
    return coefficients


def _terms(coefficients: FloatArray | None) -> list[tuple[int, int, float]]:
    """Return the terms of a polynomial that are not zero as (p, q, coefficient)."""
    if coefficients is None:
        return []
    return [(p, q, float(c)) for (p, q), c in np.ndenumerate(coefficients) if c != 0]


def _pole(header: Mapping[str, Any], name: str) -> float | None:
    return None if header.get(name) is None else _number(header, name)


def _number(header: Mapping[str, Any], name: str, default: float | None = None) -> float:
    """Return a finite number; `default` replaces a value that is missing or undefined."""
    value = header.get(name)
    if value is None and default is not None:
        return default
    # bool is an int to isinstance.
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise FileError(f"{name.upper()} is {value!r}, not a number")


def _text(header: Mapping[str, Any], name: str) -> str:
    value = header.get(name)
    return value.strip() if isinstance(value, str) else ""
