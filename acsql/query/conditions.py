"""Conditions: the values that every search of the archive is made of.

Python keywords, the query language and the forms of the site all end in these few classes, which
know neither texts nor databases: `acsql.query.prepare` checks them against the keyword specs, and
only `acsql.store.filters` translates them for MongoDB.

A keyword that is null, absent or blank has no value: it meets no comparison, so it meets the
negation of every comparison.  A keyword with several values, such as the lines of HISTORY or the
blocks of a drizzled product, meets a comparison if one of its values does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class Condition:
    """Base class of all conditions, which combine with ``&``, ``|`` and ``~``.

    Combinations are flat: ``a & b & c`` is one `And` of three conditions, and ``~~a`` is ``a``.
    Python's ``and``, ``or`` and ``not`` do not combine conditions.

    Examples
    --------
    >>> from acsql.query import Equals, Like, format_condition
    >>> format_condition(Equals("detector", "WFC") & ~Like("targname", "NGC*"))
    'detector=WFC targname!=NGC*'
    >>> format_condition(Equals("filter1", "F606W") | Equals("filter2", "F606W"))
    'filter1=F606W or filter2=F606W'
    """

    def __and__(self, other: Condition) -> Condition:
        """Return the condition that both conditions hold."""
        return join(And, (self, other)) if isinstance(other, Condition) else NotImplemented

    def __or__(self, other: Condition) -> Condition:
        """Return the condition that at least one of the conditions holds."""
        return join(Or, (self, other)) if isinstance(other, Condition) else NotImplemented

    def __invert__(self) -> Condition:
        """Return the condition that this one does not hold."""
        return self.condition if isinstance(self, Not) else Not(self)


@dataclass(frozen=True)
class KeywordCondition(Condition):
    """Base class of the conditions on a keyword.

    Attributes
    ----------
    keyword : str
        Address of the keyword: ``exptime``, ``flt.1.goodmean``.
    """

    keyword: str


@dataclass(frozen=True)
class Equals(KeywordCondition):
    """The keyword has this value.

    Attributes
    ----------
    keyword : str
        Address of the keyword.
    value : object
        A value of the keyword's type, or a text that states one.  Texts ignore case, except
        `Exact`.
    spellings : tuple of str, optional
        The stored texts that equal the value; the archive looks them up.
    """

    value: Any
    spellings: tuple[str, ...] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class AnyOf(KeywordCondition):
    """The keyword has one of these values.

    Attributes
    ----------
    keyword : str
        Address of the keyword.
    values : tuple
        Values as in `Equals`; of an empty tuple no observation has one.
    spellings : tuple of str, optional
        As in `Equals`.
    """

    values: tuple[Any, ...]
    spellings: tuple[str, ...] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Between(KeywordCondition):
    """The keyword lies in a range; without any end it is `Exists`.

    Attributes
    ----------
    keyword : str
        Address of the keyword.
    low, high : object, optional
        Ends of the range, as the value of `Equals`; None leaves an end open.
    low_inclusive, high_inclusive : bool
        Whether the range includes its ends.
    """

    low: Any = None
    high: Any = None
    low_inclusive: bool = True
    high_inclusive: bool = True


@dataclass(frozen=True)
class Like(KeywordCondition):
    """The text of the keyword matches a pattern; only a pattern that is `Exact` heeds case.

    Attributes
    ----------
    keyword : str
        Address of the keyword.
    pattern : str
        ``*`` stands for any text and ``?`` for one character.
    spellings : tuple of str, optional
        The stored texts that match the pattern, if they are few; the archive looks them up.
    """

    pattern: str
    spellings: tuple[str, ...] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Exists(KeywordCondition):
    """The keyword has a value: it is not null, absent or a blank text.

    Attributes
    ----------
    keyword : str
        Address of the keyword.
    """


@dataclass(frozen=True)
class Among(KeywordCondition):
    """The observation is one of these, of which there can be many.

    Conditions on annotations become it when a search runs.

    Attributes
    ----------
    keyword : str
        ``rootname``.
    rootnames : collection of str
        The observations; to look one up is fast in a dictionary or a set.
    """

    rootnames: Collection[str] = field(repr=False)


class SkyCondition(Condition):
    """Base class of the conditions on the sky."""


@dataclass(frozen=True)
class Within(SkyCondition):
    """The target lies within a radius of a position.

    Attributes
    ----------
    ra, dec : float, str or Quantity
        Position in degrees (J2000); `ra` is taken modulo 360.  Sexagesimal texts are in hours
        and degrees.  If `dec` is None, `ra` is the whole position: a SkyCoord or a text.
    radius : float, str or Quantity
        Radius in degrees, at most 180; texts such as ``"30 arcsec"`` state their unit.
    """

    ra: Any
    dec: Any
    radius: Any


@dataclass(frozen=True)
class Covers(SkyCondition):
    """The footprint of the observation contains a position.

    Attributes
    ----------
    ra, dec : float, str or Quantity
        Position in degrees (J2000), as in `Within`.
    """

    ra: Any
    dec: Any


@dataclass(frozen=True)
class Overlaps(SkyCondition):
    """The footprint of the observation overlaps that of another one, or is the same.

    Attributes
    ----------
    rootname : str
        The other observation.
    footprint : mapping, optional
        Its footprint as a GeoJSON geometry; the archive looks it up.
    """

    rootname: str
    footprint: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Not(Condition):
    """The condition does not hold.

    Attributes
    ----------
    condition : Condition
        The condition to negate.
    """

    condition: Condition


@dataclass(frozen=True)
class And(Condition):
    """All of the conditions hold; an empty `And` matches every observation.

    Attributes
    ----------
    conditions : tuple of Condition
        The conditions to combine.
    """

    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Or(Condition):
    """At least one of the conditions holds; an empty `Or` matches no observation.

    Attributes
    ----------
    conditions : tuple of Condition
        The conditions to combine.
    """

    conditions: tuple[Condition, ...]


def join(kind: type[And] | type[Or], conditions: Iterable[Condition]) -> Condition:
    """Return conditions as one flat `And` or `Or`.

    Parameters
    ----------
    kind : {And, Or}
        The class of the combination.
    conditions : iterable of Condition
        The parts; a part that is itself of this kind is replaced by its own parts.

    Returns
    -------
    Condition
        A single condition stays as it is.
    """
    parts: list[Condition] = []
    for condition in conditions:
        parts.extend(condition.conditions if isinstance(condition, kind) else (condition,))
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


def leaves(condition: Condition) -> Iterator[tuple[Condition, int]]:
    """Yield the conditions that contain no others, with their depth.

    Parameters
    ----------
    condition : Condition
        Any condition, of any depth: conditions are not recursed into but kept on a stack,
        because this function is what checks the depth of user input.

    Yields
    ------
    leaf : Condition
        A condition on a keyword or on the sky, or an empty `And` or `Or`.
    depth : int
        1 for the condition itself.
    """
    stack = [(condition, 1)]
    while stack:
        current, depth = stack.pop()
        match current:
            case Not(inner):
                stack.append((inner, depth + 1))
            case And(()) | Or(()):
                yield current, depth
            case And(conditions) | Or(conditions):
                stack.extend((part, depth + 1) for part in reversed(conditions))
            case _:
                yield current, depth


def conjuncts(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions that must all hold for a condition to hold.

    Parameters
    ----------
    condition : Condition
        Any condition.

    Returns
    -------
    tuple of Condition
        The parts of an `And`; of any other condition itself alone.
    """
    return condition.conditions if isinstance(condition, And) else (condition,)


def with_leaves(condition: Condition, replacement: Callable[[Condition], Condition]) -> Condition:
    """Return a condition with other conditions in place of its leaves.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it, which has checked its depth.
    replacement : callable
        Returns the condition in place of a condition on a keyword or on the sky.

    Returns
    -------
    Condition
        Combined as before by `And`, `Or` and `Not`.
    """
    match condition:
        case And(parts) | Or(parts):
            return type(condition)(tuple(with_leaves(part, replacement) for part in parts))
        case Not(inner):
            return Not(with_leaves(inner, replacement))
    return replacement(condition)


def equals_any(keyword: str, values: Sequence[Any], alternatives: Sequence[Condition]) -> Condition:
    """Return the condition that a keyword has one of some values, or meets an alternative.

    Parameters
    ----------
    keyword : str
        Address of the keyword.
    values : sequence
        Values as in `Equals`.
    alternatives : sequence of Condition
        Ranges and patterns that stand in a list together with values.

    Returns
    -------
    Condition
        `Equals` or `AnyOf`, or an `Or` with the alternatives first.
    """
    parts = list(alternatives)
    if len(values) == 1:
        parts.append(Equals(keyword, values[0]))
    elif values or not parts:
        parts.append(AnyOf(keyword, tuple(values)))
    return parts[0] if len(parts) == 1 else Or(tuple(parts))
