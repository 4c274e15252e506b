"""The change feed: ingested observations, by their dates or from a change stream.

MongoDB has change streams on replica sets and sharded clusters only; ingest dates work anywhere.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.errors import OperationFailure

from .client import Store

# Writes by an ingest set its date; others, such as a checksum, change nothing that is watched.
_INGESTS: list[dict[str, Any]] = [
    {
        "$match": {
            "$or": [
                {"operationType": {"$in": ["insert", "replace"]}},
                {"updateDescription.updatedFields.last_ingest_date": {"$exists": True}},
            ]
        }
    },
    {"$project": {"documentKey": 1}},
]
# Errors of a resume token that is too old: InvalidResumeToken, ChangeStreamFatalError and
# ChangeStreamHistoryLost (error_codes.yml of MongoDB).
_HISTORY_LOST = (260, 280, 286)
_BATCH = 1000  # documents that are fetched together


class Change(NamedTuple):
    """An observation that may have changed, and the fingerprint of its present state."""

    rootname: str
    fingerprint: str


def fingerprint(ingested: datetime | None, files: Mapping[str, Any]) -> str:
    """Return a text that differs after every ingest of an observation.

    The ingest date has whole seconds, in which there may be several ingests; sizes and
    modification times of the files distinguish those.

    Parameters
    ----------
    ingested : datetime or None
        The date of the last ingest, in UTC.
    files : mapping
        The records of the files, by filetype.

    Returns
    -------
    str
        The date and 16 hexadecimal digits of a SHA-256 digest.
    """
    states = [[name, str(file.get("size")), str(file.get("mtime"))] for name, file in files.items()]
    digest = hashlib.sha256(json.dumps(sorted(states)).encode()).hexdigest()
    return f"{ingested} {digest[:16]}"


def ingested_since(store: Store, moment: datetime | None) -> Iterator[Change]:
    """Yield the observations that were ingested since a moment, in the order of ingest.

    Parameters
    ----------
    store : Store
        The open database.
    moment : datetime or None
        In UTC; None for all observations.

    Yields
    ------
    Change
    """
    filter_ = {} if moment is None else {"last_ingest_date": {"$gte": moment}}
    fields = {"last_ingest_date": 1, "files": 1}
    with store.errors():
        cursor = store.observations.find(filter_, fields, batch_size=_BATCH)
        # In the order of an index.
        for document in cursor.sort([("last_ingest_date", 1), ("expstart", 1), ("_id", 1)]):
            ingested, files = document.get("last_ingest_date"), document.get("files", {})
            yield Change(document["_id"], fingerprint(ingested, files))


def supports_streams(store: Store) -> bool:
    """Return whether the server has change streams: replica sets and sharded clusters do."""
    return store.has_transactions


def resume_token(store: Store) -> Mapping[str, Any] | None:
    """Return the present position in the change stream."""
    with store.errors(), store.observations.watch(_INGESTS) as stream:
        return stream.resume_token


def follow(
    store: Store, token: Mapping[str, Any] | None, wait: float
) -> Iterator[tuple[str | None, Mapping[str, Any] | None]]:
    """Yield each observation that is ingested, until the server has lost the position.

    Parameters
    ----------
    store : Store
        The open database.
    token : mapping or None
        The position to start after; None for the present.
    wait : float
        Seconds of no ingest after which None is yielded as rootname, repeatedly.

    Yields
    ------
    rootname : str or None
        The observation.
    token : mapping or None
        The position after it.
    """
    milliseconds = max(1, int(1000 * wait))
    with store.errors():
        try:
            with store.observations.watch(
                _INGESTS, resume_after=token, max_await_time_ms=milliseconds
            ) as stream:
                while stream.alive:
                    event = stream.try_next()
                    rootname = None if event is None else event["documentKey"]["_id"]
                    yield rootname, stream.resume_token
        except OperationFailure as error:
            if error.code not in _HISTORY_LOST:
                raise
