"""Keywords of alternate WCS: ``CRVAL1A`` is ``CRVAL1`` of the alternate WCS ``A``.

A header can have 26 of them (FITS standard 4.0, section 8.2.1), too many for a list; the spec of a
keyword applies to all its alternates.
"""

import re

# FITS 4.0, table 22, of images; the last line is written by STWCS beside them.
_ALTERNATE = re.compile(
    r"""
    ( WCSAXES | WCSNAME | (?:CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CRDER|CSYER)[12] | (?:CD|PC)[12]_[12]
    | LONPOLE | LATPOLE | RADESYS | EQUINOX | RESTFRQ | RESTWAV
    | HDRNAME | WCSTYPE | FITNAME | FITGEOM | CATALOG | RMS_RA | RMS_DEC
    ) ([A-Z])
    """,
    re.VERBOSE | re.ASCII,
)


def primary_keyword(keyword: str) -> str | None:
    """Return the keyword of the primary WCS for one of an alternate WCS.

    Parameters
    ----------
    keyword : str
        In FITS spelling.

    Returns
    -------
    str or None
        ``CRVAL1`` for ``CRVAL1A``; None for any other keyword.
    """
    match = _ALTERNATE.fullmatch(keyword)
    return match[1] if match else None
