"""Conditions as Python keywords: ``targname="NGC*"``, ``exptime=(100, None)``."""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import numpy as np

from ..errors import QueryError
from .coerce import shown
from .conditions import Between, Condition, Exists, Like, Not
from .normalize import MAX_VALUES
from .parser import either

_WILDCARD = re.compile(r"[*?]")


def from_keywords(keywords: Mapping[str, Any]) -> list[Condition]:
    """Return the conditions that Python keywords state.

    A tuple of two is a range (None leaves an end open), another collection is any of its
    values, a text with ``*`` or ``?`` is a pattern, None says that the keyword has no value,
    anything else is equality.

    Raises
    ------
    QueryError
        If a range is not one of two ends, or a value is a mapping.
    """
    return [_from_keyword(keyword, value) for keyword, value in keywords.items()]


def _from_keyword(keyword: str, value: Any) -> Condition:
    if isinstance(value, tuple):
        if len(value) != 2:
            raise QueryError(f"{keyword}: a range is a tuple of two, not of {len(value)}")
        return Between(keyword, *value)
    return one_of(keyword, value if _is_collection(value) else [value])


def _is_collection(value: Any) -> bool:
    # Scalars of numpy and astropy can be iterated over by their type and not in truth.
    scalar = getattr(value, "isscalar", getattr(value, "shape", None) == ())
    return (
        isinstance(value, Iterable)
        and not scalar
        and not isinstance(value, str | bytes | bytearray | Mapping)
    )


def one_of(keyword: str, values: Iterable[Any]) -> Condition:
    """Return the condition that a keyword has one of some values or matches one of them.

    None, and what a table masks, says that the keyword has no value.
    """
    plain: list[Any] = []
    others: list[Condition] = []
    for value in islice(values, MAX_VALUES + 1):
        if value is None or value is np.ma.masked:
            others.append(Not(Exists(keyword)))
        elif isinstance(value, str) and _WILDCARD.search(value):
            others.append(Like(keyword, str(value)))
        elif isinstance(value, Mapping | tuple) or _is_collection(value):
            raise QueryError(f"{keyword}: expected one value, not {shown(value)}")
        else:
            plain.append(value.item() if type(value) is np.ndarray else value)
    return either(keyword, plain, list(dict.fromkeys(others)))
