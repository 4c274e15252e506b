"""Selections: the observations that meet a condition, found in columns.

Rows that the columns do not have as they are now, or whose values Arrow would compare differently,
are evaluated by MongoDB, so the answer is the one that MongoDB gives.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ...keywords import has_many_values
from ...query.conditions import (
    And,
    AnyOf,
    Between,
    Condition,
    Equals,
    Exists,
    KeywordCondition,
    Like,
    Not,
    Or,
    leaves,
)
from ..client import Store
from ..fields import field_path, split_blocks, value_at
from ..filters import like, to_filter
from ..schema import Document
from .encode import Column
from .parts import CHANGED, Part, column, registry

if TYPE_CHECKING:
    import pyarrow as pa

# More rows than this are not read as documents; they would take longer than the columns save.
_MOST_DOCUMENTS = 5000
_LARGEST_EXACT = 2**53  # as in `acsql.store.columns.encode`


@dataclass(frozen=True)
class Selection:
    """The observations that meet a condition.

    Attributes
    ----------
    regular : tuple of dict
        For each part, addresses to the arrays of the values in its rows that meet the condition.
    documents : tuple of dict
        The observations that MongoDB has evaluated.
    count : int
        The number of observations.
    """

    regular: tuple[dict[str, pa.Array], ...]
    documents: tuple[Document, ...]
    count: int

    def value_counts(self, address: str) -> dict[Any, int]:
        """Return the values of a keyword with their numbers of observations.

        Parameters
        ----------
        address : str
            One of the addresses of `select`.

        Returns
        -------
        dict
            Without null and blank; each value of a list counts once.
        """
        numbers: Counter[Any] = Counter()
        for arrays in self.regular:
            for row in arrays[address].value_counts().to_pylist():
                numbers[row["values"]] += row["counts"]
        path = field_path(address).split(".")
        for document in self.documents:
            value = value_at(document, path)
            numbers.update(set(value) if isinstance(value, list) else (value,))
        return {value: number for value, number in numbers.items() if value not in (None, "")}


def select(store: Store, condition: Condition, addresses: Sequence[str] = ()) -> Selection | None:
    """Return the observations that meet a condition.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        As `acsql.query.prepare` returns it.
    addresses : sequence of str
        The keywords whose values the selection has.

    Returns
    -------
    Selection or None
        None if columns do not answer it: before the first fold, for conditions on the sky and on
        keywords with several values, and if more than 5,000 rows had to be read as documents.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    keywords = {leaf.keyword for leaf, _ in leaves(condition) if isinstance(leaf, KeywordCondition)}
    if not all(_is_answerable(leaf) for leaf, _ in leaves(condition)):
        return None
    if any(_has_many(address) for address in {*keywords, *addresses}):
        return None
    with store.errors():
        # Marks come first: a row that a fold moves meanwhile is then read as a document.
        marks = store.database[CHANGED].find({}, {"_id": 1}, limit=_MOST_DOCUMENTS + 1)
        by_document = {mark["_id"] for mark in marks}
        parts = registry(store)
        if not parts:
            return None
        regular, irregular = [], set(by_document)
        for part in parts:
            columns = {a: column(store, field_path(a), part) for a in {*keywords, *addresses}}
            arrays, others = _of_part(store, part, columns, condition, by_document)
            regular.append(arrays)
            irregular |= others
        if len(irregular) > _MOST_DOCUMENTS:
            return None
        documents = _documents(store, condition, addresses, sorted(irregular))
    count = sum(len(arrays["rootname"]) for arrays in regular) + len(documents)
    return Selection(tuple(regular), documents, count)


def _is_answerable(leaf: Condition) -> bool:
    """Return whether Arrow compares with the values of a condition as MongoDB does."""
    match leaf:
        case Equals(_, value):
            values: tuple[Any, ...] = (value,)
        case AnyOf(_, values):
            pass
        case Between(_, low, high):
            values = tuple(end for end in (low, high) if end is not None)
        case Like() | Exists() | And() | Or():
            return True
        case _:
            return False
    return all(_is_exact(value) for value in values)


def _is_exact(value: Any) -> bool:
    if isinstance(value, float):
        return value == value
    return isinstance(value, str | datetime) or (
        isinstance(value, int) and abs(value) <= _LARGEST_EXACT
    )


def _has_many(address: str) -> bool:
    name = address.rpartition(".")[2]
    return has_many_values(name) or split_blocks(field_path(address)) is not None


def _of_part(
    store: Store,
    part: Part,
    columns: dict[str, Column],
    condition: Condition,
    by_document: set[str],
) -> tuple[dict[str, pa.Array], set[str]]:
    """Return the values of the rows that meet a condition, and the rootnames of the irregular."""
    import pyarrow as pa

    names = column(store, "_id", part).array.to_pylist()
    live = [ok and name not in by_document for ok, name in zip(part.live, names, strict=True)]
    irregular = {row for values in columns.values() for row in values.irregular if live[row]}
    usable = pa.array([ok and row not in irregular for row, ok in enumerate(live)], pa.bool_())
    arrays = {address: values.array for address, values in columns.items()}
    rows = _and(usable, _meets(condition, arrays, part.rows))
    chosen = {"rootname": pa.array(names, pa.string()).filter(rows)}
    chosen |= {address: array.filter(rows) for address, array in arrays.items()}
    return chosen, {names[row] for row in irregular}


def _documents(
    store: Store, condition: Condition, addresses: Sequence[str], rootnames: list[str]
) -> tuple[Document, ...]:
    """Return those of some observations that meet a condition, with the values of addresses."""
    filter_ = {"$and": [{"_id": {"$in": rootnames}}, to_filter(condition)]}
    fields = {field_path(address): 1 for address in addresses} or {"_id": 1}
    return tuple(store.observations.find(filter_, fields)) if rootnames else ()


def _meets(condition: Condition, arrays: dict[str, pa.Array], rows: int) -> pa.Array:
    """Return for each row whether it meets a condition, without nulls."""
    import pyarrow as pa
    import pyarrow.compute as pc

    match condition:
        case Not(inner):
            return pc.invert(_meets(inner, arrays, rows))
        case And(parts):
            result = pa.repeat(True, rows)
            for part in parts:
                result = _and(result, _meets(part, arrays, rows))
            return result
        case Or(parts):
            result = pa.repeat(False, rows)
            for part in parts:
                result = pc.or_(result, _meets(part, arrays, rows))
            return result
        case KeywordCondition():
            return _keyword_meets(condition, arrays[condition.keyword])
    raise TypeError(f"{condition!r} is not a condition on keywords")


def _and(left: pa.Array, right: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return pc.and_(left, right)


def _keyword_meets(condition: KeywordCondition, array: pa.Array) -> pa.Array:
    """Return for each row whether its value meets a condition; of texts, each is tested once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(array.type):
        tested = _keyword_meets(condition, array.dictionary).take(array.indices)
        return pc.fill_null(tested, False)
    result = pc.is_valid(array)
    match condition:
        case Like(_, pattern):
            expression = re.compile(like(pattern), re.DOTALL)
            texts = array.to_pylist() if pa.types.is_string(array.type) else [None] * len(array)
            return pa.array([t is not None and bool(expression.search(t)) for t in texts])
        case Exists() | Between(_, None, None):
            return pc.and_(result, _compare("not_equal", array, "", otherwise=True))
    for tests in _comparisons(condition):
        alternatives = pa.repeat(False, len(array))
        for name, value in tests:
            alternatives = pc.or_(alternatives, _compare(name, array, value))
        result = pc.and_(result, alternatives)
    return result


def _comparisons(condition: KeywordCondition) -> Iterator[list[tuple[str, Any]]]:
    """Yield comparisons; a value has to meet one of each list."""
    match condition:
        case Equals(_, value):
            yield [("equal", value)]
        case AnyOf(_, values):
            yield [("equal", value) for value in values]
        case Between(_, low, high, low_inclusive, high_inclusive):
            if low is not None:
                yield [("greater_equal" if low_inclusive else "greater", low)]
            if high is not None:
                yield [("less_equal" if high_inclusive else "less", high)]


def _compare(name: str, array: pa.Array, value: Any, otherwise: bool = False) -> pa.Array:
    """Compare the values of a column with one, to `otherwise` if their types do not compare."""
    import pyarrow as pa
    import pyarrow.compute as pc

    types = pa.types
    if isinstance(value, datetime):
        comparable = types.is_timestamp(array.type)
        value = value.replace(microsecond=value.microsecond // 1000 * 1000)
    elif isinstance(value, str):
        comparable = types.is_string(array.type)
    elif isinstance(value, bool):
        comparable = types.is_boolean(array.type)
    else:
        comparable = types.is_integer(array.type) or types.is_floating(array.type)
    if not comparable:
        return pa.repeat(otherwise, len(array))
    scalar = pa.scalar(value, array.type) if isinstance(value, datetime) else pa.scalar(value)
    return pc.fill_null(pc.call_function(name, [array, scalar]), False)
