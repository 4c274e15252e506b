"""Keyword values for monitors: numbers, texts, and the name of the filter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...observation import Observation


def number(header: Mapping[str, Any], name: str) -> float | None:
    """Return a number of a header, None without one.

    Parameters
    ----------
    header : mapping
        A stored header; real ones have texts in place of some numbers.
    name : str
        The keyword.
    """
    value = header.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def text(header: Mapping[str, Any], name: str) -> str | None:
    """Return a text of a header without blanks around it, None without one.

    Parameters
    ----------
    header : mapping
        A stored header.
    name : str
        The keyword.
    """
    value = header.get(name)
    return value.strip() or None if isinstance(value, str) else None


def filter_name(observation: Observation) -> str:
    """Return the filters of both wheels that are not clear, joined.

    Parameters
    ----------
    observation : Observation
        The observation.

    Returns
    -------
    str
        Such as ``F606W``, or ``F606W POL0V``; ``CLEAR`` if both wheels are.
    """
    names = [text(observation, name) for name in ("filter1", "filter2")]
    shaping = [name for name in names if name and name != "N/A" and not name.startswith("CLEAR")]
    return " ".join(shaping) or "CLEAR"
