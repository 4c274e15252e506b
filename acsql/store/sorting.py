"""Order of rows, and of values: total orders, the rows after a cursor, the most frequent first."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, total_ordering
from typing import Any, NamedTuple, Self

from ..keywords import KeywordSpecs
from ..query import Between, Condition, Like, conjuncts
from .fields import field_path
from .schema import TIE_BREAKERS

# How MongoDB sorts values of different types (manual, "Comparison/Sort Order"), which a keyword
# with type mismatches has; null and missing values come before all of them.
_SORTED_TYPES: dict[str, type | tuple[type, ...]] = {
    "number": (int, float),
    "string": str,
    "object": dict,
    "array": list,
    "bool": bool,
    "date": datetime,
}
# MongoDB sorts an array by one of its values.
_SINGLE_TYPES = [name for name in _SORTED_TYPES if name != "array"]
_UNKNOWN = (None, "")


class SortKey(NamedTuple):
    """One key of an order: a keyword address, ascending or descending."""

    address: str
    descending: bool = False


def default_order(condition: Condition, specs: KeywordSpecs) -> list[SortKey]:
    """Return the order of a search that names none.

    The first keyword with a range or a pattern decides, because one index then finds and sorts;
    sorted by time, the server would read every document before the range.

    Parameters
    ----------
    condition : Condition
        The condition of the search.
    specs : KeywordSpecs
        The specs, which have the indexed keywords.

    Returns
    -------
    list of SortKey
        By the start of the exposure if the condition has no range on an indexed keyword.
    """
    parts = conjuncts(condition)
    ranges = (part.keyword for part in parts if isinstance(part, Between | Like))
    sortable = {"rootname", *specs.indexed}
    return [SortKey(next((name for name in ranges if name in sortable), "expstart"))]


def total_order(order: Sequence[SortKey]) -> list[SortKey]:
    """Return an order in which no two rows are equal: ties are broken by time, then rootname.

    Parameters
    ----------
    order : sequence of SortKey
        Any order.

    Returns
    -------
    list of SortKey
        Tie breakers have the direction of the last key, so one index serves all keys, read
        forwards or backwards.
    """
    keys = list(order)
    descending = bool(keys) and keys[-1].descending
    for tie_breaker in TIE_BREAKERS:
        if any(key.address == "rootname" for key in keys):
            break
        if all(key.address != tie_breaker for key in keys):
            keys.append(SortKey(tie_breaker, descending))
    return keys


def reversed_order(order: Sequence[SortKey]) -> list[SortKey]:
    """Return the total order that is the reverse of `total_order`."""
    return [SortKey(key.address, not key.descending) for key in total_order(order)]


def cursor_values(row: Mapping[str, Any], order: Sequence[SortKey]) -> list[Any]:
    """Return the position of a row in an order, from which a search can continue.

    Parameters
    ----------
    row : mapping
        A row that `acsql.store.queries.find` yielded in this order.
    order : sequence of SortKey
        The order.

    Returns
    -------
    list
        The values of the keys of `total_order`; of a list, the value by which MongoDB sorts.
    """
    return [_sorted_by(row[key.address], key) for key in total_order(order)]


def _sorted_by(value: Any, key: SortKey) -> Any:
    """Return the value by which MongoDB sorts a row: of a list the lowest or the highest."""
    if not isinstance(value, list):
        return value
    return (max if key.descending else min)(value, key=order_key, default=None)


def sort_document(order: Sequence[SortKey]) -> dict[str, int]:
    """Return an order as MongoDB takes it: fields to 1 (ascending) or -1 (descending)."""
    return {field_path(key.address): -1 if key.descending else 1 for key in order}


def rows_after(order: Sequence[SortKey], cursor: Sequence[Any]) -> dict[str, Any]:
    """Return the filter for the rows that come after a cursor.

    Parameters
    ----------
    order : sequence of SortKey
        A total order.
    cursor : sequence
        The `cursor_values` of the last row seen.

    Returns
    -------
    dict
        A MongoDB filter.
    """
    if order[0].address == TIE_BREAKERS[0] and cursor[0] is not None:
        return _exposures_after(order, cursor)
    choices: list[dict[str, Any]] = []
    equal: list[dict[str, Any]] = []
    for key, value in zip(order, cursor, strict=True):
        after, same = _after_and_same(field_path(key.address), key, value)
        choices += [{"$and": [*equal, after]}] if after else []
        equal += same
    return {"$or": choices}


def _exposures_after(order: Sequence[SortKey], cursor: Sequence[Any]) -> dict[str, Any]:
    """Return the filter of `rows_after` in the order of the exposures.

    Hardly any exposures begin at the same time, so one range of an index has the rows and few
    others.  Of alternatives the server would try a dozen plans, and read thousands of keys by some.
    """
    (key, *others), (value, *rest) = order, cursor
    field = field_path(key.address)
    since = {"$not": {"$gt": value}} if key.descending else {"$gte": value}
    not_after = {"$nor": [rows_after(others, rest)]}
    return {"$and": [{field: since}, {"$nor": [{"$and": [{field: {"$eq": value}}, not_after]}]}]}


def _after_and_same(
    field: str, key: SortKey, value: Any
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return filters for the values that are sorted after a value, and as equal to it.

    Null and missing come before all values.
    """
    same = {field: {"$eq": value}}
    if "." in key.address:
        # A keyword in a header can have several values, and the first of them in the order decides:
        # a row comes later if none of its values comes earlier or is equal.
        earlier = _values_before(field, key, value)
        return {"$nor": [*earlier, same]}, [same, *([{"$nor": earlier}] if earlier else [])]
    # A top-level value has the type of its spec.  A separate condition on null would keep the
    # server from merging the rows in their order.
    if value is None:
        return (None if key.descending else {field: {"$ne": None}}), [same]
    return {field: {"$not": {"$gte": value}} if key.descending else {"$gt": value}}, [same]


def _values_before(field: str, key: SortKey, value: Any) -> list[dict[str, Any]]:
    """Return filters for the values of a header that are sorted before a value.

    A type mismatch is stored as read, and a number can be NaN.
    """
    if value is None:
        return [{field: {"$type": _SINGLE_TYPES}}] if key.descending else []
    filters: list[dict[str, Any]] = [
        {field: bound} for bound in _bounds_before(value, key.descending)
    ]
    if types := _types_before(value, key.descending):
        filters.append({field: {"$type": types}})
    if not key.descending:
        filters.append({field: {"$eq": None}})
    return filters


def _bounds_before(value: Any, descending: bool) -> list[dict[str, Any]]:
    """Return the bounds of the values of one type that are sorted before a value of it.

    NaN is sorted before all other numbers, but compares with none.
    """
    if isinstance(value, float) and math.isnan(value):
        return [{"$gte": -math.inf}] if descending else []
    if descending:
        return [{"$gt": value}]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return [{"$lt": value}, *([{"$eq": math.nan}] if is_number else [])]


def _types_before(value: Any, descending: bool) -> list[str]:
    """Return the names of the BSON types that are sorted before the type of a value."""
    position = _SINGLE_TYPES.index(_type_name(type(value)))
    return _SINGLE_TYPES[position + 1 :] if descending else _SINGLE_TYPES[:position]


def order_key(value: Any) -> tuple[Any, ...]:
    """Return a key by which Python sorts single values as MongoDB does.

    Parameters
    ----------
    value : object
        A stored value; None for a missing one.

    Returns
    -------
    tuple
        The rank of its type, then the value; NaN comes before all other numbers.
    """
    if value is None:
        return (0,)
    rank = _rank(value.__class__)
    return (rank, True, value) if value == value else (rank, False)


def order_position(values: Sequence[Any], order: Sequence[SortKey]) -> tuple[Any, ...]:
    """Return the position of a row in an order, which Python compares.

    Parameters
    ----------
    values : sequence
        The values of the keys of the order.
    order : sequence of SortKey
        A total order.

    Returns
    -------
    tuple
        A position that is smaller than the position of any later row.
    """
    keys = map(order_key, values)
    return tuple(
        _Reversed(value) if key.descending else value
        for value, key in zip(keys, order, strict=True)
    )


@total_ordering
@dataclass(frozen=True)
class _Reversed:
    """A key that sorts in the opposite direction."""

    key: tuple[Any, ...]

    def __lt__(self, other: Self) -> bool:
        return other.key < self.key


@cache
def _rank(class_: type) -> int:
    return 1 + list(_SORTED_TYPES).index(_type_name(class_))


def _type_name(class_: type) -> str:
    """Return the name of the BSON type of a class; to Python, a bool is an int as well."""
    return next(
        name
        for name, types in _SORTED_TYPES.items()
        if issubclass(class_, types) and issubclass(class_, bool) == (name == "bool")
    )


def most_frequent_first(numbers: Mapping[Any, int]) -> dict[Any, int]:
    """Return values with their numbers, the most frequent first.

    Parameters
    ----------
    numbers : mapping
        Values to numbers of observations.

    Returns
    -------
    dict
        Without null and blank; equally frequent values are sorted.
    """
    # Reversed sorting keeps equal ones in their order.
    values = sorted(sorted_values(numbers), key=numbers.__getitem__, reverse=True)
    return {value: numbers[value] for value in values}


def sorted_values(values: Iterable[Any]) -> list[Any]:
    """Return values sorted, also of several types, without null and blank."""
    return sorted((value for value in values if value not in _UNKNOWN), key=_by_type)


def _by_type(value: Any) -> tuple[str, Any]:
    return type(value).__name__ if not isinstance(value, int | float) else "", value
