"""A handle on the database: opened from a configuration, closed when done.

Writes are acknowledged by the majority and journaled, whatever server it is.  The driver's own
errors become `DatabaseError` here, so that nobody else has to know them.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import mongoengine
import pymongo
from bson.errors import BSONError
from pymongo import uri_parser
from pymongo.collection import Collection
from pymongo.errors import ConfigurationError, ConnectionFailure, InvalidURI, PyMongoError

from ..config import Config
from ..errors import DatabaseError, DatabaseUnavailable
from ..keywords import KeywordSpecs
from ..mongod import server
from . import schema

DEFAULT_DATABASE = "acsql"
# How long a server may take to answer at first; a connection string can say otherwise.
FIRST_ANSWER_SECONDS = 15


def locate(config: Config) -> Config:
    """Return the configuration with the address of a running database.

    Without a `connection_string` that is acsql's private server, which is started if need be.
    """
    return config if config.connection_string else config.at(server.use(config.data_dir))


class Store:
    """The database of one archive.

    Parameters
    ----------
    connection_string : str
        ``mongodb://...``; its database, if it names one, else ``acsql``.
    specs : KeywordSpecs
        From which fields and indexes come.
    wait : float, optional
        How many seconds each operation waits for a server that goes away later on, with as
        many retries as the driver makes meanwhile; by default as long as for the first answer.

    Raises
    ------
    DatabaseError
        If the server does not answer or the address is none.
    """

    def __init__(
        self, connection_string: str, specs: KeywordSpecs, wait: float | None = None
    ) -> None:
        self.connection_string = connection_string
        self._alias = f"acsql-{uuid.uuid4().hex}"
        with self.errors():
            parsed = _parse(connection_string)
            options = _options(parsed["options"], wait)
            self.client = mongoengine.connect(
                db=parsed["database"] or DEFAULT_DATABASE,
                host=connection_string,
                alias=self._alias,
                appname="acsql",
                uuidRepresentation="standard",
                **options,
            )
            self.database = mongoengine.get_db(self._alias)
            self.documents = schema.declare(self._alias, specs)
        try:
            # An operation may wait for long; the first one need not.
            limit = FIRST_ANSWER_SECONDS if "timeoutMS" in options else None
            with self.errors(), pymongo.timeout(limit):
                self.client.admin.command("ping")
        except DatabaseError:
            self.close()
            raise

    @property
    def observations(self) -> Collection:
        """The collection of observations, for searches and whole writes."""
        return self.database[schema.OBSERVATIONS]

    @property
    def outlines(self) -> Collection:
        """The collection of the observations without their headers."""
        return self.database[schema.OUTLINES]

    @property
    def proposals(self) -> Collection:
        """The collection of proposals."""
        return self.database[schema.PROPOSALS]

    @property
    def ingest_runs(self) -> Collection:
        """The collection of ingest runs."""
        return self.database[schema.INGEST_RUNS]

    @property
    def failures(self) -> Collection:
        """The collection of files that could not be ingested."""
        return self.database[schema.FAILURES]

    @property
    def keywords_met(self) -> Collection:
        """The collection of keywords that ingests met and no spec named."""
        return self.database[schema.KEYWORDS_MET]

    @property
    def address(self) -> str:
        """The connection string without user and password, for messages."""
        scheme, _, rest = self.connection_string.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"

    def make_indexes(self) -> None:
        """Create the indexes that the specs declare, where they are missing."""
        with self.errors():
            for document in vars(self.documents).values():
                document.ensure_indexes()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what the driver raises into a `DatabaseError` that says what to look at."""
        try:
            yield
        except (PyMongoError, BSONError) as error:
            kind = DatabaseUnavailable if isinstance(error, ConnectionFailure) else DatabaseError
            raise kind(f"the database {self.address}: {_first_line(error)}") from error

    def close(self) -> None:
        """Close the connections; a private server that only we use is stopped at exit."""
        mongoengine.disconnect(self._alias)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _parse(connection_string: str) -> dict[str, Any]:
    try:
        return uri_parser.parse_uri(connection_string)
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise DatabaseError(f"connection_string is not an address: {error}") from error


def _options(given: Any, wait: float | None) -> dict[str, Any]:
    options: dict[str, Any] = {"w": "majority", "journal": True}
    if "serverselectiontimeoutms" not in {name.lower() for name in given}:
        options["serverSelectionTimeoutMS"] = 1000 * (wait or FIRST_ANSWER_SECONDS)
        if wait:
            options["timeoutMS"] = 1000 * wait
    return options


def _first_line(error: Exception) -> str:
    return re.split(r", Timeout:|, full error:|\n", str(error), maxsplit=1)[0]
