"""A moment of the database: its version, by which a process knows whether its caches are current.

Each write of an observation, and each fold, changes the marks or the registry of the columns, and
each annotation takes a number.  One query reads all of them.  A request to the site reads them
once, at its beginning.
"""

import secrets
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import uuid4

from bson import Timestamp
from cachetools import LRUCache
from pymongo.errors import AutoReconnect, OperationFailure

from .client import Store
from .schema import ANNOTATION_NUMBERS, CHANGED, COLUMN_PARTS, DERIVED_STATE, Document

# Marks that are read, of some 90 bytes each; with more of them, documents answer.
MOST_MARKS = 50_000
# Marks that the server sends together.
_AT_ONCE = 10_000
# With fewer marks, one query for all parts of a moment is faster than a second one for the marks.
_FEW = 50
# The most recent changes that are kept apart from the other marks; see `Marks.recent`.
_MOST_RECENT = 100
# Bits of a token, a positive integer of MongoDB: two changes never get the same one.
_TOKEN_BITS = 63
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
    base : Marks or None
        The marks before the recent changes, None without recent changes.
    recent : dict
        The marks that are new since then, and not in the base.
    """

    id: str
    tokens: Mapping[str, Any]
    base: "Marks | None" = None
    recent: Mapping[str, Any] = MappingProxyType({})

    def with_new(self, new: Mapping[str, Any]) -> "Marks":
        """Return the marks with newer ones, which replace those of the same observations."""
        tokens, recent = {**self.tokens, **new}, {**self.recent, **new}
        if len(recent) > _MOST_RECENT:
            return Marks(uuid4().hex, tokens)
        return Marks(uuid4().hex, tokens, self.base or self, recent)


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
    """Marks as they were read last.

    Attributes
    ----------
    marks : Marks
        The marks.
    at : bson.Timestamp or None
        The cluster time of their snapshot, None if it is unknown.
    registry : tuple or None
        The registry in this snapshot, None if new marks may not be added to these.
    """

    marks: Marks
    at: Timestamp | None = None
    registry: tuple[int, str | None] | None = None


class _Read(NamedTuple):
    """Marks, the documents of the rest of a moment, and its cluster time, None if it is unknown."""

    marks: Marks
    rest: Sequence[Document]
    at: Timestamp | None


_NONE = _KeptMarks(Marks("", {}))
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
    place = store.connection_string, store.database.name, limit
    with _lock:
        kept = _kept.get(place, _NONE)
    with store.errors():
        read = _snapshot(store, limit, kept) or _one_after_another(store, limit, kept)
    marks, registry = read.marks, _registry(read.rest)
    can_grow = read.at is not None and _can_grow(marks, kept, limit)
    with _lock:
        _kept[place] = _KeptMarks(marks, read.at, registry if can_grow else None)
    number = next((each["next"] for each in read.rest if "next" in each), 0)
    return Moment(marks, registry, number, any("copies" in each for each in read.rest))


def _can_grow(marks: Marks, kept: _KeptMarks, limit: int) -> bool:
    """Return whether all marks were read, and no other change can have the token of one of them."""
    tokens = marks.tokens
    if kept.registry is not None and marks.base is not None:
        # The others are of the kept marks.
        tokens = marks.recent
    # Older versions and migrations wrote texts, some of them more than once.
    return len(marks.tokens) < limit and all(isinstance(each, int) for each in tokens.values())


def _registry(documents: Iterable[Document]) -> tuple[int, str | None]:
    found: Document = next((each for each in documents if "version" in each), {"version": 0})
    return found["version"], found.get("last")


def _snapshot(store: Store, limit: int, kept: _KeptMarks) -> _Read | None:
    """Return what a snapshot has, None if the server cannot read it.

    Two thousand marks take the server and this process half as long as a search takes.  All
    snapshots between two writes have the same cluster time, and thus the same marks.
    """
    if not store.has_transactions or not limit:
        return None
    stages: list[Mapping[str, Any]] = [
        {"$match": REGISTRY},
        {"$project": _CHANGING},
        {"$unionWith": ANNOTATION_NUMBERS},
        {"$unionWith": {"coll": DERIVED_STATE, "pipeline": [{"$match": COPIES}]}},
    ]
    together = len(kept.marks.tokens) < _FEW
    if together:
        stages.append({"$unionWith": {"coll": CHANGED, "pipeline": [{"$limit": limit}]}})
    cursor = {"batchSize": limit + len(stages)}
    try:
        rest, at = _all_at(store, None, aggregate=COLUMN_PARTS, pipeline=stages, cursor=cursor)
        if together:
            marks = _marks(rest, kept)
            return _Read(marks, [each for each in rest if "token" not in each], at)
        marks = kept.marks if at == kept.at else _marks_at(store, limit, kept, rest, at)
    except (OperationFailure, AutoReconnect):
        # It has no snapshot of collections that were just made, and the driver does not repeat
        # commands.  Any other failure comes again.
        return None
    return _Read(marks, rest, at)


def _marks_at(
    store: Store, limit: int, kept: _KeptMarks, rest: Sequence[Document], at: Timestamp
) -> Marks:
    """Return the marks of a snapshot, of which the server sends those that were not kept.

    A fold removes marks after it has changed the registry.  So with the same registry, a kept
    mark is of a value that is in the columns, or it is still there, or a newer one is.
    """
    if kept.registry != _registry(rest):
        every, _ = _all_at(store, at, find=CHANGED, limit=limit, batchSize=limit)
        return _marks(every, kept)
    others = {"token": {"$nin": list(kept.marks.tokens.values())}}
    new, _ = _all_at(store, at, find=CHANGED, filter=others, limit=limit, batchSize=limit)
    return kept.marks.with_new(_tokens(new)) if new else kept.marks


def _all_at(store: Store, at: Timestamp | None, **command: Any) -> tuple[list[Document], Timestamp]:
    """Return the documents that a command reads in a snapshot, and its cluster time.

    Without a given cluster time, the server chooses the newest snapshot.  The cursors of the driver
    do not have its time.
    """
    concern = {"level": "snapshot"} | ({} if at is None else {"atClusterTime": at})
    cursor = store.database.command(
        command, readConcern=concern, read_preference=store.database.read_preference
    )["cursor"]
    if cursor["id"]:
        raise OperationFailure("the documents do not fit into one answer")
    return cursor["firstBatch"], cursor["atClusterTime"]


def _marks(documents: Iterable[Document], kept: _KeptMarks) -> Marks:
    """Return all marks, the kept ones if they are the same."""
    tokens = _tokens(documents)
    return kept.marks if tokens == kept.marks.tokens else Marks(uuid4().hex, tokens)


def _tokens(documents: Iterable[Document]) -> dict[str, Any]:
    return {each["_id"]: each["token"] for each in documents if "token" in each}


def _one_after_another(store: Store, limit: int, kept: _KeptMarks) -> _Read:
    """Return what is stored now; a write meanwhile may be in some of it."""
    database = store.database
    marks = _marks(database[CHANGED].find({}, limit=limit, batch_size=_AT_ONCE), kept)
    rest = (
        *database[COLUMN_PARTS].find(REGISTRY, _CHANGING),
        *database[ANNOTATION_NUMBERS].find(),
        *database[DERIVED_STATE].find(COPIES),
    )
    return _Read(marks, rest, None)
