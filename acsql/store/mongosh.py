"""Queries of acsql as lines for the Mongo shell, to continue from there.

A line is JavaScript; whatever a user has typed appears in it as a literal.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bson.regex import Regex

from ..query import Condition, with_observations
from .fields import field_path
from .filters import to_filter
from .live_counts import value_count_stages
from .schema import ANNOTATED_OBSERVATIONS, OBSERVATIONS
from .sorting import SortKey, sort_document, total_order

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)
# mongosh stores a whole number literal as int32 if it fits, else as double.
_INT32 = 2**31
_CONSTANTS = {None: "null", True: "true", False: "false"}


class _Lookup(tuple[str, ...]):
    """The rootnames that a condition on annotations finds, as a call and not a list."""

    condition: Condition

    @classmethod
    def of(cls, condition: Condition) -> "_Lookup":
        """Return the call for a condition."""
        call = cls()
        call.condition = condition
        return call


def _filter(condition: Condition) -> dict[str, Any]:
    return _readable(to_filter(with_observations(condition, _Lookup.of)))


def find(
    condition: Condition,
    addresses: Sequence[str],
    order: Sequence[SortKey],
    limit: int | None = None,
) -> str:
    """Return the line that finds the rows of `acsql.store.queries.find`.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    addresses : sequence of str
        The keywords to read.
    order : sequence of SortKey
        Completed by `acsql.store.sorting.total_order`.
    limit : int, optional
        The largest number of rows.

    Returns
    -------
    str
        Such as ``db.observations.find({detector: "WFC"}, {_id: 1}).sort({expstart: 1})``.
    """
    projection = {field_path(address): 1 for address in addresses}
    projection = ({} if "_id" in projection else {"_id": 0}) | projection
    sort = literal(sort_document(total_order(order)))
    limited = f".limit({limit})" if limit else ""
    return f"{_call('find', _filter(condition), projection)}.sort({sort}){limited}"


def count(condition: Condition) -> str:
    """Return the line that counts the observations that meet a condition."""
    return _call("countDocuments", _filter(condition))


def facets(address: str, condition: Condition, limit: int | None = None) -> str:
    """Return the line that counts the values of a keyword, the most frequent first.

    Parameters
    ----------
    address : str
        The keyword.
    condition : Condition
        As `acsql.query.prepare` returns it.
    limit : int, optional
        The largest number of values.

    Returns
    -------
    str
        Its documents have ``_id``, the value, and ``observations``.
    """
    most_frequent_first = {"$sort": {"observations": -1, "_id": 1}}
    limited = [{"$limit": limit}] if limit else []
    counted = value_count_stages(address, with_observations(condition, _Lookup.of))
    return aggregate([*counted, most_frequent_first, *limited])


def aggregate(stages: Sequence[Mapping[str, Any]]) -> str:
    """Return the line that runs aggregation stages over the observations."""
    return _call("aggregate", [_readable_stage(stage) for stage in stages])


def _call(method: str, *arguments: Any) -> str:
    return f"db.{OBSERVATIONS}.{method}({', '.join(map(literal, arguments))})"


def literal(value: Any) -> str:
    """Return a value as a JavaScript literal that mongosh reads as the same value.

    Parameters
    ----------
    value : object
        A None, bool, int, float, str, Regex, datetime, dict or list, as a filter can hold.

    Returns
    -------
    str
        In ASCII.

    Raises
    ------
    TypeError
        If the value has another type.
    """
    match value:
        case None | bool():
            return _CONSTANTS[value]
        case int():
            return str(value) if -_INT32 <= value < _INT32 else f'NumberLong("{value}")'
        case float():
            return _float_literal(value)
        case str():
            # In ASCII: JavaScript takes some characters of Unicode for line ends.
            return json.dumps(value)
        case datetime():
            return f'ISODate("{value.isoformat(timespec="milliseconds")}Z")'
        case Mapping():
            parts = (f"{_key(name)}: {literal(part)}" for name, part in value.items())
            return f"{{{', '.join(parts)}}}"
        case Regex():
            return f"BSONRegExp({json.dumps(value.pattern)}, {json.dumps(_flags(value))})"
        case _Lookup():
            found = literal(_readable(to_filter(value.condition)))
            return f'db.{ANNOTATED_OBSERVATIONS}.distinct("_id", {found})'
        case list() | tuple():
            return f"[{', '.join(map(literal, value))}]"
    raise TypeError(f"a filter cannot hold {value!r}")


def _flags(regex: Regex[str]) -> str:
    return "s" if regex.flags & re.DOTALL else ""


def _float_literal(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def _key(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else json.dumps(name)


def _readable_stage(stage: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$match": _readable(stage["$match"])} if "$match" in stage else stage


def _readable(filter_: Mapping[str, Any]) -> dict[str, Any]:
    """Return a filter as one would type it: ``{exptime: 60}``, without a needless ``$and``."""
    if list(filter_) == ["$and"]:
        parts = [_readable(part) for part in filter_["$and"]]
        names = [name for part in parts for name in part]
        if len(set(names)) < len(names):
            return {"$and": parts}
        return {name: part[name] for part in parts for name in part}
    return {
        name: [_readable(part) for part in operand]
        if name in ("$and", "$or", "$nor")
        else _without_eq(operand)
        for name, operand in filter_.items()
    }


def _without_eq(operand: Any) -> Any:
    """Return ``{$eq: value}`` as the value; the two differ for mappings alone."""
    match operand:
        case {"$eq": value} if len(operand) == 1 and not isinstance(value, Mapping):
            return value
    return operand
