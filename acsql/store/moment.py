"""A moment of the database: its version, by which a process knows whether its caches are current.

Each write of an observation, and each fold, changes the marks or the registry of the columns, and
each annotation takes a number.  One query reads all of them.  A request to the site reads them
once, at its beginning, and while an ingest writes it may take marks that another has just read.
"""

import math
import secrets
import time
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, NamedTuple
from uuid import uuid4

from bson import Timestamp
from cachetools import LRUCache
from pymongo.errors import AutoReconnect, OperationFailure

from .client import Store
from .lock import WRITER
from .schema import ANNOTATION_NUMBERS, CHANGED, COLUMN_PARTS, DERIVED_STATE, LOCKS, Document

# Marks that are read, of some 90 bytes each; with more of them, documents answer.
MOST_MARKS = 50_000
# Marks, or documents, that the server sends together.
_AT_ONCE = 10_000
# Failures of commands that read a snapshot: the server has none, as of collections that were just
# made, or the connection is lost, after which the driver does not repeat commands.  A read without
# a snapshot succeeds, or says what else is wrong.
NO_SNAPSHOT = (OperationFailure, AutoReconnect)
# With fewer marks, one query for all parts of a moment is faster than a second one for the marks.
_FEW = 50
# Bits of a token, a positive integer of MongoDB: two changes never get the same one.
_TOKEN_BITS = 63
# Databases whose marks are kept.
_MOST_DATABASES = 4
# Who holds the lock without which no observation is written.
_HOLDER: list[Mapping[str, Any]] = [
    {"$match": {"_id": WRITER}},
    {"$project": {"_id": 0, "holder": "$token"}},
]
# The registry of `acsql.store.columns.parts`, and its values that each replacement changes, also
# if the whole database is replaced.
REGISTRY = {"_id": "parts"}
_CHANGING = {"version": 1, "last": {"$last": "$parts.id"}}
# Says that all headerless observations have been made, and that each write of an observation has
# written its own since then.
COPIES = {"_id": "state", "copies": True}


@dataclass(frozen=True)
class Marks:
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
    remade : int
        The sum of the lengths of `recent` since the base.  Each change rebuilds the arrays of all
        recent marks, so this is the work that rebuilding has taken.
    at : bson.Timestamp or None
        The cluster time of a snapshot with these marks, None if none is known.
    """

    id: str
    tokens: Mapping[str, Any]
    base: "Marks | None" = None
    recent: Mapping[str, Any] = field(default_factory=dict)
    remade: int = 0
    at: Timestamp | None = field(default=None, compare=False)

    def with_new(self, new: Mapping[str, Any]) -> "Marks":
        """Return the marks with newer ones, which replace those of the same observations.

        They become a base when those that are kept apart have been remade as often as a base has
        marks, so that neither takes much more time than the other.
        """
        tokens, recent = {**self.tokens, **new}, {**self.recent, **new}
        remade = self.remade + len(recent)
        if remade > len(tokens):
            return Marks(uuid4().hex, tokens)
        return Marks(uuid4().hex, tokens, self.base or self, recent, remade)


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
    holder : str or None
        The token of the process that may write observations, None if there is none.
    """

    marks: Marks
    registry: tuple[int, str | None]
    number: int
    has_copies: bool
    holder: str | None = None


class _KeptMarks(NamedTuple):
    """Marks as they were read last.

    Attributes
    ----------
    marks : Marks
        The marks.
    registry : tuple or None
        The registry in this snapshot, None if new marks may not be added to these.
    holder : str or None
        The holder of the lock in this snapshot.
    since : float
        When the snapshot was asked for, in seconds of the monotonic clock.
    """

    marks: Marks
    registry: tuple[int, str | None] | None = None
    holder: str | None = None
    since: float = -math.inf


class _Read(NamedTuple):
    """Marks, and the other documents of a moment."""

    marks: Marks
    rest: Sequence[Document]


_NONE = _KeptMarks(Marks("", {}))
_kept: LRUCache[Hashable, _KeptMarks] = LRUCache(_MOST_DATABASES)
_lock = Lock()


def new_token() -> int:
    """Return a token for a change of an observation: a random number."""
    return secrets.randbits(_TOKEN_BITS)


class _Block(NamedTuple):
    """A block of `one_moment`: its greatest age, and stores and limits to moments that are read."""

    max_age: float
    moments: dict[tuple[Store, int], Moment]


_block: ContextVar[_Block | None] = ContextVar("block", default=None)


@contextmanager
def one_moment(max_age: float = 0.0) -> Iterator[None]:
    """Let `current` read once, as far as the block is executed by this thread.

    The block has to be short, and must not read what it has written itself.  In another block it
    has the moment and the age of that one.

    Parameters
    ----------
    max_age : float
        Seconds.  While one process holds the lock of those that write observations, `current` may
        return marks that this process has read so long before, which takes less time.
    """
    if _block.get() is not None:
        yield
        return
    token = _block.set(_Block(max_age, {}))
    try:
        yield
    finally:
        _block.reset(token)


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
        All but the marks is read now.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    block = _block.get()
    if block is None:
        return _current(store, limit)
    moments = block.moments
    if (store, limit) not in moments:
        moments[store, limit] = _current(store, limit, block.max_age)
    return moments[store, limit]


def max_age() -> float:
    """Return the greatest age of the marks in a block of `one_moment`, in seconds."""
    block = _block.get()
    return 0.0 if block is None else block.max_age


def of_block(store: Store) -> Moment | None:
    """Return the moment of the block of `one_moment`, None outside of one."""
    return None if _block.get() is None else current(store)


def _current(store: Store, limit: int, max_age: float = 0.0) -> Moment:
    place = store.connection_string, store.database.name, limit
    since = time.monotonic()
    with _lock:
        kept = _kept.get(place, _NONE)
    is_young = since - kept.since < max_age
    with store.errors():
        read = _snapshot(store, limit, kept, is_young) or _one_after_another(store, limit, kept)
    marks, registry, holder = read.marks, _registry(read.rest), _holder(read.rest)
    if marks.at is None or marks.at != kept.marks.at:
        can_grow = marks.at is not None and _can_grow(marks, kept, limit)
        registry_ = registry if can_grow else None
        with _lock:
            _kept[place] = _KeptMarks(marks, registry_, holder, since)
    number = next((each["next"] for each in read.rest if "next" in each), 0)
    has_copies = any("copies" in each for each in read.rest)
    return Moment(marks, registry, number, has_copies, holder)


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


def _holder(documents: Iterable[Document]) -> str | None:
    return next((each["holder"] for each in documents if "holder" in each), None)


def _snapshot(store: Store, limit: int, kept: _KeptMarks, is_young: bool) -> _Read | None:
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
        {"$unionWith": {"coll": LOCKS, "pipeline": _HOLDER}},
    ]
    together = len(kept.marks.tokens) < _FEW and not is_young
    if together:
        stages.append({"$unionWith": {"coll": CHANGED, "pipeline": [{"$limit": limit}]}})
    cursor = {"batchSize": limit + len(stages)}
    try:
        rest, at = _all_at(store, None, aggregate=COLUMN_PARTS, pipeline=stages, cursor=cursor)
        if at is None:
            return None
        if together:
            marks = replace(_marks(rest, kept), at=at)
            return _Read(marks, [each for each in rest if "token" not in each])
        if at == kept.marks.at or (is_young and _is_of(kept, rest)):
            return _Read(kept.marks, rest)
        marks = replace(_marks_at(store, limit, kept, rest, at), at=at)
    except NO_SNAPSHOT:
        return None
    return _Read(marks, rest)


def _is_of(kept: _KeptMarks, rest: Iterable[Document]) -> bool:
    """Return whether a run that writes is the same as that of the kept marks, without a fold since.

    As soon as it has ended, its last marks are read.
    """
    holder = _holder(rest)
    return holder is not None and (holder, _registry(rest)) == (kept.holder, kept.registry)


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


def read_at(
    store: Store, at: Timestamp, collection: str, filter_: Mapping[str, Any], fields: Iterable[str]
) -> list[Document]:
    """Return documents as they were at a moment.

    Parameters
    ----------
    store : Store
        The open database.
    at : bson.Timestamp
        The cluster time of a snapshot, of the last minutes.
    collection : str
        The name of the collection.
    filter_ : mapping
        The MongoDB filter of a few documents.
    fields : iterable of str
        The MongoDB field paths to read.

    Returns
    -------
    list of dict
        The documents.

    Raises
    ------
    pymongo.errors.OperationFailure, pymongo.errors.AutoReconnect
        As `NO_SNAPSHOT`: the server has lost the snapshot, or the documents do not fit into one
        answer; the connection is lost.
    """
    command = {"filter": filter_, "projection": dict.fromkeys(fields, 1), "batchSize": _AT_ONCE}
    documents, _ = _all_at(store, at, find=collection, **command)
    return documents


def _all_at(
    store: Store, at: Timestamp | None, **command: Any
) -> tuple[list[Document], Timestamp | None]:
    """Return the documents that a command reads in a snapshot, and its cluster time.

    Without a given cluster time, the server chooses the newest snapshot.  The cursors of the driver
    do not have its time, and neither has the answer of a collection that does not exist.
    """
    concern = {"level": "snapshot"} | ({} if at is None else {"atClusterTime": at})
    cursor = store.database.command(
        command, readConcern=concern, read_preference=store.database.read_preference
    )["cursor"]
    if cursor["id"]:
        raise OperationFailure("the documents do not fit into one answer")
    return cursor["firstBatch"], cursor.get("atClusterTime", at)


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
        *database[LOCKS].aggregate(_HOLDER),
    )
    return _Read(replace(marks, at=None), rest)
