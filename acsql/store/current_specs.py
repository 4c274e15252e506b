"""Current keyword specs: those of the archive with the keywords that ingests have read.

A process that runs for months, such as a site, must know the keywords of last night's ingest.  They
are read again at intervals and not with each request, and the specs are built anew, which costs
more than the query, only when there are more of them.
"""

import threading
import time
from contextlib import suppress

from ..errors import DatabaseUnavailable
from ..keywords import HeaderKey, KeywordSpecs
from . import keywords_not_in_specs
from .client import Store

# Seconds after which the keywords are read again; a user expects them within a minute.
READ_AGAIN_SECONDS = 30


class CurrentSpecs:
    """The keyword specs of an open archive, which only grow.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        The specs of the archive, read from their files.
    """

    def __init__(self, store: Store, specs: KeywordSpecs) -> None:
        self._store = store
        self._in_files = specs
        self._found: list[tuple[HeaderKey, str, str]] = []
        self._current = specs
        self._reading = threading.Lock()
        self._due = 0.0

    @property
    def value(self) -> KeywordSpecs:
        """The specs as of at most `READ_AGAIN_SECONDS` ago."""
        if time.monotonic() >= self._due and self._reading.acquire(blocking=False):
            try:
                self._due = time.monotonic() + READ_AGAIN_SECONDS
                # During an outage the specs stay as they are: the caller's own query reports it.
                with suppress(DatabaseUnavailable):
                    self._read()
            finally:
                self._reading.release()
        return self._current

    def _read(self) -> None:
        found = keywords_not_in_specs.stored(self._store)
        if found != self._found:
            self._current = self._in_files.with_keywords(found)
            self._found = found
