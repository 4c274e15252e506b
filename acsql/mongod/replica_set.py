"""The private server as a replica set of one member, for transactions and change streams."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from bson.int64 import Int64
from pymongo import MongoClient
from pymongo.errors import AutoReconnect, PyMongoError

from ..errors import DatabaseError

HOST = "127.0.0.1"
NAME = "acsql"  # of the replica set and of the database
ANSWER_MS = 60_000  # the longest that a started server may take to accept writes


def uri(port: int) -> str:
    """Return the connection string of the server on a port, for acsql, pymongo and mongosh."""
    return f"mongodb://{HOST}:{port}/{NAME}?replicaSet={NAME}"


def become_primary(port: int, log: Path) -> None:
    """Make the server on a port the one member of its replica set, and wait until it is primary.

    Parameters
    ----------
    port : int
        Where it listens.
    log : Path
        Its log, for the message.

    Raises
    ------
    DatabaseError
        If it does not accept writes within `ANSWER_MS`.
    """
    address = f"{HOST}:{port}"
    config = {"_id": NAME, "version": 1, "members": [{"_id": 0, "host": address}]}
    try:
        with _direct(port) as client:
            stored = client.local["system.replset"].find_one()
            if stored is None:
                client.admin.command("replSetInitiate", config)
        if stored and stored["members"][0]["host"] != address:
            _await_loaded_config(port)
            with _direct(port) as client:
                client.admin.command("replSetReconfig", config, force=True)
        primary: MongoClient[dict[str, Any]]
        with MongoClient(uri(port), serverSelectionTimeoutMS=ANSWER_MS) as primary:
            primary.admin.command("ping")  # commands go to the primary
    except PyMongoError as error:
        raise DatabaseError(
            f"the private MongoDB on port {port} does not become ready: {error}; see its log {log}"
        ) from error


def _direct(port: int) -> MongoClient[Mapping[str, Any]]:
    return MongoClient(HOST, port, directConnection=True, serverSelectionTimeoutMS=ANSWER_MS)


def _await_loaded_config(port: int) -> None:
    """Wait until mongod has loaded a configuration that names another port.

    It first tries to reach itself on that port, and takes no new configuration meanwhile; this
    lasts 30 s if another program listens on the port and does not answer.  A server numbers the
    changes of its state from 0, so a ``hello`` that awaits a state after number 0 returns then,
    or has its connection closed by the change.
    """
    with suppress(AutoReconnect), _direct(port) as client:
        version = client.admin.command("hello")["topologyVersion"]
        client.admin.command(
            "hello",
            topologyVersion=version | {"counter": Int64(0)},
            maxAwaitTimeMS=ANSWER_MS,
        )
