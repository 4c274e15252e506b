"""What is asked of the server in stages, because a row of the answer is no observation.

The Mongo shell takes the same stages, so that it gives the same answer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..keywords import KeywordSpecs
from ..query import Condition
from . import observations
from .client import Store
from .derived import counts
from .filters import to_filter
from .observations import Order
from .schema import path

Stage = dict[str, Any]


def rows(
    store: Store,
    stages: Sequence[Stage],
    condition: Condition,
    addresses: Sequence[str],
    time_limit: float | None = None,
    read: Iterable[str] | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the rows that stages make, with None for what is not known.

    Parameters
    ----------
    condition : Condition
        What the stages begin with.
    read : iterable of str, optional
        The keywords that the others look at; by default any, of any header.

    Raises
    ------
    QueryTimeout
        If it takes longer than `time_limit` seconds.
    """
    for row in observations.aggregate(store, stages, condition, time_limit, read):
        yield {address: row.get(address) for address in addresses}


def facet_rows(
    store: Store,
    specs: KeywordSpecs,
    columns: Mapping[str, str],
    condition: Condition,
    time_limit: float | None,
) -> Iterable[dict[str, Any]]:
    """Return each combination of the values of some keywords and its number of observations.

    Parameters
    ----------
    columns : mapping
        Addresses of keywords at the top to their types; a date comes as its year.

    Returns
    -------
    iterable of dict
        With ``_id`` (values by address) and ``number``.

    Raises
    ------
    QueryTimeout
        If it takes longer than `time_limit` seconds.
    """
    values = {
        address: {"$year": f"${path(address)}"} if type_ == "date" else f"${path(address)}"
        for address, type_ in columns.items()
    }

    def stages(each: Any) -> list[Stage]:
        return [*_match(condition), {"$group": {"_id": values, "number": {"$sum": each}}}]

    ahead = counts.rows(store, specs, condition, list(columns), stages(counts.EACH))
    if ahead is not None:
        return ahead
    return observations.aggregate(store, stages(1), condition, time_limit, columns)


def files(condition: Condition, order: Sequence[Order]) -> list[Stage]:
    """Return the stages that yield the files of observations: rootname, filetype, filename."""
    sort = {path(key.address): -1 if key.descending else 1 for key in order}
    return [
        *_match(condition),
        {"$sort": sort},
        {"$project": {"file": {"$objectToArray": "$datasets"}}},
        {"$unwind": "$file"},
        {"$project": {"_id": 0, "rootname": "$_id", "filetype": "$file.k", "filename": "$file.v"}},
    ]


def files_by_reference(
    condition: Condition, name: str, filetypes: Sequence[str], wanted: Condition
) -> list[Stage]:
    """Return the stages that yield the files whose primary header names a reference file.

    Rows have rootname, filetype, filename and reference_file.

    Parameters
    ----------
    condition : Condition
        That the header of any filetype has the reference file.
    name : str
        The keyword that names it.
    wanted : Condition
        Which ``reference_file`` it has to be.
    """
    found = [
        {
            "filetype": filetype,
            "filename": f"$datasets.{filetype}",
            "reference_file": f"${path(f'{filetype}.0.{name}')}",
        }
        for filetype in filetypes
    ]
    return [
        *_match(condition),
        {"$project": {"file": found}},
        {"$unwind": "$file"},
        {"$replaceWith": {"$mergeObjects": [{"rootname": "$_id"}, "$file"]}},
        *_match(wanted),
        # Behind the rest, for what is found is little, and no index finds it.
        {"$sort": {"rootname": 1, "filetype": 1}},
    ]


def extensions(
    condition: Condition, extname: str, name: str, filetype: str | None = None
) -> list[Stage]:
    """Return the stages that yield the extensions of one name in the files of observations.

    Rows have rootname, filetype, extension, extname, extver, and the keyword `name`.

    Parameters
    ----------
    filetype : str, optional
        Only those of one filetype.
    """
    return [
        *_match(condition),
        {"$project": {"file": {"$objectToArray": "$headers"}}},
        {"$unwind": "$file"},
        *([{"$match": {"file.k": filetype}}] if filetype else []),
        {"$project": {"filetype": "$file.k", "header": {"$objectToArray": "$file.v"}}},
        {"$unwind": "$header"},
        {"$match": {"header.v.extname": extname}},
        {
            "$project": {
                "_id": 0,
                "rootname": "$_id",
                "filetype": 1,
                "extension": {"$toInt": "$header.k"},
                "extname": "$header.v.extname",
                "extver": "$header.v.extver",
                name: f"$header.v.{name}",
            }
        },
    ]


def distribution(condition: Condition, addresses: Sequence[str], each: Any = 1) -> list[Stage]:
    """Return the stages that yield how many observations have each combination of values.

    Rows have the keywords, ``observations`` and ``percentage``, the most frequent first.

    Parameters
    ----------
    each : expression, optional
        For how many observations a document stands.
    """
    # Null, absent and blank are one: unknown.
    combination = {
        name: {"$cond": [{"$gt": [f"${path(name)}", ""]}, f"${path(name)}", None]}
        for name in addresses
    }
    share = {"$divide": [{"$multiply": [100, "$observations"]}, "$total"]}
    kept = {name: f"$_id.{name}" for name in addresses}
    return [
        *_match(condition),
        {"$group": {"_id": combination, "observations": {"$sum": each}}},
        {"$setWindowFields": {"output": {"total": {"$sum": "$observations"}}}},
        {"$sort": {"observations": -1} | {f"_id.{name}": 1 for name in addresses}},
        {"$project": {"_id": 0} | kept | {"observations": 1, "percentage": share}},
    ]


def distribution_rows(
    store: Store,
    specs: KeywordSpecs,
    condition: Condition,
    addresses: Sequence[str],
    time_limit: float | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of `distribution`, as counted ahead where that is so; raises like `rows`."""
    of_tallies = distribution(condition, addresses, counts.EACH)
    found = counts.rows(store, specs, condition, addresses, of_tallies)
    if found is None:
        stages = distribution(condition, addresses)
        found = observations.aggregate(store, stages, condition, time_limit, addresses)
    yield from found


def _match(condition: Condition) -> list[Stage]:
    filter_ = to_filter(condition)
    return [{"$match": filter_}] if filter_ else []
