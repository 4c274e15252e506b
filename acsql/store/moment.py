"""A moment of the database: its version, by which a process knows whether its caches are current.

Each write of an observation, and each fold, changes the marks or the registry of the columns, and
each annotation takes a number.  One query reads all of them.  A request to the site reads them
once, at its beginning.
"""

import secrets
import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b
from threading import Lock
from typing import Any, NamedTuple

from cachetools import LRUCache
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern

from .client import Store
from .schema import ANNOTATION_NUMBERS, CHANGED, COLUMN_PARTS, DERIVED_STATE, Document

# Marks that are read, of some 90 bytes each; with more of them, documents answer.
MOST_MARKS = 50_000
# Marks that the server sends together.
_AT_ONCE = 10_000
# Fewer marks are read sooner than the server adds their tokens up.
_FEW = 200
# Seconds for which all marks are read at once after they have changed, as they do in an ingest.
_CHANGING_S = 1.0
# Bits of a token: the sum of MOST_MARKS tokens is an integer of 64 bits, and two changes of an
# observation get the same one once in 7e13 times.
_TOKEN_BITS = 46
# Databases whose marks are kept.
_MOST_DATABASES = 4
# The registry of `acsql.store.columns.parts`, and its values that each replacement changes, also
# if the whole database is replaced.
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
        The marks of changed observations.
    registry : tuple
        The version of the registry of the columns, 0 before the first, and its last part.
    number : int
        The number of the next annotation; the same as long as nothing is annotated.
    has_copies : bool
        Whether all headerless observations have been made.
    """

    marks: Marks
    registry: tuple[int, str | None]
    number: int
    has_copies: bool


class _KeptMarks(NamedTuple):
    """Marks as they were read last, their sum on the server, and the time of their last change."""

    marks: Marks
    total: tuple[int, int, int]
    since: float


_kept: LRUCache[Hashable, _KeptMarks] = LRUCache(_MOST_DATABASES)
_lock = Lock()


def new_token() -> int:
    """Return a token for a change of an observation: a random number."""
    return secrets.randbits(_TOKEN_BITS)


# Stores and limits to the moment that the block has read, None outside of a block.
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
        return _with_kept_marks(store, limit) or _with_all_marks(store, limit)


def _with_kept_marks(store: Store, limit: int) -> Moment | None:
    """Return the moment if its marks are those that were read last, else None.

    Two thousand marks take the server and this process longer to send and read than a search
    takes; the server adds their tokens up, which are random numbers, in less than half the time.
    """
    with _lock:
        kept = _kept.get(_place(store, limit))
    if kept is None or time.monotonic() - kept.since < _CHANGING_S:
        return None
    total = {
        "_id": None,
        "marks": {"$sum": 1},
        "sum": {"$sum": "$token"},
        # Text, as tokens of older versions are, is higher than any number.
        "highest": {"$max": "$token"},
    }
    found = _snapshot(store, [{"$limit": limit}, {"$group": total}]) or []
    totals = [(each["marks"], each["sum"], each["highest"]) for each in found if "sum" in each]
    return _moment(kept.marks, found) if totals == [kept.total] else None


def _with_all_marks(store: Store, limit: int) -> Moment:
    found = None
    if store.has_transactions:
        found = _snapshot(store, [{"$limit": limit}] if limit else [])
    if found is None:
        found = _one_after_another(store, limit)
    tokens = {each["_id"]: each["token"] for each in found if "token" in each}
    digest = blake2b(repr(tokens).encode(), digest_size=16).hexdigest()
    marks = Marks(digest, tokens)
    _keep(store, limit, marks)
    return _moment(marks, found)


def _moment(marks: Marks, found: Sequence[Document]) -> Moment:
    registry: Document = next((each for each in found if "version" in each), {"version": 0})
    number = next((each["next"] for each in found if "next" in each), 0)
    has_copies = any("copies" in each for each in found)
    return Moment(marks, (registry["version"], registry.get("last")), number, has_copies)


def _place(store: Store, limit: int) -> Hashable:
    return store.connection_string, store.database.name, limit


def _keep(store: Store, limit: int, marks: Marks) -> None:
    """Keep marks if they are many, and all of their tokens are numbers."""
    tokens = marks.tokens.values()
    if not limit or len(tokens) < _FEW or not store.has_transactions:
        return
    if not all(isinstance(token, int) for token in tokens):
        return
    place = _place(store, limit)
    with _lock:
        before = _kept.get(place)
        if before is None or before.marks.id != marks.id:
            total = len(tokens), sum(tokens), max(tokens)
            _kept[place] = _KeptMarks(marks, total, time.monotonic())


def _snapshot(store: Store, first: Sequence[Mapping[str, Any]]) -> list[Document] | None:
    """Return the documents of a moment, None if the server cannot read them together.

    The first stages are those for the marks.
    """
    registry = [{"$match": REGISTRY}, {"$project": _CHANGING}]
    stages = [
        *first,
        {"$unionWith": {"coll": COLUMN_PARTS, "pipeline": registry}},
        {"$unionWith": ANNOTATION_NUMBERS},
        {"$unionWith": {"coll": DERIVED_STATE, "pipeline": [{"$match": COPIES}]}},
    ]
    changed = store.database.get_collection(CHANGED, read_concern=ReadConcern("snapshot"))
    try:
        return list(changed.aggregate(stages, batchSize=_AT_ONCE))
    except OperationFailure:
        # It has none of collections that were just made.  Any other failure comes again.
        return None


def _one_after_another(store: Store, limit: int) -> list[Document]:
    database = store.database
    return [
        *database[CHANGED].find({}, limit=limit, batch_size=_AT_ONCE),
        *database[COLUMN_PARTS].find(REGISTRY, _CHANGING),
        *database[ANNOTATION_NUMBERS].find(),
        *database[DERIVED_STATE].find(COPIES),
    ]
