"""Groups of observations: for each combination of keys, statistics of numbers.

Arrow groups the values of the columns; where these do not answer, those of the documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ...query import Condition
from .. import queries
from ..client import Store
from ..schema import Document
from .arrays import array_of, joined
from .conversion import to_list
from .select import select

OBSERVATIONS = "observations"
# The Modified Julian Date of 1970-01-01, from which Arrow counts, and milliseconds of a day.
_EPOCH_MJD, _DAY_MS = 40_587, 86_400_000
PERIODS = ("year", "month", "day")


class Key(NamedTuple):
    """A key of groups of observations: a keyword, or the period of a date.

    Attributes
    ----------
    name : str
        The name of its column, such as ``month(date_obs)``.
    address : str
        The keyword.
    period : str, optional
        One of `PERIODS`; other keys are the values themselves.
    """

    name: str
    address: str
    period: str | None = None


class Measure(NamedTuple):
    """A statistic of a group.

    Attributes
    ----------
    name : str
        The name of its column, such as ``mean(raw.1.meandark)``.
    address : str
        The keyword, whose values are numbers, or dates; others do not count.
    statistic : str
        ``mean``, ``median``, ``std`` (of a sample), ``min``, ``max``, ``sum``, or ``count`` (of the
        numbers).
    of_dates : bool
        Whether the values are dates, which have a ``min`` and a ``max``.
    """

    name: str
    address: str
    statistic: str
    of_dates: bool = False


def group(
    store: Store,
    condition: Condition,
    keys: Sequence[Key],
    measures: Sequence[Measure],
    time_limit: float | None = None,
) -> list[Document]:
    """Return statistics of the groups of the observations that meet a condition.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        As `acsql.query.prepare` returns it.
    keys : sequence of Key
        At least one.
    measures : sequence of Measure
        The statistics.
    time_limit : float, optional
        Seconds that the server may spend.

    Returns
    -------
    list of dict
        The names of the keys, `OBSERVATIONS` and the names of the measures to values, sorted by
        the keys.  None stands for null, missing and blank, and for a statistic of no numbers.

    Raises
    ------
    QueryTimeout
        If the time limit is exceeded.
    DatabaseError
        If the database fails.
    """
    values = _values(store, condition, keys, measures, time_limit)
    by = {f"key {n}": _key(*values[key.address], key.period) for n, key in enumerate(keys)}
    measured = {
        f"value {n}": (_moments if measure.of_dates else _numbers)(*values[measure.address])
        for n, measure in enumerate(measures)
    }
    wanted = [(f"value {n}", *_aggregation(each.statistic)) for n, each in enumerate(measures)]
    grouped = pa.table({**by, **measured}).group_by(list(by), use_threads=False)
    found = grouped.aggregate([([], "count_all"), *wanted])
    found = found.sort_by([(name, "ascending") for name in by])
    columns = [to_list(found[name].combine_chunks()) for name in (*by, "count_all")]
    for measure, (name, function, _) in zip(measures, wanted, strict=True):
        results = found[f"{name}_{function}"].combine_chunks()
        is_median = measure.statistic == "median"
        columns.append(list(map(_median, results.to_pylist())) if is_median else to_list(results))
    names = [*(key.name for key in keys), OBSERVATIONS, *(measure.name for measure in measures)]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(
    store: Store,
    condition: Condition,
    keys: Sequence[Key],
    measures: Sequence[Measure],
    time_limit: float | None,
) -> dict[str, tuple[list[pa.Array], list[Any]]]:
    """Return the values of each keyword in all observations: of columns, and of documents."""
    addresses = [each.address for each in keys] + [each.address for each in measures]
    selection = select(store, condition, addresses)
    if selection is not None:
        return {address: selection.values(address) for address in addresses}
    rows = list(queries.find(store, condition, addresses, time_limit=time_limit))
    return {address: ([], [row[address] for row in rows]) for address in addresses}


def _key(arrays: Sequence[pa.Array], others: Sequence[Any], period: str | None) -> pa.ChunkedArray:
    """Return values to group by: as they are, or the year, the month or the day of dates."""
    if period is None:
        values = joined([*arrays, *array_of(others)])
        is_text = pa.types.is_string(values.type)
        return pc.if_else(pc.equal(values, ""), None, values) if is_text else values
    moments = _moments(arrays, others)
    return pc.year(moments) if period == "year" else pc.floor_temporal(moments, unit=period)


def _moments(arrays: Sequence[pa.Array], others: Sequence[Any]) -> pa.ChunkedArray:
    """Return dates, and numbers as the dates of which they are the Modified Julian Dates."""
    type_ = pa.timestamp("ms")
    dates = [
        array if pa.types.is_timestamp(array.type) else _nulls(array, type_) for array in arrays
    ]
    of_others = [value if isinstance(value, datetime) else None for value in others]
    milliseconds = pc.multiply(pc.subtract(_numbers(arrays, others), _EPOCH_MJD), _DAY_MS)
    of_numbers = pc.floor(milliseconds).cast(pa.int64()).cast(type_)
    return pc.coalesce(pa.chunked_array([*dates, pa.array(of_others, type_)], type_), of_numbers)


def _numbers(arrays: Sequence[pa.Array], others: Sequence[Any]) -> pa.ChunkedArray:
    """Return the numbers among values, null in place of others."""
    type_ = pa.float64()
    numbers = [
        array.cast(type_)
        if pa.types.is_integer(array.type) or pa.types.is_floating(array.type)
        else _nulls(array, type_)
        for array in arrays
    ]
    of_others = [
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        for value in others
    ]
    return pa.chunked_array([*numbers, pa.array(of_others, type_)], type_)


def _nulls(array: pa.Array, type_: pa.DataType) -> pa.Array:
    return pa.nulls(len(array), type_)


def _aggregation(statistic: str) -> tuple[str, pc.FunctionOptions | None]:
    """Return the function of Arrow for a statistic, and its options."""
    match statistic:
        case "median":  # Arrow's own is approximate
            return "list", None
        case "std":
            return "stddev", pc.VarianceOptions(ddof=1)
    return statistic, None


def _median(values: Sequence[float | None]) -> float | None:
    numbers = [value for value in values if value is not None]
    return median(numbers) if numbers else None
