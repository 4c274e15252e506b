"""Aggregations over the observations whose rows are not observations: files, facets, extensions.

The stages are functions of their own because `acsql.store.mongosh` prints the same stages.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..query import Condition
from .client import Store
from .columns.select import select
from .derived import headerless
from .fields import field_path
from .filters import to_filter
from .queries import BATCH_ROWS
from .schema import Document
from .sorting import SortKey, order_key, sort_document
from .spellings import with_spellings
from .time_limit import explained_timeout, milliseconds

Stage = dict[str, Any]


def aggregate(
    store: Store,
    stages: Sequence[Stage],
    condition: Condition,
    time_limit: float | None = None,
    addresses: Iterable[str] | None = None,
) -> Iterator[Document]:
    """Yield the rows of aggregation stages over the observations.

    Parameters
    ----------
    store : Store
        The open database.
    stages : sequence of dict
        The stages; the first matches the condition.
    condition : Condition
        As `acsql.query.prepare` returns it.
    time_limit : float, optional
        Seconds that the server may spend.
    addresses : iterable of str, optional
        The keywords that the stages read; by default any, of any header.

    Yields
    ------
    dict
        The rows as MongoDB returns them.

    Raises
    ------
    QueryTimeout
        If the time limit is exceeded.
    DatabaseError
        If the database fails.
    """
    with explained_timeout(store, condition, time_limit):
        collection = (
            store.observations
            if addresses is None
            else headerless.collection_for(store, condition, addresses)
        )
        yield from collection.aggregate(
            list(stages), batchSize=BATCH_ROWS, maxTimeMS=milliseconds(time_limit)
        )


def rows(
    store: Store,
    stages: Sequence[Stage],
    condition: Condition,
    columns: Sequence[str],
    time_limit: float | None = None,
    addresses: Iterable[str] | None = None,
) -> Iterator[Document]:
    """Yield the rows of `aggregate` with the same columns in each.

    Parameters
    ----------
    store : Store
        The open database.
    stages : sequence of dict
        The stages; the first matches the condition.
    condition : Condition
        As `acsql.query.prepare` returns it.
    columns : sequence of str
        The columns.
    time_limit : float, optional
        Seconds that the server may spend.
    addresses : iterable of str, optional
        The keywords that the stages read; by default any, of any header.

    Yields
    ------
    dict
        Columns to values, None for a missing value.

    Raises
    ------
    QueryTimeout
        If the time limit is exceeded.
    DatabaseError
        If the database fails.
    """
    for row in aggregate(store, stages, condition, time_limit, addresses):
        yield {column: row.get(column) for column in columns}


def facet_rows(
    store: Store,
    types: Mapping[str, str],
    condition: Condition,
    time_limit: float | None,
) -> Iterable[Document]:
    """Return the combinations of the values of top-level keywords.

    Parameters
    ----------
    store : Store
        The open database.
    types : mapping
        Keyword addresses to their types; of a date, the year is taken.
    condition : Condition
        As `acsql.query.prepare` returns it.
    time_limit : float or None
        Seconds that the server may spend.

    Returns
    -------
    iterable of dict
        Groups with ``_id`` (values by address) and ``observations``, their number.

    Raises
    ------
    QueryTimeout
        If the time limit is exceeded.
    DatabaseError
        If the database fails.
    """
    stages = _facet_stages(types, with_spellings(condition, store))
    return aggregate(store, stages, condition, time_limit, types)


def _facet_stages(types: Mapping[str, str], condition: Condition) -> list[Stage]:
    values: dict[str, Any] = {}
    for address, type_ in types.items():
        field = f"${field_path(address)}"
        values[address] = {"$year": field} if type_ == "date" else field
    return [*_match(condition), {"$group": {"_id": values, "observations": {"$sum": 1}}}]


def distribution_rows(
    store: Store,
    condition: Condition,
    addresses: Sequence[str],
    time_limit: float | None = None,
) -> Iterator[Document]:
    """Yield the rows of `distribution`, from the columns where these answer.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        As `acsql.query.prepare` returns it.
    addresses : sequence of str
        The top-level keywords.
    time_limit : float, optional
        Seconds that the server may spend.

    Yields
    ------
    dict
        The values of the keywords, ``observations`` and ``percentage``.

    Raises
    ------
    QueryTimeout
        If the time limit is exceeded.
    DatabaseError
        If the database fails.
    """
    selection = select(store, condition, addresses)
    if selection is not None:
        yield from _with_percentages(selection.group(addresses), addresses)
    else:
        stages = distribution(with_spellings(condition, store), addresses)
        yield from aggregate(store, stages, condition, time_limit, addresses)


def _with_percentages(
    numbers: Mapping[tuple[Any, ...], int], addresses: Sequence[str]
) -> Iterator[Document]:
    """Yield combinations of values with their numbers of observations as `distribution` does."""
    total = sum(numbers.values())
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], *map(order_key, item[0])))
    for values, number in ordered:
        row = dict(zip(addresses, values, strict=True))
        yield row | {"observations": number, "percentage": 100 * number / total}


def distribution(condition: Condition, addresses: Sequence[str]) -> list[Stage]:
    """Return the stages that count the observations with each combination of values.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    addresses : sequence of str
        The top-level keywords.

    Returns
    -------
    list of dict
        Rows have the keywords, ``observations`` and ``percentage``, the most frequent first.
    """
    combination = {name: _known(f"${field_path(name)}") for name in addresses}
    percentage = {"$divide": [{"$multiply": [100, "$observations"]}, "$total"]}
    values = {name: f"$_id.{name}" for name in addresses}
    return [
        *_match(condition),
        {"$group": {"_id": combination, "observations": {"$sum": 1}}},
        {"$setWindowFields": {"output": {"total": {"$sum": "$observations"}}}},
        {"$sort": {"observations": -1} | {f"_id.{name}": 1 for name in addresses}},
        {"$project": {"_id": 0} | values | {"observations": 1, "percentage": percentage}},
    ]


def _known(field: str) -> dict[str, Any]:
    """Return the expression for a value; null, missing and blank are one: no value."""
    value = {"$ifNull": [field, None]}
    return {"$cond": [{"$eq": [value, ""]}, None, value]}


def files(condition: Condition, order: Sequence[SortKey]) -> list[Stage]:
    """Return the stages that list the files of observations.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    order : sequence of SortKey
        The order of the observations.

    Returns
    -------
    list of dict
        Rows have rootname, filetype and filename.
    """
    return [
        *_match(condition),
        {"$sort": sort_document(order)},
        {"$project": {"file": {"$objectToArray": "$datasets"}}},
        {"$unwind": "$file"},
        {"$project": {"_id": 0, "rootname": "$_id", "filetype": "$file.k", "filename": "$file.v"}},
    ]


def files_by_reference(
    condition: Condition, keyword: str, filetypes: Sequence[str], reference_file: Condition
) -> list[Stage]:
    """Return the stages that list the files whose primary header names a reference file.

    Parameters
    ----------
    condition : Condition
        It requires that a header of any filetype names the reference file.
    keyword : str
        The keyword that names it, such as ``biasfile``.
    filetypes : sequence of str
        The filetypes whose headers can have it.
    reference_file : Condition
        The condition on the column ``reference_file``.

    Returns
    -------
    list of dict
        Rows have rootname, filetype, filename and reference_file.
    """
    candidates = [
        {
            "filetype": filetype,
            "filename": f"$datasets.{filetype}",
            "reference_file": f"${field_path(f'{filetype}.0.{keyword}')}",
        }
        for filetype in filetypes
    ]
    return [
        *_match(condition),
        {"$project": {"file": candidates}},
        {"$unwind": "$file"},
        {"$replaceWith": {"$mergeObjects": [{"rootname": "$_id"}, "$file"]}},
        *_match(reference_file),
        # No index has this order, so it comes last, where few rows are left.
        {"$sort": {"rootname": 1, "filetype": 1}},
    ]


def extensions(
    condition: Condition, extname: str, keyword: str, filetype: str | None = None
) -> list[Stage]:
    """Return the stages that list the extensions with an EXTNAME and the value of a keyword.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    extname : str
        Such as ``SCI``.
    keyword : str
        The keyword of the extension's header.
    filetype : str, optional
        Only extensions of files of one filetype.

    Returns
    -------
    list of dict
        Rows have rootname, filetype, extension, extname, extver and the keyword.
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
                keyword: f"$header.v.{keyword}",
            }
        },
    ]


def _match(condition: Condition) -> list[Stage]:
    filter_ = to_filter(condition)
    return [{"$match": filter_}] if filter_ else []
