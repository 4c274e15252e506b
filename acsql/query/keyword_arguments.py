"""Conditions as Python keyword arguments: ``targname="NGC*"``, ``exptime=(100, None)``.

Three arguments name no keyword but conditions on the sky, as the query language writes them:
``near``, ``covers`` and ``overlaps``.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from ..errors import QueryError
from .conditions import (
    Between,
    Condition,
    Covers,
    Exists,
    Like,
    Not,
    Overlaps,
    Within,
    equals_any,
)
from .messages import abbreviate
from .normalize import most_values
from .texts import Exact

_WILDCARD = re.compile(r"[*?]")


def from_keywords(keywords: Mapping[str, Any]) -> list[Condition]:
    """Return the conditions that Python keyword arguments state.

    Parameters
    ----------
    keywords : mapping
        Values by keyword.  A tuple of two is a range (None leaves an end open), another
        collection is any of its values, a text with ``*`` or ``?`` is a pattern, None means
        that the keyword has no value; anything else is equality.  ``near`` is a pair of a
        position and a radius, ``covers`` a position, ``overlaps`` a rootname; a position is a
        SkyCoord, a text, or a pair of right ascension and declination.

    Returns
    -------
    list of Condition
        One condition for each keyword, for `acsql.query.prepare` to check.

    Raises
    ------
    QueryError
        If a range has not two ends, ``near`` is no pair, or a value is a mapping.
    """
    return [_from_keyword(keyword, value) for keyword, value in keywords.items()]


def _from_keyword(keyword: str, value: Any) -> Condition:
    match keyword, value:
        case "near", (position, radius):
            return Within(position, None, radius)
        case "near", _:
            raise QueryError(
                f"near: expected a position and a radius, such as ('6.02 -72.08', '5arcmin'), "
                f"not {abbreviate(value)}"
            )
        case "covers", _:
            return Covers(value, None)
        case "overlaps", _:
            return Overlaps(value)
    if isinstance(value, tuple):
        if len(value) != 2:
            raise QueryError(f"{keyword}: a range is a tuple of two, not of {len(value)}")
        return Between(keyword, *value)
    return one_of(keyword, value if _is_collection(value) else [value])


def _is_collection(value: Any) -> bool:
    # Scalars of numpy and astropy have the methods of collections, and fail when iterated over.
    is_scalar = getattr(value, "isscalar", getattr(value, "shape", None) == ())
    return (
        isinstance(value, Iterable)
        and not is_scalar
        and not isinstance(value, str | bytes | bytearray | Mapping)
    )


def one_of(keyword: str, values: Iterable[Any]) -> Condition:
    """Return the condition that a keyword has one of some values or matches one of them.

    Parameters
    ----------
    keyword : str
        Address of the keyword.
    values : iterable
        Values, and texts with wildcards; None and masked values mean that the keyword has no
        value.

    Raises
    ------
    QueryError
        If a value is itself a collection.
    """
    plain: list[Any] = []
    alternatives: list[Condition] = []
    for value in map(_unwrap, islice(values, most_values(keyword) + 1)):
        if value is None:
            alternatives.append(Not(Exists(keyword)))
        elif isinstance(value, str) and _WILDCARD.search(value):
            alternatives.append(Like(keyword, value if isinstance(value, Exact) else str(value)))
        elif isinstance(value, Mapping | tuple) or _is_collection(value):
            raise QueryError(f"{keyword}: expected one value, not {abbreviate(value)}")
        else:
            plain.append(value)
    return equals_any(keyword, plain, list(dict.fromkeys(alternatives)))


def _unwrap(value: Any) -> Any:
    """Return None for a masked value, and the value in an array without dimensions."""
    if not hasattr(value, "shape"):  # all values of numpy and astropy have one
        return value
    from . import astropy_values

    return astropy_values.unwrap(value)
