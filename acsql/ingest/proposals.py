"""Looking up proposals while an ingest runs.

A slow or unreachable MAST must neither delay an ingest nor make it fail.  So a thread looks
proposals up while files are read, and the answers are stored when all observations are written:
then no worker is about to write an observation with an older proposal type.  A local file is read
before, so that observations are written with their types; its faults are problems of the run.
Any other error is a note in the report.
"""

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ..errors import ArchiveError, ConfigError, ProviderUnavailable
from ..store import proposals
from ..store.client import Store
from .proposal_providers import Facts, Provider

logger = logging.getLogger(__name__)

# Seconds that the end of an ingest waits for answers.
WAIT_SECONDS = 180.0


@dataclass(frozen=True)
class LookupResult:
    """The result of looking up the proposals that have observations.

    Attributes
    ----------
    known : int
        Number of proposals with any fact now.
    looked_up : int
        Number of proposals that were looked up.
    found : int
        Number of these that the provider knows.
    note : str, optional
        The reason why the provider did not answer, or not for all of them.
    problems : tuple of str
        Faults of the provider's file or of its entries.
    """

    known: int = 0
    looked_up: int = 0
    found: int = 0
    note: str | None = None
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        counts = f"{self.known} known, {self.looked_up} looked up, {self.found} found"
        return f"{counts}; {self.note}" if self.note else counts


class _Lookup:
    """The queries of one run, and the answers so far.

    `query` may run in a separate thread: it only adds entries, and `save` reads copies.
    """

    def __init__(
        self,
        store: Store,
        provider: Provider,
        now: datetime | None = None,
    ) -> None:
        self.store = store
        self.provider = provider
        self.now = now or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        self.looked_up: set[int] = set()
        self.facts: dict[int, Facts] = {}
        self.note: str | None = None
        self.problems: tuple[str, ...] = ()
        self.closed = threading.Event()

    @property
    def is_local(self) -> bool:
        """Whether a query costs nothing."""
        return self.provider.batch_size is None

    def query(self) -> None:
        """Query the provider for missing facts, until it has answered or the lookup is closed."""
        missing = self._missing()
        for batch in _batches(missing, self.provider.batch_size):
            if self.closed.is_set():
                return
            try:
                answer = self.provider(batch)
            except ProviderUnavailable as error:
                # It would not answer for the others either.
                self.note = str(error)
                self.looked_up |= set(missing)
                return
            self.facts |= answer.facts
            self.problems = answer.problems
            self.looked_up |= set(batch)

    def query_or_note(self) -> None:
        """Query the provider; an error becomes the note, or a problem of its file."""
        with self.noting_errors():
            self.query()

    @contextmanager
    def noting_errors(self) -> Iterator[None]:
        """Turn exceptions into the note; unexpected ones are logged with their traceback."""
        try:
            yield
        except ConfigError as error:
            self.problems = (str(error),)
        except ArchiveError as error:
            self.note = str(error)
        except Exception as error:
            self.note = f"{type(error).__name__}: {error}"
            logger.exception("Proposals: %s", self.note)

    def _missing(self) -> list[int]:
        """Return the proposals to look up, without those looked up in vain today."""
        missing = proposals.observed_proposids(self.store)
        if not self.is_local:
            missing = missing - self.looked_up
            missing -= proposals.proposids_with_facts(self.store, missing)
            today = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
            missing -= proposals.proposids_looked_up_since(self.store, missing, since=today)
        return sorted(missing)

    def save(self) -> LookupResult:
        """Store the facts, and which proposals were looked up in vain."""
        looked_up, facts = set(self.looked_up), dict(self.facts)
        proposals.save(self.store, facts)
        in_vain = looked_up - facts.keys()
        if not self.is_local:
            proposals.record_lookup(self.store, in_vain, self.now)
        observed = proposals.observed_proposids(self.store)
        known = proposals.proposids_with_facts(self.store, observed)
        found = len(looked_up) - len(in_vain)
        return LookupResult(len(known), len(looked_up), found, self.note, self.problems)


def _batches(proposids: list[int], size: int | None) -> list[list[int]]:
    """Return the proposals of each query; a local provider is always queried once."""
    if size is None:
        return [proposids]
    return [proposids[start : start + size] for start in range(0, len(proposids), size)]


@contextmanager
def in_background(
    store: Store, provider: Provider, seconds: float = WAIT_SECONDS, now: datetime | None = None
) -> Iterator[Future[LookupResult]]:
    """Look proposals up while the block runs, and store the answers at its end.

    Proposals without any fact are looked up, those of observations that the block ingests at its
    end.  Proposals that the provider does not know, or did not answer for, are not looked up again
    on the same day, except with a local provider.  Errors do not become exceptions here: they are
    the note or the problems of the result.

    Parameters
    ----------
    store : Store
        The database.
    provider : Provider
        The source of facts.
    seconds : float
        How long to wait for answers at the end of the block.
    now : datetime, optional
        The time of the lookup (UTC, naive).

    Yields
    ------
    concurrent.futures.Future
        Has the `LookupResult` after the block.  If the block raises, nothing is stored and the
        future is cancelled.
    """
    lookup = _Lookup(store, provider, now)
    result: Future[LookupResult] = Future()
    thread = ThreadPoolExecutor(1, thread_name_prefix="proposals")
    try:
        first = thread.submit(lookup.query_or_note)
        if lookup.is_local:
            first.result()
            with lookup.noting_errors():
                lookup.save()
        yield result
        result.set_result(_finish(lookup, thread, first, seconds))
    finally:
        lookup.closed.set()
        result.cancel()
        # A query that is running has a time limit; the ingest does not wait for it.
        thread.shutdown(wait=False, cancel_futures=True)


def _finish(
    lookup: _Lookup, thread: ThreadPoolExecutor, first: Future[None], seconds: float
) -> LookupResult:
    """Store the answers, and look up the proposals of observations ingested meanwhile."""
    ends = time.monotonic() + seconds
    result, answered = LookupResult(), _ends_in_time(first, ends)
    with lookup.noting_errors():
        if answered and lookup.note is None:
            # Stored proposals are not looked up again.
            lookup.save()
            answered = _ends_in_time(thread.submit(lookup.query_or_note), ends)
        lookup.closed.set()
        result = lookup.save()
    for problem in lookup.problems:
        logger.error("%s", problem)
    late = None if answered else f"not all answers came within {seconds:g} s of the ingest"
    return replace(result, note=lookup.note or late, problems=lookup.problems)


def _ends_in_time(query: Future[None], ends: float) -> bool:
    return bool(wait([query], timeout=max(0.0, ends - time.monotonic())).done)
