"""Locks: one acsql process at a time may change the archive, and a dead one loses its lock.

Runs of monitors have a lock of their own, so that a long one does not hold up an ingest.  A holder
that yields, as ``acsql statistics fill``, looks whether another process waits for the lock, and
lets it in.

The lock is a document that is written atomically, so it binds all processes that use the database
on any host.  Whether its holder is alive is read from the system where that can be seen: for
processes of the same account, since the same boot of the same machine, in the same container.
Any other holder counts as dead if it has not renewed the lock for a while.  All times are those
of the database server, so the clocks of the hosts do not matter.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pymongo
from pymongo import ReturnDocument

from ..errors import Busy, DatabaseError
from .client import Store
from .outage import ending_early
from .schema import LOCKS, Document, DocumentCollection

logger = logging.getLogger(__name__)

WRITER = "writer"  # of all that change the observations
MONITORS = "monitors"  # of the runs of monitors
RENEW_SECONDS = 10  # time between two renewals
RENEWAL_SECONDS = 2  # the longest that one takes, for which also the end of the holder waits
# Time without renewal after which a holder counts as dead; an ingest waits half of it for a
# database that does not answer.
SILENT_SECONDS = 600
# Time for which others wait for a holder that yields, and between two of their attempts.
YIELD_SECONDS, POLL_SECONDS = 600, 0.2
# Time between two attempts of a patient process.
PATIENT_SECONDS = 2.0


@contextmanager
def hold(
    store: Store, command: str, name: str = WRITER, *, yields: bool = False, patient: bool = False
) -> Iterator[None]:
    """Hold a lock while the block runs.

    Parameters
    ----------
    store : Store
        The open database.
    command : str
        The command that changes the archive, such as ``ingest``, for the message to others.
    name : str
        The name of the lock: `WRITER` or `MONITORS`.
    yields : bool
        Whether the block ends soon after `is_wanted` is true.  Others that do not yield wait for
        that.
    patient : bool
        Whether to wait, however long, until no other process holds the lock.

    Raises
    ------
    Busy
        At the start, if another process holds the lock and does not yield it; at the end, if
        another process has taken it over, because this one did not renew it for `SILENT_SECONDS`.
    DatabaseError
        If the database fails.
    """
    token = _take_or_wait(store, _holder(command) | {"yields": yields}, name, patient)
    ended = threading.Event()
    renewal = threading.Thread(target=_renew, args=(store, name, token, ended), daemon=True)
    renewal.start()
    try:
        yield
    except BaseException:
        with ending_early():
            _end(store, name, token, ended, renewal)
        raise
    if not _end(store, name, token, ended, renewal):
        raise Busy(
            f"acsql {command} lost the lock of the archive: it did not renew it for "
            f"{SILENT_SECONDS} s, and another acsql has changed the archive since; run it again"
        )


def _end(
    store: Store, name: str, token: str, ended: threading.Event, renewal: threading.Thread
) -> bool:
    """End the renewal of the lock and release it; return whether it was still held."""
    ended.set()
    renewal.join()
    with store.errors():
        return _locks(store).delete_one({"_id": name, "token": token}).deleted_count == 1


def is_held(store: Store, name: str = WRITER) -> bool:
    """Return whether a live process holds a lock."""
    place = _place()
    with store.errors():
        holder = _locks(store).find_one({"_id": name})
        if holder is None or _has_ended(holder, place):
            return False
        free = {"_id": name, "$expr": _is_free(None, place)}
        return _locks(store).find_one(free) is None


def is_wanted(store: Store, name: str = WRITER) -> bool:
    """Return whether another process waits for a lock.

    Parameters
    ----------
    store : Store
        The open database.
    name : str
        The name of the lock, which the caller holds and yields.
    """
    with store.errors():
        return _locks(store).find_one({"_id": name, "wanted": True}, {"_id": 1}) is not None


def _locks(store: Store) -> DocumentCollection:
    return store.database[LOCKS]


def _holder(command: str) -> dict[str, Any]:
    """Return the entries of the lock about this process."""
    # Not for commands that only read the database.
    import psutil

    from ..mongod.process import identity

    pid = os.getpid()
    _, began = identity(pid) or (pid, 0.0)
    return {
        "token": uuid.uuid4().hex,
        "command": command,
        "user": psutil.Process().username(),
        "host": socket.gethostname(),
        "pid": pid,
        "began": began,
        "place": _place(),
    }


def _place() -> str:
    """Return the account and the process table that this process sees.

    The system shows whether a holder with the same place is alive.
    """
    import psutil

    user = psutil.Process().username()
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{user} {boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # not Linux
        return f"{user} {socket.gethostname()}"


def _take_or_wait(store: Store, holder: Mapping[str, Any], name: str, patient: bool) -> str:
    """Take a lock; wait for its holder if this process is patient, or ask it to yield."""
    end = time.monotonic() + YIELD_SECONDS
    while True:
        try:
            return _take(store, holder, name)
        except Busy:
            if patient:
                time.sleep(PATIENT_SECONDS)
                continue
            if holder["yields"] or time.monotonic() > end:
                raise
            is_yielded = {"_id": name, "yields": True}
            with store.errors():
                asked = _locks(store).update_one(is_yielded, {"$set": {"wanted": True}})
                if not asked.matched_count and _locks(store).find_one({"_id": name}):
                    raise
            if asked.modified_count:
                logger.info("Waiting until another acsql yields the lock of the archive")
        time.sleep(POLL_SECONDS)


def _take(store: Store, holder: Mapping[str, Any], name: str) -> str:
    """Write a holder into a lock if it is free, and return the token of the holder."""
    token: str = holder["token"]
    with store.errors():
        last = _locks(store).find_one({"_id": name})
        dead = last["token"] if last and _has_ended(last, holder["place"]) else None
        lock = {
            "$mergeObjects": [
                {"$literal": dict(holder)},
                {"_id": name, "since": "$$NOW", "renewed": "$$NOW"},
            ]
        }
        upserted = _locks(store).find_one_and_update(
            {"_id": name},
            [{"$replaceWith": {"$cond": [_is_free(dead, holder["place"]), lock, "$$ROOT"]}}],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
    present = cast(Document, upserted)  # never None: written if missing
    if present["token"] != token:
        raise Busy(
            "acsql {command} is changing the archive: {user} on {host}, process {pid}, "
            "since {since:%Y-%m-%d %H:%M:%S} UTC".format_map(present)
        )
    return token


def _has_ended(holder: Mapping[str, Any], place: str) -> bool:
    """Return whether a holder is a process that would be visible from a place, and is gone."""
    from ..mongod.process import identity

    began = (holder["pid"], holder["began"])
    return holder["place"] == place and identity(holder["pid"]) != began


def _is_free(dead: str | None, place: str) -> dict[str, Any]:
    """Return the expression for a lock without holder, of the dead one, or not renewed."""
    without_holder = {"$in": [{"$ifNull": ["$token", None]}, [None, dead]]}
    elsewhere = {"$ne": ["$place", {"$literal": place}]}
    silent = {"$lt": ["$renewed", {"$subtract": ["$$NOW", SILENT_SECONDS * 1000]}]}
    return {"$or": [without_holder, {"$and": [elsewhere, silent]}]}


def _renew(store: Store, name: str, token: str, ended: threading.Event) -> None:
    """Renew the lock at intervals until its holder has ended."""
    while not ended.wait(RENEW_SECONDS):
        try:
            with store.errors(), pymongo.timeout(RENEWAL_SECONDS):
                _locks(store).update_one(
                    {"_id": name, "token": token}, [{"$set": {"renewed": "$$NOW"}}]
                )
        except DatabaseError as error:
            # The next attempt follows soon, and the holder's own queries report a lost database.
            logger.warning("Could not renew the lock of the archive: %s", error)
