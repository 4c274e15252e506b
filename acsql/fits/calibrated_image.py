"""Images of calibrated files as astropy objects: world coordinates with all distortions, CCDData.

`acsql.fits.wcs` has what footprints and the viewer need in a tenth of the time, without the
look-up tables of residual distortion; scripts measure positions with this.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS

from ..errors import FileError
from .image_data import read_image

if TYPE_CHECKING:
    from astropy.nddata import CCDData

# BUNIT as CALACS and AstroDrizzle write it (ACS Data Handbook, section 2.2), for astropy.units.
_UNITS = {
    "COUNTS": "count",
    "COUNTS/S": "count / s",
    "CPS": "count / s",
    "ELECTRONS": "electron",
    "ELECTRONS/S": "electron / s",
}


def full_wcs(hdus: fits.HDUList, filename: str, extname: str, extver: int) -> WCS:
    """Return the world coordinates of an extension with all distortions that the file has.

    Parameters
    ----------
    hdus : astropy.io.fits.HDUList
        The open file, in which the look-up tables of the distortion are.
    filename : str
        Its name, for messages.
    extname, extver : str, int
        The name and version of the extension.

    Returns
    -------
    astropy.wcs.WCS
        With SIP polynomials and the tables D2IM and NPOL, as far as the file has them.

    Raises
    ------
    FileError
        If there is no such extension, or its world coordinates cannot be used.
    """
    hdu = _extension(hdus, filename, extname, extver)
    try:
        with warnings.catch_warnings():
            # Of headers of the pipeline astropy warns that it mends the date of observation.
            warnings.simplefilter("ignore", AstropyWarning)
            wcs = WCS(hdu.header, fobj=hdus)
    except (ValueError, TypeError, KeyError, AssertionError) as error:
        reason = " ".join(str(error).split())
        raise FileError(f"{filename}[{extname},{extver}] has no usable WCS: {reason}") from error
    if not wcs.has_celestial:
        raise FileError(f"{filename}[{extname},{extver}] has no celestial WCS")
    return wcs


def read_ccddata(hdus: fits.HDUList, filename: str, extver: int) -> CCDData:
    """Return a science image with its errors, flags, unit and world coordinates.

    Parameters
    ----------
    hdus : astropy.io.fits.HDUList
        The open file.
    filename : str
        Its name, for messages.
    extver : int
        The version of the extensions SCI, ERR and DQ.

    Returns
    -------
    astropy.nddata.CCDData
        With the header of SCI; ``uncertainty`` from ERR, ``mask`` true where a flag of DQ is set,
        ``flags`` the flags themselves, ``unit`` from BUNIT and ``wcs`` as of `full_wcs`.  An
        attribute is None if the file lacks its source; without BUNIT the unit is dimensionless.

    Raises
    ------
    FileError
        If there is no such science image, or its unit is unknown.
    """
    from astropy.nddata import CCDData, StdDevUncertainty

    science = _extension(hdus, filename, "SCI", extver)
    pixels = read_image(science)
    if pixels is None:
        raise FileError(f"{filename}[SCI,{extver}] has no image")
    errors, flags = (_pixels(hdus, name, extver) for name in ("ERR", "DQ"))
    return CCDData(
        pixels,
        uncertainty=None if errors is None else StdDevUncertainty(errors),
        mask=None if flags is None else flags != 0,
        flags=flags,
        unit=_unit(science.header.get("BUNIT"), filename),
        wcs=_wcs_if_any(hdus, filename, extver),
        meta=science.header.copy(),
    )


def _extension(hdus: fits.HDUList, filename: str, extname: str, extver: int) -> Any:
    try:
        return hdus[extname, extver]
    except KeyError as error:
        existing = ", ".join(f"{hdu.name},{hdu.ver}" for hdu in hdus[1:])
        raise FileError(
            f"there is no {filename}[{extname},{extver}]; the file has {existing}"
        ) from error


def _pixels(hdus: fits.HDUList, extname: str, extver: int) -> Any:
    return read_image(hdus[extname, extver]) if (extname, extver) in hdus else None


def _wcs_if_any(hdus: fits.HDUList, filename: str, extver: int) -> WCS | None:
    """Return the world coordinates; None for an image of the inside of the instrument."""
    has_any = "CTYPE1" in hdus["SCI", extver].header
    return full_wcs(hdus, filename, "SCI", extver) if has_any else None


def _unit(text: Any, filename: str) -> str:
    """Return BUNIT as astropy writes units."""
    if not isinstance(text, str) or not text.strip():
        return ""
    try:
        return _UNITS[text.strip().upper()]
    except KeyError as error:
        raise FileError(f"{filename}: BUNIT is {text!r}, not {', '.join(_UNITS)}") from error
