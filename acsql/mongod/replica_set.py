"""The private server as a replica set of one member, for transactions and change streams."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from bson.int64 import Int64
from pymongo import MongoClient
from pymongo.errors import AutoReconnect, ConnectionFailure, OperationFailure, PyMongoError
from tenacity import Retrying, retry_if_exception, stop_after_delay

from ..errors import DatabaseError
from .process import RunningServer, ServerEnded, identity
from .users import ANNOTATOR, Credentials, create_users

HOST = "127.0.0.1"
NAME = "acsql"  # of the replica set and of the database
ANSWER_SECONDS = 60  # the longest that a started server may take to accept writes
_ATTEMPT_MS = 1000  # the longest that one look at it waits for a connection
# https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
_AUTHENTICATION_FAILED = 18


def uri(port: int, user_info: str = "") -> str:
    """Return the connection string of the server on a port, for acsql, pymongo and mongosh.

    Parameters
    ----------
    port : int
        Where it listens.
    user_info : str
        ``user:password@``, or nothing for an address that may be shown.

    Returns
    -------
    str
        ``mongodb://...``.
    """
    return f"mongodb://{user_info}{HOST}:{port}/{NAME}?replicaSet={NAME}"


def become_ready(server: RunningServer, credentials: Credentials, log: Path) -> None:
    """Make a server the primary of its replica set, with the users of acsql.

    Parameters
    ----------
    server : RunningServer
        The server.
    credentials : Credentials
        The secrets of the server and of its users.
    log : Path
        Its log, for the message.

    Raises
    ------
    DatabaseError
        If it does not accept writes within `ANSWER_SECONDS`.
    ServerEnded
        If its process ends meanwhile.
    """
    process = identity(server.pid)

    # Each attempt is short, so that a server that was killed is not waited for.
    retrying = Retrying(
        retry=retry_if_exception(
            lambda error: isinstance(error, ConnectionFailure) and identity(server.pid) == process
        ),
        stop=stop_after_delay(ANSWER_SECONDS),
        reraise=True,
    )
    try:
        retrying(_become_ready, server.port, credentials)
    except PyMongoError as error:
        kind = DatabaseError if identity(server.pid) == process else ServerEnded
        raise kind(
            f"the private MongoDB on port {server.port} does not become ready: {error}; "
            f"see its log {log}"
        ) from error


def _become_ready(port: int, credentials: Credentials) -> None:
    with _direct(port) as client:
        ready = client.is_primary
    if not ready:
        _become_primary(port, credentials.administrator)
    if not _accepts(port, credentials):
        with _client(uri(port), credentials.administrator) as client:
            create_users(client[NAME], credentials)


def version(port: int) -> str:
    """Return the version of the running mongod on a port.

    Parameters
    ----------
    port : int
        Where it listens.

    Returns
    -------
    str
        Such as ``6.0.27``.

    Raises
    ------
    DatabaseError
        If it does not answer.
    """
    try:
        with _direct(port) as client:
            return str(client.server_info()["version"])
    except PyMongoError as error:
        raise DatabaseError(f"the private MongoDB on port {port}: {error}") from error


def _become_primary(port: int, administrator: Mapping[str, str]) -> None:
    """Initiate the replica set, or change its configuration to the port."""
    address = f"{HOST}:{port}"
    config = {"_id": NAME, "version": 1, "members": [{"_id": 0, "host": address}]}
    with _direct(port, administrator) as client:
        stored = client.local["system.replset"].find_one()
        if stored is None:
            client.admin.command("replSetInitiate", config)
    if stored and stored["members"][0]["host"] != address:
        _await_loaded_config(port)
        with _direct(port, administrator) as client:
            client.admin.command("replSetReconfig", config, force=True)


def _accepts(port: int, credentials: Credentials) -> bool:
    """Wait until the server is primary, and return whether it knows the users of acsql."""
    try:
        # The user that an older acsql has not created yet.
        with _client(uri(port, credentials.user_info(ANNOTATOR))) as client:
            client.admin.command("ping")
    except OperationFailure as error:
        if error.code != _AUTHENTICATION_FAILED:
            raise
        return False
    return True


def _client(
    host: str, login: Mapping[str, Any] | None = None, **options: Any
) -> MongoClient[dict[str, Any]]:
    return MongoClient(host, serverSelectionTimeoutMS=_ATTEMPT_MS, **(login or {}), **options)


def _direct(port: int, login: Mapping[str, Any] | None = None) -> MongoClient[dict[str, Any]]:
    return _client(HOST, login, port=port, directConnection=True)


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
            maxAwaitTimeMS=1000 * ANSWER_SECONDS,
        )
