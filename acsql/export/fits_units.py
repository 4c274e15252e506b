"""Units as FITS has them, for the export format and for astropy's own writer.

The headers count electrons, which FITS does not know: readers would warn of each such column.
"""

import math

from astropy import units

# Equivalents in FITS standard 4.0, tables 3 and 5: a detected electron is a count, a DN a step of
# the analogue-to-digital converter.
_EQUIVALENTS = {"electron": "count", "DN": "adu"}


def fits_unit(unit: units.UnitBase | None) -> str | None:
    """Return a unit in the spelling of FITS.

    Parameters
    ----------
    unit : astropy.units.UnitBase or None
        The unit of a column.

    Returns
    -------
    str or None
        With ``count`` for electrons and ``adu`` for DN; None if FITS has no such unit.
    """
    if unit is None or isinstance(unit, units.UnrecognizedUnit):
        return None
    powers = zip(unit.bases, unit.powers, strict=True)
    factors = (units.Unit(_EQUIVALENTS.get(base.name, base)) ** power for base, power in powers)
    try:
        return str(math.prod(factors, start=units.Unit(unit.scale)).to_string("fits"))
    except ValueError:
        return None


def fits_description(unit: str | None, description: str) -> str:
    """Return the description of a column, after its unit in brackets if FITS has another one.

    Parameters
    ----------
    unit : str or None
        The unit of the column.
    description : str
        The meaning of its values.

    Returns
    -------
    str
        Such as ``[electron / s] dark current``.
    """
    if not unit:
        return description
    known = units.Unit(unit, parse_strict="silent")
    written = fits_unit(known)
    if written and units.Unit(written) == known:
        return description
    return f"[{unit}] {description}".strip()
