"""The open database of an archive: connection, collections and errors.

Writes are acknowledged by the majority and journaled on every server.  `Store.errors` turns the
errors of the driver into `DatabaseError`, so no other layer has to know them.
"""

import atexit
import re
import weakref
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pymongo
from bson.errors import BSONError
from pymongo import MongoClient, uri_parser
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    InvalidURI,
    PyMongoError,
)
from pymongo.synchronous import monitor

from ..connection_strings import without_user
from ..errors import DatabaseError, DatabaseUnavailable
from ..keywords import KeywordSpecs
from . import schema
from .outage import LAST_SECONDS, OutageLog
from .repetition import repeated
from .schema import Document, DocumentCollection

if TYPE_CHECKING:
    from .document_classes import DocumentClasses

DEFAULT_DATABASE = "acsql"
# Seconds that a server may take for its first answer, unless the connection string says otherwise.
FIRST_ANSWER_SECONDS = 15
# Options of the driver for operations that fail at once while the server does not answer.  An
# operation waits half a second for the server to answer again after a connection is lost; the
# background check, which finds out when the server is back, looks each second and gives up one
# that accepts connections and does not answer after two.
# https://www.mongodb.com/docs/languages/python/pymongo-driver/current/connect/connection-options/
AT_ONCE = {
    "serverSelectionTimeoutMS": 500,
    "heartbeatFrequencyMS": 1000,
    "connectTimeoutMS": 2000,
}
# The handler of the driver for the exit of Python; another version may not have it.
_joins_threads = getattr(monitor, "_shutdown_resources", None)


class Store:
    """The open database of one archive.

    Parameters
    ----------
    connection_string : str
        ``mongodb://...``; without a database in it, that is ``acsql``.
    specs : KeywordSpecs
        The source of fields and indexes.
    wait : float, optional
        Seconds that each operation waits, with retries, for a server that does not answer; by
        default as long as for the first answer.  With 0 operations fail at once, and the server
        need not answer yet.
    log_outages : bool
        Whether to log when the server stops answering and when it answers again; of the processes
        that work together, one does.
    first_wait : float
        Seconds for the first answer; a worker waits as long as for later ones, because its run has
        had an answer.

    Attributes
    ----------
    client : pymongo.MongoClient
        The connection.
    database : pymongo.database.Database
        The database.
    specs : KeywordSpecs
        The source of fields and indexes.
    wait : float
        Seconds for which operations are repeated while the server does not answer.

    Raises
    ------
    DatabaseError
        If the connection string is invalid or the server does not answer.
    """

    client: MongoClient[Document]
    database: Database[Document]

    def __init__(
        self,
        connection_string: str,
        specs: KeywordSpecs,
        wait: float | None = None,
        log_outages: bool = False,
        first_wait: float = FIRST_ANSWER_SECONDS,
    ) -> None:
        self.connection_string = connection_string
        self.wait = wait or 0
        self.specs = specs
        self._closing = ExitStack()
        # A store that is not closed ends with its last use, as when a notebook opens the next one.
        weakref.finalize(self, self._closing.close).atexit = False
        with self.errors():
            parsed = _parse(connection_string)
            options = _options(parsed["options"], wait)
            outages = OutageLog(self.address)
            self.client = _connect(
                connection_string,
                appname="acsql",
                uuidRepresentation="standard",
                event_listeners=[outages] if log_outages else [],
                **options,
            )
            self._closing.callback(_close, self.client)
            self._closing.callback(outages.close)  # runs before the close of the client
            self.database = self.client[parsed["database"] or DEFAULT_DATABASE]
        try:
            # Later operations may wait longer than the first.
            limit = first_wait if "timeoutMS" in options else None
            with self.errors(), pymongo.timeout(limit):
                # The driver repeats it after a lost connection, which it does not for a ping.
                self.client.list_database_names()
        except DatabaseError as error:
            if wait == 0 and isinstance(error, DatabaseUnavailable):
                return
            self.close()
            raise

    @property
    def observations(self) -> DocumentCollection:
        """The observations."""
        return self.database[schema.OBSERVATIONS]

    @property
    def headerless(self) -> DocumentCollection:
        """The copies of the observations without headers."""
        return self.database[schema.HEADERLESS]

    @property
    def proposals(self) -> DocumentCollection:
        """The proposals."""
        return self.database[schema.PROPOSALS]

    @property
    def ingest_runs(self) -> DocumentCollection:
        """The records of ingest runs."""
        return self.database[schema.INGEST_RUNS]

    @property
    def failures(self) -> DocumentCollection:
        """The files that could not be ingested."""
        return self.database[schema.FAILURES]

    @property
    def keywords_not_in_specs(self) -> DocumentCollection:
        """The keywords that ingests have read and the specs do not name."""
        return self.database[schema.KEYWORDS_NOT_IN_SPECS]

    @property
    def accounts(self) -> DocumentCollection:
        """The accounts of the site."""
        return self.database[schema.ACCOUNTS]

    @cached_property
    def document_classes(self) -> "DocumentClasses":
        """The mongoengine classes, which few commands need: mongoengine is loaded for them only."""
        from mongoengine import disconnect

        from .document_classes import connect, document_classes

        alias = connect(self.client, self.database.name)
        # Not a generator: Python would run its end as it shuts down, when no thread can start.
        self._closing.callback(disconnect, alias)
        return document_classes(alias, self.specs)

    @property
    def address(self) -> str:
        """The connection string without user and password, for messages."""
        return without_user(self.connection_string)

    @cached_property
    def has_transactions(self) -> bool:
        """Whether the server has transactions and change streams: a standalone one has neither.

        Raises
        ------
        DatabaseError
            If the database does not answer.
        """
        with self.errors():
            hello = self.client.admin.command("hello")
        return "setName" in hello or hello.get("msg") == "isdbgrid"

    def server_time(self) -> datetime:
        """Return the time by the clock of the server (UTC, naive).

        Raises
        ------
        pymongo.errors.PyMongoError
            If the database does not answer; the caller turns it into `DatabaseError`, or repeats a
            transaction.
        """
        time: datetime = self.client.admin.command("hello")["localTime"]
        return time

    @property
    def answers(self) -> bool:
        """Whether the server answers, as the driver found in the background; takes no query."""
        servers = self.client.topology_description
        return servers.has_readable_server(self.client.read_preference)

    @repeated
    def make_indexes(self) -> None:
        """Make the indexes of `acsql.store.document_classes` that the database lacks.

        Raises
        ------
        DatabaseError
            If the database fails.
        """
        from .document_classes import make_indexes

        with self.errors():
            for document_class in vars(self.document_classes).values():
                make_indexes(document_class)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn errors of the driver in the block into `DatabaseError`.

        Raises
        ------
        DatabaseUnavailable
            If the server does not answer.
        DatabaseError
            If an operation fails otherwise; the message names the server.
        """
        try:
            yield
        except (PyMongoError, BSONError) as error:
            # A transaction whose time is over has the reason of its last attempt as its cause.
            is_lost = isinstance(error, ConnectionFailure) or isinstance(
                error.__cause__, ConnectionFailure
            )
            kind = DatabaseUnavailable if is_lost else DatabaseError
            raise kind(f"the database {self.address}: {_message(error)}") from error

    def close(self) -> None:
        """Close the connections; the private server stops with the last process that uses it."""
        self._closing.close()
        # The threads of the driver look every half second whether they are to end, and its
        # handler lets the exit of Python wait for them, which was half of the time of a short
        # command.  Python ends such threads, which are daemons, without it.
        if _joins_threads is not None:
            atexit.unregister(_joins_threads)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


# The answer of the server to a command that the user of the connection may not run.
_NOT_AUTHORIZED = re.compile(r"not authorized on \S+ to execute command \{ \w+: [^ ,]+")


def _parse(connection_string: str) -> dict[str, Any]:
    try:
        return uri_parser.parse_uri(connection_string)
    except OSError as error:
        # Such as "The tlscertificatekeyfile file is not readable".
        raise DatabaseError(f"invalid connection_string: {error.strerror}") from error
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise DatabaseError(f"invalid connection_string: {error}") from error


def _connect(connection_string: str, **options: Any) -> MongoClient[Document]:
    try:
        return MongoClient(connection_string, **options)
    except (ConfigurationError, ValueError, OSError) as error:
        # Such as a file that holds no certificate.
        raise DatabaseError(f"invalid connection_string: {error}") from error


def _close(client: MongoClient[Document]) -> None:
    """Close a client; it ends its sessions on the server only if that answers soon.

    Without a limit it would wait for a server that does not answer as long as any operation does.
    """
    with pymongo.timeout(LAST_SECONDS):
        client.close()


def _options(in_connection_string: Mapping[str, Any], wait: float | None) -> dict[str, Any]:
    """Return the options of the client; those of the connection string take precedence."""
    named = {name.lower() for name in in_connection_string}
    options: dict[str, Any]
    if wait == 0:
        options = AT_ONCE
    elif wait and "serverselectiontimeoutms" not in named:
        options = {"serverSelectionTimeoutMS": 1000 * wait, "timeoutMS": 1000 * wait}
    else:
        options = {"serverSelectionTimeoutMS": 1000 * FIRST_ANSWER_SECONDS}
    chosen = {name: value for name, value in options.items() if name.lower() not in named}
    return chosen | {"w": "majority", "journal": True}


def _message(error: Exception) -> str:
    """Return the message of the server or the driver; of several refused writes, the first."""
    if isinstance(error, BulkWriteError) and error.details["writeErrors"]:
        return str(error.details["writeErrors"][0]["errmsg"])
    message = re.split(r", Timeout:|, full error:|\n", str(error), maxsplit=1)[0]
    if refused := _NOT_AUTHORIZED.match(message):
        # The rest is the command with all that it would have written.
        return f"{refused[0]} ... }}: its user may not do this; acsql db roles shows the rights"
    return message
