"""What ingests have changed: as their dates say, or as the server tells while it happens."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.errors import OperationFailure

from .client import Store

# A writing counts if it sets the date of ingest: others look after what is there already.
_INGESTS = [
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
# The server has no place any more that a token names: InvalidResumeToken, ChangeStreamFatalError,
# ChangeStreamHistoryLost (error_codes.yml of MongoDB).
_LOST = (260, 280, 286)


class Changed(NamedTuple):
    """An observation that may have changed, and what tells its state from earlier ones."""

    rootname: str
    state: str


def state(ingested: datetime | None, files: Mapping[str, Any]) -> str:
    """Return a text that is another one after every ingest of an observation.

    The date of ingest has whole seconds, in which there may be several: the sizes and times of
    the files tell those apart.
    """
    told = [[name, str(file.get("size")), str(file.get("mtime"))] for name, file in files.items()]
    digest = hashlib.sha256(json.dumps(sorted(told)).encode()).hexdigest()
    return f"{ingested} {digest[:16]}"


def since(store: Store, moment: datetime | None) -> Iterator[Changed]:
    """Yield what was ingested from a moment on, by default ever, in that order."""
    filter_ = {} if moment is None else {"last_ingest_date": {"$gte": moment}}
    kept = {"last_ingest_date": 1, "files": 1}
    with store.errors():
        cursor = store.observations.find(filter_, kept, batch_size=1000)
        # As an index has them.
        for found in cursor.sort([("last_ingest_date", 1), ("expstart", 1), ("_id", 1)]):
            yield Changed(
                found["_id"], state(found.get("last_ingest_date"), found.get("files", {}))
            )


def has_streams(store: Store) -> bool:
    """Whether the server tells what changes: only replica sets and clusters of them do."""
    with store.errors():
        answer = store.client.admin.command("hello")
    return "setName" in answer or answer.get("msg") == "isdbgrid"


def token(store: Store) -> Mapping[str, Any] | None:
    """Return the place of now in what the server tells."""
    with store.errors(), store.observations.watch(_INGESTS) as stream:
        return stream.resume_token


def follow(
    store: Store, behind: Mapping[str, Any] | None, wait: float
) -> Iterator[tuple[str | None, Mapping[str, Any] | None]]:
    """Yield the rootname of each observation that is written, and the place behind it.

    Parameters
    ----------
    behind : mapping
        The place to begin at.
    wait : float
        Seconds after which None is yielded where nothing was written, again and again.

    Returns
    -------
    iterator
        Ends if the server does not remember back to that place.
    """
    options = {"resume_after": behind, "max_await_time_ms": max(1, int(1000 * wait))}
    with store.errors():
        try:
            with store.observations.watch(_INGESTS, **options) as stream:
                while stream.alive:
                    event = stream.try_next()
                    yield event and event["documentKey"]["_id"], stream.resume_token
        except OperationFailure as error:
            if error.code not in _LOST:
                raise
