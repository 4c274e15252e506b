"""Groups of the observations of a search, with statistics of numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import query
from ..errors import QueryError
from ..keywords import KeywordSpecs
from ..query import Column, computed_column
from ..query.messages import abbreviate
from .annotated import looked_up
from .criteria import Criteria

if TYPE_CHECKING:
    from ..store.columns.groups import Key, Measure

# The statistics of the numbers of a group, with descriptions.
STATISTICS = {
    "mean": "mean",
    "median": "median",
    "std": "standard deviation of a sample",
    "min": "smallest value",
    "max": "largest value",
    "sum": "sum",
    "count": "number of values",
}
# month(date_obs)
_PERIOD = re.compile(r"\s*(\w+)\s*\(\s*(.+?)\s*\)\s*")


def group(
    criteria: Criteria, keys: Sequence[str], statistics: Mapping[str, str | Sequence[str]]
) -> tuple[list[dict[str, Any]], list[Column]]:
    """Return the groups of the observations of a search.

    Parameters
    ----------
    criteria : Criteria
        The search; its columns, order and row limit do not apply.
    keys : sequence of str
        As in `acsql.Search.group`.
    statistics : mapping
        Names of statistics to keyword addresses.

    Returns
    -------
    rows : list of dict
        Values by the address of their column, None for an unknown one.
    columns : list of Column
        The columns of the table of `acsql.Search.group`.

    Raises
    ------
    QueryError
        If a keyword or a statistic does not exist, or a keyword does not fit.
    QueryTimeout
        If it takes longer than the time limit.
    """
    from ..store.columns import groups

    specs, store = criteria.source.specs, criteria.source.store
    if not keys:
        raise QueryError("group: name a keyword by which to group, such as month(date_obs)")
    by = [_key(key, specs) for key in keys]
    measured = [
        _measure(name, address, specs)
        for name, addresses in statistics.items()
        for address in ([addresses] if isinstance(addresses, str) else addresses)
    ]
    rows = groups.group(
        store,
        looked_up(criteria.condition, store),
        [key for key, _ in by],
        [measure for measure, _ in measured],
        criteria.max_seconds,
    )
    number = computed_column(groups.OBSERVATIONS, "int", "number of observations")
    return rows, [*(column for _, column in by), number, *(column for _, column in measured)]


def _key(text: Any, specs: KeywordSpecs) -> tuple[Key, Column]:
    """Return the key of groups that a text names, and the column of its values."""
    from ..store.columns.groups import PERIODS, Key

    match = _PERIOD.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        column = _groupable(text, specs)
        return Key(column.address, column.address), column
    period, column = match[1].lower(), _groupable(match[2], specs)
    if period not in PERIODS:
        raise QueryError(f"{text}: the periods are {', '.join(PERIODS)}")
    if not (column.spec.type in ("date", "datetime") or column.spec.mjd):
        raise QueryError(f"{text}: {column.address} is not a date")
    name = f"{period}({column.address})"
    type_ = "int" if period == "year" else "date"
    described = computed_column(name, type_, f"{period} of {column.spec.description}")
    return Key(name, column.address, period), described


def _groupable(address: str, specs: KeywordSpecs) -> Column:
    column = query.resolve(address, specs)
    if not column.can_be_sorted:
        raise QueryError(f"cannot group by {column.address}: {column.why_not_sorted}")
    return column


def _measure(statistic: str, address: str, specs: KeywordSpecs) -> tuple[Measure, Column]:
    """Return a statistic of a keyword, and the column of its values."""
    from ..store.columns.groups import Measure

    if statistic not in STATISTICS:
        raise QueryError(
            f"there is no statistic {abbreviate(statistic)}; there are {', '.join(STATISTICS)}"
        )
    column = query.resolve(address, specs)
    type_ = column.spec.type
    of_dates = type_ in ("date", "datetime") and statistic in ("min", "max")
    if not (type_ in ("int", "float") or of_dates) or not column.can_be_sorted:
        raise QueryError(f"{statistic} of {column.address}: it is not a number")
    name = f"{statistic}({column.address})"
    description = f"{statistic} of {column.spec.description}"
    if statistic == "count":
        described = computed_column(name, "int", description)
    else:
        result = type_ if of_dates else "float"
        described = computed_column(name, result, description, column.spec.unit)
    return Measure(name, column.address, statistic, of_dates), described
