"""What a user can ask, as values: these few conditions, and nothing of texts or databases.

Python keywords, the command line and the addresses of the site all end in them; `acsql.query`
checks them by the specs, `acsql.language` reads and writes them as text, and only the store
knows how a database is asked.  A keyword that is null, absent or blank has no value: it meets
no comparison, so it meets the negation of every one.  One that has many values, as the lines of
HISTORY or the blocks of a drizzled product, meets a comparison if one of them does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Equals:
    """The keyword has this value."""

    keyword: str
    value: Any


@dataclass(frozen=True)
class AnyOf:
    """The keyword has one of these values."""

    keyword: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Between:
    """The keyword lies in a range; None leaves an end open, and `*_inclusive` closes it.

    Without any end it is `Exists`.
    """

    keyword: str
    low: Any = None
    high: Any = None
    low_inclusive: bool = True
    high_inclusive: bool = True


@dataclass(frozen=True)
class Like:
    """The text of the keyword matches a pattern with ``*`` (any text) and ``?`` (one)."""

    keyword: str
    pattern: str


@dataclass(frozen=True)
class Exists:
    """The keyword has a value: it is not null, not absent and no blank text."""

    keyword: str


@dataclass(frozen=True)
class Within:
    """The target lies within a radius of a position.

    Parameters
    ----------
    ra, dec : float
        The position in degrees, J2000; `ra` may also run from -180 to 180.
    radius : float
        In degrees, at most 90; a text like ``"30 arcsec"`` or an astropy Quantity will do.
    """

    ra: Any
    dec: Any
    radius: Any


@dataclass(frozen=True)
class Covers:
    """The image covers a position, by the footprint of its chips.

    Parameters
    ----------
    ra, dec : float
        The position in degrees, J2000; `ra` may also run from -180 to 180.
    """

    ra: Any
    dec: Any


@dataclass(frozen=True)
class Overlaps:
    """The image has some sky in common with that of another observation, or is the same.

    Parameters
    ----------
    rootname : str
        The other observation.
    footprint : mapping, optional
        Its footprint as a GeoJSON geometry; the archive looks it up.
    """

    rootname: str
    footprint: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Not:
    """The condition does not hold."""

    condition: "Condition"


@dataclass(frozen=True)
class And:
    """All of the conditions hold; without any, everything does."""

    conditions: tuple["Condition", ...] = ()


@dataclass(frozen=True)
class Or:
    """At least one of the conditions holds; without any, nothing does."""

    conditions: tuple["Condition", ...]


KeywordCondition = Equals | AnyOf | Between | Like | Exists
SkyCondition = Within | Covers | Overlaps
Condition = KeywordCondition | SkyCondition | Not | And | Or


def leaves(condition: Condition) -> Iterator[tuple[Any, int]]:
    """Yield each condition that holds no others, with the depth at which it stands.

    A stack takes the place of recursion, because nobody has looked yet how deep a user went.
    """
    stack = [(condition, 1)]
    while stack:
        found, depth = stack.pop()
        match found:
            case Not(inner):
                stack.append((inner, depth + 1))
            case And(()) | Or(()):
                yield found, depth
            case And(conditions) | Or(conditions):
                stack.extend((part, depth + 1) for part in reversed(conditions))
            case _:
                yield found, depth
