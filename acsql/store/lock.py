"""The right to change the archive: one acsql has it at a time, and a dead one has it no longer.

It is a document that is taken by one atomic write, so it binds whoever uses the database,
wherever they run.  Whether its holder still lives is asked of the system where that can be asked:
by the same account, since the same start of the same machine, outside or inside the same
container.  Anywhere else a holder counts as dead when it has not been heard of for a while; all
times are the database server's, so that the clocks of the hosts do not matter.
"""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pymongo
from pymongo import ReturnDocument
from pymongo.collection import Collection

from ..errors import Busy, DatabaseError
from ..mongod.server import identity
from .client import Store

logger = logging.getLogger(__name__)

LOCKS = "locks"
WRITER = "writer"  # the only lock there is
RENEW_SECONDS = 10  # how often a holder lets itself be heard of
SILENT_SECONDS = 600  # how long it may not; an ingest waits half of that for a lost database


@contextmanager
def hold(store: Store, command: str) -> Iterator[None]:
    """Be the only one who changes the archive while the block runs.

    Parameters
    ----------
    command : str
        What of acsql does it, such as ``ingest``; others who try are told.

    Raises
    ------
    Busy
        At once, if another holds the lock; or at the end of the block, if another has taken it
        over meanwhile, because this one was not heard of for `SILENT_SECONDS`.
    DatabaseError
        If the database does not answer.
    """
    token = _take(store, _owner(command))
    freed = threading.Event()
    renewing = threading.Thread(target=_renew, args=(store, token, freed), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        freed.set()
        renewing.join()
        was_held = _free(store, token)
    if not was_held:
        raise Busy(
            f"acsql {command} was not heard of for {SILENT_SECONDS} s, and another acsql has "
            "changed the archive since: run it again"
        )


def is_held(store: Store) -> bool:
    """Whether a living acsql changes the archive now."""
    place = _owner("")["place"]
    with store.errors():
        last = _locks(store).find_one({"_id": WRITER})
        if last is None or _has_ended(last, place):
            return False
        free = {"_id": WRITER, "$expr": _is_free(None, place)}
        return _locks(store).find_one(free) is None


def _locks(store: Store) -> Collection:
    return store.database[LOCKS]


def _owner(command: str) -> dict[str, Any]:
    """Return what the lock's document tells of this process."""
    user = psutil.Process().username()
    pid, began = identity(os.getpid())
    return {
        "token": uuid.uuid4().hex,
        "command": command,
        "user": user,
        "host": socket.gethostname(),
        "pid": pid,
        "began": began,
        "place": f"{user} {_processes()}",
    }


def _processes() -> str:
    """Return what tells the processes that can be seen from here from any others."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # only Linux tells
        return socket.gethostname()


def _take(store: Store, owner: Mapping[str, Any]) -> str:
    """Write the owner into the lock if it is free, and return its token."""
    with store.errors():
        last = _locks(store).find_one({"_id": WRITER})
        dead = last["token"] if last and _has_ended(last, owner["place"]) else None
        mine = {
            "$mergeObjects": [
                {"$literal": dict(owner)},
                {"_id": WRITER, "since": "$$NOW", "renewed": "$$NOW"},
            ]
        }
        holder = _locks(store).find_one_and_update(
            {"_id": WRITER},
            [{"$replaceWith": {"$cond": [_is_free(dead, owner["place"]), mine, "$$ROOT"]}}],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
    if holder["token"] != owner["token"]:
        raise Busy(
            "acsql {command} is changing the archive: {user} on {host}, process {pid}, "
            "since {since:%Y-%m-%d %H:%M:%S} UTC".format_map(holder)
        )
    return owner["token"]


def _has_ended(holder: Mapping[str, Any], place: str) -> bool:
    """Whether a holder is one of the processes that can be seen from here, and gone."""
    began = (holder["pid"], holder["began"])
    return holder["place"] == place and identity(holder["pid"]) != began


def _is_free(dead: str | None, place: str) -> dict[str, Any]:
    """Return the expression for a lock of nobody, of the one with a token, or of one silent."""
    nobody_or_dead = {"$in": [{"$ifNull": ["$token", None]}, [None, dead]]}
    elsewhere = {"$ne": ["$place", {"$literal": place}]}
    heard_of_at_least = {"$subtract": ["$$NOW", SILENT_SECONDS * 1000]}
    silent = {"$lt": ["$renewed", heard_of_at_least]}
    return {"$or": [nobody_or_dead, {"$and": [elsewhere, silent]}]}


def _renew(store: Store, token: str, freed: threading.Event) -> None:
    """Let the holder be heard of until the lock is freed."""
    while not freed.wait(RENEW_SECONDS):
        try:
            with store.errors(), pymongo.timeout(RENEW_SECONDS):
                _locks(store).update_one(
                    {"_id": WRITER, "token": token}, [{"$set": {"renewed": "$$NOW"}}]
                )
        except DatabaseError as error:
            # The next time comes soon, and whoever needs the database tells of its absence.
            logger.warning("The lock is not renewed: %s", error)


def _free(store: Store, token: str) -> bool:
    """Give the lock back, and return whether it was still held."""
    with store.errors():
        return _locks(store).delete_one({"_id": WRITER, "token": token}).deleted_count == 1
