"""A moment of the database: its version, by which a process knows whether its caches are current.

Each write of an observation, and each fold, changes the marks or the registry of the columns, and
each annotation takes a number.  One query reads all of them.  A request to the site reads them
once, at its beginning.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b
from typing import Any, NamedTuple

from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern

from .client import Store
from .schema import ANNOTATION_NUMBERS, CHANGED, COLUMN_PARTS, DERIVED_STATE, Document

# Marks that are read, of some 90 bytes each; with more of them, documents answer.
MOST_MARKS = 50_000
# Marks that the server sends together.
_AT_ONCE = 10_000
# The registry of `acsql.store.columns.parts`, and of it what each replacement changes, also if the
# whole database is replaced.
REGISTRY = {"_id": "parts"}
_CHANGING = {"version": 1, "last": {"$last": "$parts.id"}}
# Says that all headerless observations have been made, and that each write of an observation has
# written its own since then.
COPIES = {"_id": "state", "copies": True}


class Marks(NamedTuple):
    """The observations that are marked as changed since the columns were made.

    Attributes
    ----------
    id : str
        Differs when any of them, or its token, does.
    tokens : dict
        Their rootnames to tokens; each write of an observation gives it another one.
    """

    id: str
    tokens: Mapping[str, Any]


class Moment(NamedTuple):
    """The version of the database; it differs after each write.

    Attributes
    ----------
    marks : Marks
        Those of changed observations.
    registry : tuple
        The version of the registry of the columns, 0 before the first, and its last part.
    number : int
        What the next annotation takes; the same as long as nothing is annotated.
    has_copies : bool
        Whether all headerless observations have been made.
    """

    marks: Marks
    registry: tuple[int, str | None]
    number: int
    has_copies: bool


# Stores and limits to what has been read since the beginning of the block, None outside of one.
_reads: ContextVar[dict[tuple[Store, int], Moment] | None] = ContextVar("reads", default=None)


@contextmanager
def one_moment() -> Iterator[None]:
    """Let `current` read once, as far as the block is executed by this thread.

    The block has to be short, and must not read what it has written itself.
    """
    token = _reads.set({})
    try:
        yield
    finally:
        _reads.reset(token)


def current(store: Store, limit: int = MOST_MARKS + 1) -> Moment:
    """Return the moment, in a block of `one_moment` that of its beginning.

    Parameters
    ----------
    store : Store
        The open database.
    limit : int
        The most marks to read, 0 for all.

    Returns
    -------
    Moment
        The marks are not later than the registry: a row that a fold moves meanwhile is in both.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    reads = _reads.get()
    if reads is None:
        return _current(store, limit)
    if (store, limit) not in reads:
        reads[store, limit] = _current(store, limit)
    return reads[store, limit]


def of_block(store: Store) -> Moment | None:
    """Return the moment of the block of `one_moment`, None outside of one."""
    return None if _reads.get() is None else current(store)


def _current(store: Store, limit: int) -> Moment:
    with store.errors():
        found = _snapshot(store, limit) if store.has_transactions else None
        if found is None:
            found = _one_after_another(store, limit)
    tokens = {each["_id"]: each["token"] for each in found if "token" in each}
    digest = blake2b(repr(tokens).encode(), digest_size=16).hexdigest()
    registry: Document = next((each for each in found if "version" in each), {"version": 0})
    number = next((each["next"] for each in found if "next" in each), 0)
    has_copies = any("copies" in each for each in found)
    changing = registry["version"], registry.get("last")
    return Moment(Marks(digest, tokens), changing, number, has_copies)


def _snapshot(store: Store, limit: int) -> list[Document] | None:
    """Return the documents of a moment, None if the server cannot read them together."""
    registry = [{"$match": REGISTRY}, {"$project": _CHANGING}]
    stages: list[dict[str, Any]] = [
        *([{"$limit": limit}] if limit else []),
        {"$unionWith": {"coll": COLUMN_PARTS, "pipeline": registry}},
        {"$unionWith": ANNOTATION_NUMBERS},
        {"$unionWith": {"coll": DERIVED_STATE, "pipeline": [{"$match": COPIES}]}},
    ]
    changed = store.database.get_collection(CHANGED, read_concern=ReadConcern("snapshot"))
    try:
        return list(changed.aggregate(stages, batchSize=_AT_ONCE))
    except OperationFailure:
        # It has none of collections that were just made.  What else fails, fails again.
        return None


def _one_after_another(store: Store, limit: int) -> list[Document]:
    database = store.database
    return [
        *database[CHANGED].find({}, limit=limit, batch_size=_AT_ONCE),
        *database[COLUMN_PARTS].find(REGISTRY, _CHANGING),
        *database[ANNOTATION_NUMBERS].find(),
        *database[DERIVED_STATE].find(COPIES),
    ]
