"""Reading annotations: entries in the order in which they were written, and states for searches."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from ...annotations import Annotation
from ...query import Condition
from ..client import Store
from ..filters import to_filter
from ..queries import BATCH_ROWS
from ..schema import ANNOTATED_OBSERVATIONS, ANNOTATIONS, Document
from . import kept
from .documents import from_document


def numbered(
    store: Store, after: int | None = None, **equal: str | int | None
) -> Iterator[tuple[int, Annotation]]:
    """Yield annotations with their numbers, in the order in which they were written.

    Parameters
    ----------
    store : Store
        The open database.
    after : int, optional
        Only annotations with a larger number.
    **equal
        Fields and their values, such as ``rootname="j8bt05nj"`` or ``batch=...``; None for any.

    Yields
    ------
    number : int
        The place of the annotation in the order.
    annotation : Annotation
        The entry as it was written.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    filter_: dict[str, Any] = {
        name: {"$eq": value} for name, value in equal.items() if value is not None
    }
    if after is not None:
        filter_["number"] = {"$gt": after}
    with store.errors():
        found = store.database[ANNOTATIONS].find(filter_, batch_size=BATCH_ROWS)
        for document in found.sort("number", 1):
            yield document["number"], from_document(document)


def newest(store: Store, by: str) -> Iterator[Annotation]:
    """Yield the annotations of a person, the last written first."""
    with store.errors():
        found = store.database[ANNOTATIONS].find({"by": {"$eq": by}}, batch_size=BATCH_ROWS)
        yield from map(from_document, found.sort("number", -1))


def get(store: Store, key: str) -> Annotation | None:
    """Return the annotation with an id, or None."""
    with store.errors():
        document = store.database[ANNOTATIONS].find_one({"_id": {"$eq": key}})
    return from_document(document) if document else None


def rootnames(
    store: Store, condition: Condition, among: Sequence[str] | None = None
) -> Collection[str]:
    """Return the observations whose annotations meet a condition.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        A comparison of one of `acsql.query.ANNOTATION_FIELDS`.
    among : sequence of str, optional
        The observations to look at, by default all.

    Returns
    -------
    collection of str
        Their rootnames, in no particular order, also those of observations that have vanished;
        of all, the same object until they change.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    annotated, filter_ = store.database[ANNOTATED_OBSERVATIONS], to_filter(condition)

    def read(chosen: Document) -> dict[str, None]:
        """Return the rootnames as keys; one document with all is read faster than one for each."""
        stages: list[dict[str, Any]] = [
            {"$match": {"$and": [chosen, filter_]}},
            {"$group": {"_id": None, "rootnames": {"$push": "$_id"}}},
        ]
        # Tried against each other, the indexes of the annotations take longer.
        by_key: dict[str, Any] = {"hint": {"_id": 1}} if chosen else {}
        with store.errors():
            found = annotated.aggregate(stages, **by_key)
            return dict.fromkeys(next((each["rootnames"] for each in found), ()))

    if among is not None:
        return read({"_id": {"$in": list(among)}})
    return kept.values(store, condition, read)


def kept_rootnames(store: Store, condition: Condition) -> Collection[str] | None:
    """Return the observations whose annotations meet a condition, if this process knows them.

    Parameters
    ----------
    store : Store
        The open database.
    condition : Condition
        As in `rootnames`.

    Returns
    -------
    collection of str or None
        As `rootnames` returns them, None if they would have to be read.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    return kept.current(store, condition)


def fields_of(store: Store, rootnames: Sequence[str], names: Sequence[str]) -> dict[str, Document]:
    """Return the states of observations.

    Parameters
    ----------
    store : Store
        The open database.
    rootnames : sequence of str
        The observations.
    names : sequence of str
        Some of `acsql.query.ANNOTATION_FIELDS`.

    Returns
    -------
    dict
        Rootnames to fields; without observations that have no annotations.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    with store.errors():
        found = store.database[ANNOTATED_OBSERVATIONS].find(
            {"_id": {"$in": list(rootnames)}}, dict.fromkeys(names, 1), batch_size=BATCH_ROWS
        )
        return {document.pop("_id"): document for document in found}


def values_of_all(store: Store, name: str) -> dict[str, tuple[Any, ...]]:
    """Return the values of a field of all annotated observations.

    Parameters
    ----------
    store : Store
        The open database.
    name : str
        One of `acsql.query.ANNOTATION_FIELDS`.

    Returns
    -------
    dict
        Rootnames to values, each value of a list once; the same object until they change, and
        not to be changed.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    annotated = store.database[ANNOTATED_OBSERVATIONS]

    def read(chosen: Document) -> dict[str, tuple[Any, ...]]:
        """Return the values of the field by rootname."""
        with store.errors():
            found = annotated.find(chosen | {name: {"$exists": True}}, {name: 1})
            return {each["_id"]: _unique(each[name]) for each in found.batch_size(BATCH_ROWS)}

    return kept.values(store, name, read)


def _unique(values: Any) -> tuple[Any, ...]:
    """Return each value of a field once, also of one that is no list."""
    return tuple(dict.fromkeys(values)) if isinstance(values, list) else (values,)
