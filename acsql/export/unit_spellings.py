"""Units in the spelling of FITS and of VOTables.

The headers count electrons, which neither knows: readers would warn of each such column.
"""

import math
from collections.abc import Callable

from astropy import units

# Equivalents in FITS standard 4.0, tables 3 and 5: a detected electron is a count, a DN a step of
# the analogue-to-digital converter.
_EQUIVALENTS = {"electron": "count", "DN": "adu"}
# Units of the headers that VOUnits deprecates, by others: clients that take warnings of astropy as
# errors cannot read them.
_NOT_DEPRECATED = {"Angstrom": "0.1 nm", "erg": "1e-7 J"}


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
    equivalent = _with_bases(unit, lambda base: units.Unit(_EQUIVALENTS.get(base.name, base)))
    try:
        return str(equivalent.to_string("fits"))
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


def votable_unit(unit: str | None) -> units.UnitBase | str | None:
    """Return a unit that astropy writes as VOUnits requires.

    Parameters
    ----------
    unit : str or None
        The unit of a column.

    Returns
    -------
    astropy.units.UnitBase, str or None
        Units that VOUnits does not know are quoted, ``'electron'.'DN'**-1``; of those that it
        deprecates, the ones of the headers are written by others, ``0.1nm`` for the Angstrom.  A
        text that is no unit stays as it is.
    """
    parsed = None if unit is None else units.Unit(unit, parse_strict="silent")
    if parsed is None or isinstance(parsed, units.UnrecognizedUnit):
        return unit
    return _with_bases(parsed, _valid)


def _with_bases(
    unit: units.UnitBase, replaced: Callable[[units.UnitBase], units.UnitBase]
) -> units.UnitBase:
    """Return a unit with another one in place of each of its bases."""
    powers = zip(unit.bases, unit.powers, strict=True)
    factors = (replaced(base) ** power for base, power in powers)
    return math.prod(factors, start=units.Unit(unit.scale))


def _valid(base: units.UnitBase) -> units.UnitBase:
    if base.name in _NOT_DEPRECATED:
        return units.Unit(_NOT_DEPRECATED[base.name])
    try:
        units.Unit(base.name, format="vounit")
    except ValueError:
        return units.Unit(f"'{base.name}'", format="vounit")
    return base
