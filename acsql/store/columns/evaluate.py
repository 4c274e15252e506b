"""Evaluation of conditions on columns: for each row whether it meets a condition.

It compares as MongoDB does with the filters of `acsql.store.filters`, for the values that are in
columns and the conditions that `acsql.store.columns.select` accepts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...query.conditions import (
    Among,
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
)
from ...query.texts import fold, ignores_case, stated_number
from . import lists
from .conversion import from_python, scalar
from .select import LARGEST_EXACT

_TRUE, _FALSE = scalar(True), scalar(False)
# Values whose numbers are compared with those of the rows, one after the other; the tests of more
# are looked up by number, which takes eight times as long as one comparison.
_FEW_VALUES = 4


def meets(
    condition: Condition,
    arrays: Mapping[str, pa.Array],
    rows: int,
    members: Mapping[int, pa.BooleanArray],
) -> pa.BooleanArray:
    """Return for each row whether it meets a condition.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it, of leaves that are answerable.
    arrays : mapping
        The addresses of its keywords to their values.
    rows : int
        The number of rows.
    members : mapping
        The rows of the observations that it lists, as of `acsql.store.columns.membership`.

    Returns
    -------
    pyarrow.BooleanArray
        Without nulls.
    """
    match condition:
        case Not(inner):
            return pc.invert(meets(inner, arrays, rows, members))
        case And(()):
            return pa.repeat(_TRUE, rows)
        case Or(()):
            return pa.repeat(_FALSE, rows)
        case And(parts) | Or(parts):
            join = pc.and_ if isinstance(condition, And) else pc.or_
            return reduce(join, (meets(part, arrays, rows, members) for part in parts))
        case Among(_, rootnames):
            return members[id(rootnames)]
        case KeywordCondition():
            return _keyword_meets(condition, arrays[condition.keyword])
    raise TypeError(f"{condition!r} is not a condition on keywords")


def _keyword_meets(condition: KeywordCondition, array: pa.Array) -> pa.BooleanArray:
    """Return for each row whether its value meets a condition, or one of its list does.

    Of texts and lists, each is tested once.
    """
    if pa.types.is_dictionary(array.type):
        return _of_rows(_keyword_meets(condition, array.dictionary), array)
    if pa.types.is_list(array.type):
        return lists.any_element(_keyword_meets(condition, array.values), array)
    match condition:
        case Like(_, pattern):
            return _matches(array, pattern)
        case AnyOf(_, values) if len(values) > 1 and pa.types.is_string(array.type):
            return _is_one_of(array, [value for value in values if isinstance(value, str)])
        case AnyOf(_, values) if len(values) > 1 and _has_numbers(array):
            return pc.is_in(array, from_python(_numbers(values, array.type), array.type))
        case Exists() | Between(_, None, None):
            is_known = array.is_valid()
            return pc.and_(is_known, _compare("not_equal", array, "", otherwise=True))
    return reduce(
        pc.and_,
        (
            reduce(pc.or_, (_compare(name, array, value) for name, value in tests))
            if tests
            else pa.repeat(_FALSE, len(array))
            for tests in _comparisons(condition)
        ),
    )


def _matches(array: pa.Array, pattern: str) -> pa.BooleanArray:
    """Return for each row whether its text matches a pattern."""
    if not pa.types.is_string(array.type):
        return pa.repeat(_FALSE, len(array))
    if ignores_case(pattern):
        array, pattern = pc.ascii_lower(array), fold(pattern)
    # The wildcards of SQL, which are ordinary characters here.
    escaped = re.sub(r"[%_\\]", r"\\\g<0>", pattern)
    result = pc.match_like(array, escaped.replace("*", "%").replace("?", "_"))
    return pc.fill_null(result, _FALSE) if result.null_count else result


def _is_one_of(array: pa.Array, texts: Sequence[str]) -> pa.BooleanArray:
    """Return for each row whether its text equals one of some texts, looked up together."""
    folded = [fold(text) for text in texts if ignores_case(text)]
    others = [str(text) for text in texts if not ignores_case(text)]
    found = pc.is_in(array, from_python(others, pa.string()))
    if not folded:
        return found
    return pc.or_(found, pc.is_in(pc.ascii_lower(array), from_python(folded, pa.string())))


def _has_numbers(array: pa.Array) -> bool:
    return bool(pa.types.is_integer(array.type) or pa.types.is_floating(array.type))


def _numbers(values: Sequence[Any], type_: pa.DataType) -> list[Any]:
    """Return the numbers among some values, also those that texts state, that a type can have."""
    stated = (stated_number(value) if isinstance(value, str) else value for value in values)
    numbers = [n for n in stated if isinstance(n, int | float) and not isinstance(n, bool)]
    if pa.types.is_integer(type_):
        return [int(n) for n in numbers if float(n).is_integer() and abs(n) <= LARGEST_EXACT]
    # Arrow looks both zeros up as different numbers.
    return [*map(float, numbers), *([0.0, -0.0] if 0 in numbers else [])]


def _of_rows(tested: pa.BooleanArray, array: pa.DictionaryArray) -> pa.BooleanArray:
    """Return for each row of a column the result of the test of its value, False without one."""
    if not tested.true_count:
        return pa.repeat(_FALSE, len(array))
    if tested.true_count > _FEW_VALUES:
        of_rows = tested.take(array.indices)
    else:
        numbers = pc.indices_nonzero(tested).cast(array.indices.type)
        of_rows = reduce(pc.or_, (pc.equal(array.indices, number) for number in numbers))
    return pc.fill_null(of_rows, _FALSE) if of_rows.null_count else of_rows


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


def _compare(name: str, array: pa.Array, value: Any, otherwise: bool = False) -> pa.BooleanArray:
    """Compare the values of a column with one, to `otherwise` if their types do not compare."""
    types = pa.types
    if isinstance(value, str) and not types.is_string(array.type):
        value = stated_number(value)
        if value is None:
            return pa.repeat(scalar(otherwise), len(array))
    if isinstance(value, datetime):
        comparable = types.is_timestamp(array.type)
        value = value.replace(microsecond=value.microsecond // 1000 * 1000)
    elif isinstance(value, str):
        comparable = types.is_string(array.type)
        if comparable and name == "equal" and ignores_case(value):
            array, value = pc.ascii_lower(array), fold(value)
        value = str(value)
    elif isinstance(value, bool):
        comparable = types.is_boolean(array.type)
    else:
        comparable = _has_numbers(array)
    if not comparable:
        return pa.repeat(scalar(otherwise), len(array))
    compared = scalar(value, array.type if isinstance(value, datetime) else None)
    result = pc.call_function(name, [array, compared])
    return pc.fill_null(result, _FALSE) if result.null_count else result
