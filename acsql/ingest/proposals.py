"""What the proposals are, asked of a provider while an ingest runs.

Whether MAST answers, and how fast, must not decide when an ingest ends or whether it succeeds.
So a thread asks while the files are read, and what it was told is kept when all observations
are written: then nobody else is about to write an older type into one of them.  A file is read
before, so that observations are written with their types.  Whatever goes wrong is a note in the
report; what MAST does not tell is asked again on a later day.
"""

import importlib.util
import logging
import threading
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from astropy.table import Table

from ..config import Config
from ..errors import ArchiveError, ConfigError, ProviderUnavailable
from ..store import proposals
from ..store.client import Store
from . import proposals_file

logger = logging.getLogger(__name__)

Facts = dict[str, Any]

# How long MAST may take to answer a question, and how long the end of an ingest waits for answers.
MAST_SECONDS = 120.0
WAIT_SECONDS = 180.0


class Provider(Protocol):
    """Who tells of proposals.

    `at_once` is how many proposals one question may name.  None is for a provider at hand: it is
    asked for all of them in every run, known or not, so that a correction counts at once.
    """

    at_once: int | None

    def __call__(self, proposids: Sequence[int]) -> dict[int, Facts]:
        """Return type, title, cycle and pi of those proposals that it knows, and of any others.

        Raises
        ------
        ProviderUnavailable
            If it cannot be asked now.
        """


class FileProvider:
    """A YAML or CSV file of proposals.

    Parameters
    ----------
    path : Path
        As `acsql.store.proposals.read` has it.
    """

    at_once = None

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, _proposids: Sequence[int]) -> dict[int, Facts]:
        """Return all that the file says: observations of other proposals may be about to come.

        Raises
        ------
        ProviderUnavailable
            If there is no file.
        ConfigError
            If it cannot be read or an entry is wrong; the message names it.
        """
        if not self.path.exists():
            raise ProviderUnavailable(f"there is no proposals file {self.path}")
        return proposals_file.read(self.path)


class MastProvider:
    """MAST, the archive at STScI, through `astroquery`; it tells type, title and PI, no cycle.

    Parameters
    ----------
    seconds : float
        How long it may take to answer a question.

    Raises
    ------
    ConfigError
        If astroquery is not installed.
    """

    # MAST returns a row for each observation: this many proposals are some 10,000 rows.
    at_once = 100

    def __init__(self, seconds: float = MAST_SECONDS) -> None:
        if importlib.util.find_spec("astroquery") is None:
            raise ConfigError(
                'to ask MAST for proposals takes astroquery: pip install "acsql[mast]"'
            )
        self.seconds = seconds

    def __call__(self, proposids: Sequence[int]) -> dict[int, Facts]:
        """Return what MAST knows of some proposals.

        Raises
        ------
        ProviderUnavailable
            If it does not answer, or not in time.
        """
        return facts_from_mast(_ask_mast(proposids, self.seconds))


# The columns of MAST's observations that tell of their proposal, as they are called in
# https://mast.stsci.edu/api/v0/_c_a_o_mfields.html
_MAST_COLUMNS = {"type": "proposal_type", "title": "obs_title", "pi": "proposal_pi"}


def _ask_mast(proposids: Sequence[int], seconds: float) -> Table:
    """Return the rows that MAST has of the observations of some proposals."""
    from astroquery.exceptions import NoResultsWarning, RemoteServiceError
    from astroquery.mast import MastClass
    from requests import Timeout

    # Filters belong to the process: restoring them here could undo those of another thread.
    warnings.filterwarnings("ignore", category=NoResultsWarning)
    mast = MastClass()
    _limit(mast._session, seconds)
    try:
        return mast.mast_query(
            "Mast.Caom.Filtered",
            columns=", ".join(["proposal_id", *_MAST_COLUMNS.values()]),
            obs_collection=["HST"],
            proposal_id=[str(proposid) for proposid in proposids],
        )
    except (Timeout, TimeoutError) as error:
        raise ProviderUnavailable(f"MAST gave no answer within {seconds:g} s") from error
    except (OSError, RemoteServiceError) as error:
        # What `requests` raises is an OSError, too.
        raise ProviderUnavailable(f"MAST cannot be asked: {error}") from error


def _limit(session: Any, seconds: float) -> None:
    """Let a session of `requests` end its requests in time: astroquery sets them no limit."""
    ends = time.monotonic() + seconds
    send = session.send

    def send_in_time(request: Any, **options: Any) -> Any:
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return send(request, **(options | {"timeout": left}))

    session.send = send_in_time


def facts_from_mast(rows: Table) -> dict[int, Facts]:
    """Return type, title, cycle and PI by proposal, from MAST's rows of their observations.

    Where the rows of a proposal differ, most of them decide.  MAST does not tell the cycle.
    """
    if not rows:
        return {}
    said: dict[int, dict[str, Counter]] = defaultdict(lambda: defaultdict(Counter))
    numbers = [str(number).strip() for number in rows["proposal_id"].tolist()]
    for entry, column in _MAST_COLUMNS.items():
        for number, value in zip(numbers, rows[column].tolist(), strict=True):
            if number.isdecimal() and value is not None and value.strip():
                said[int(number)][entry][value.strip()] += 1
    return {
        proposid: {
            entry: next((value for value, _ in entries[entry].most_common(1)), None)
            for entry in proposals.FACTS
        }
        for proposid, entries in said.items()
    }


def provider_for(config: Config) -> Provider:
    """Return the provider that a configuration names.

    Raises
    ------
    ConfigError
        If what it takes is not installed.
    """
    if config.proposals_from == "mast":
        return MastProvider()
    return FileProvider(config.proposals_file)


@dataclass(frozen=True)
class Refreshed:
    """What is known of the proposals that have observations.

    Of `known` proposals anything is known now; `asked` were asked for and `found` of them told.
    `note` says why the provider could not be asked, or not for all of them.
    """

    known: int = 0
    asked: int = 0
    found: int = 0
    note: str | None = None

    def __str__(self) -> str:
        counts = f"{self.known} known, {self.asked} asked for, {self.found} found"
        return f"{counts}; {self.note}" if self.note else counts


def refresh(
    store: Store,
    provider: Provider,
    proposids: Iterable[int] | None = None,
    now: datetime | None = None,
) -> Refreshed:
    """Ask for the proposals of which nothing is known, and keep the answers.

    Those that are not found, or could not be asked for, are not asked for again on the same day,
    except of a provider at hand.

    Parameters
    ----------
    proposids : iterable of int, optional
        Only these proposals; by default all that have observations.
    now : datetime, optional
        The time of asking (UTC, naive).

    Raises
    ------
    ConfigError
        If the provider's file is wrong.
    DatabaseError
        If the database does not answer.
    """
    inquiry = _Inquiry(store, provider, proposids, now)
    inquiry.ask()
    return inquiry.keep()


class _Inquiry:
    """What one run asks a provider, and what it was told so far.

    `ask` may run in a thread of its own: it only adds, and `keep` reads copies.
    """

    def __init__(
        self,
        store: Store,
        provider: Provider,
        proposids: Iterable[int] | None = None,
        now: datetime | None = None,
    ) -> None:
        self.store = store
        self.provider = provider
        self.proposids = None if proposids is None else set(proposids)
        self.now = now or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        self.asked: set[int] = set()
        self.told: dict[int, Facts] = {}
        self.note: str | None = None
        self.closed = threading.Event()

    @property
    def at_hand(self) -> bool:
        """Whether asking costs nothing."""
        return self.provider.at_once is None

    def ask(self) -> None:
        """Ask for what was not asked for yet, until all is told or the inquiry is closed."""
        wanted = self._wanted()
        for question in _batches(wanted, self.provider.at_once):
            if self.closed.is_set():
                return
            try:
                told = self.provider(question)
            except ProviderUnavailable as error:
                # Nor will it be available for the rest.
                self.note = str(error)
                self.asked |= set(wanted)
                return
            self.told |= told
            self.asked |= set(question)

    def ask_or_note(self) -> None:
        """Ask; whatever goes wrong is the note."""
        with self.noting():
            self.ask()

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Turn what is raised into the note; where the program is at fault, log all of it."""
        try:
            yield
        except ArchiveError as error:
            self.note = str(error)
        except Exception as error:
            self.note = f"{type(error).__name__}: {error}"
            logger.exception("Proposals: %s", self.note)

    def _wanted(self) -> list[int]:
        """Return what to ask for: what is known, or was asked for today in vain, is not."""
        wanted = (
            proposals.observed_proposids(self.store) if self.proposids is None else self.proposids
        )
        if not self.at_hand:
            wanted = wanted - self.asked
            wanted -= proposals.proposids_with_facts(self.store, wanted)
            today = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
            wanted -= proposals.proposids_looked_up_since(self.store, wanted, since=today)
        return sorted(wanted)

    def keep(self) -> Refreshed:
        """Keep what was told, and of whom nothing was."""
        asked, told = set(self.asked), dict(self.told)
        if self.proposids is not None:
            told = {proposid: told[proposid] for proposid in told.keys() & self.proposids}
        proposals.save(self.store, told)
        missing = asked - told.keys()
        if not self.at_hand:
            proposals.record_lookup(self.store, missing, self.now)
        known = proposals.proposids_with_facts(self.store, proposals.observed_proposids(self.store))
        return Refreshed(len(known), len(asked), len(asked) - len(missing), self.note)


def _batches(proposids: list[int], size: int | None) -> list[list[int]]:
    """Return what to ask for in one question each; for a provider at hand it is always one."""
    if size is None:
        return [proposids]
    return [proposids[start : start + size] for start in range(0, len(proposids), size)]


@contextmanager
def in_background(
    store: Store, provider: Provider, seconds: float = WAIT_SECONDS, now: datetime | None = None
) -> Iterator[Future]:
    """Ask a provider while the block runs, and keep its answers when the block has run.

    Proposals that the block itself brought in are asked for at its end.  Nothing that goes
    wrong here comes out as an exception: it is the note of the result.

    Parameters
    ----------
    seconds : float
        How long to wait for answers when the block has run.
    now : datetime, optional
        The time of asking (UTC, naive).

    Yields
    ------
    concurrent.futures.Future
        Whose result is, after the block, what is `Refreshed`.  If the block raises, nothing is
        kept and the future is cancelled.
    """
    inquiry = _Inquiry(store, provider, now=now)
    outcome: Future = Future()
    thread = ThreadPoolExecutor(1, thread_name_prefix="proposals")
    try:
        first = thread.submit(inquiry.ask_or_note)
        if inquiry.at_hand:
            first.result()
            with inquiry.noting():
                inquiry.keep()
        yield outcome
        outcome.set_result(_finished(inquiry, thread, first, seconds))
    finally:
        inquiry.closed.set()
        outcome.cancel()
        # A question under way has a limit of its own; nobody waits for it here.
        thread.shutdown(wait=False, cancel_futures=True)


def _finished(
    inquiry: _Inquiry, thread: ThreadPoolExecutor, first: Future, seconds: float
) -> Refreshed:
    """Keep what an inquiry brought, and what it brings of proposals that came in meanwhile."""
    ends = time.monotonic() + seconds
    refreshed, answered = Refreshed(), _in_time(first, ends)
    with inquiry.noting():
        if answered and inquiry.note is None:
            # What is kept need not be asked for again.
            inquiry.keep()
            answered = _in_time(thread.submit(inquiry.ask_or_note), ends)
        inquiry.closed.set()
        refreshed = inquiry.keep()
    late = None if answered else f"not all answers came within {seconds:g} s of the ingest"
    return replace(refreshed, note=inquiry.note or late)


def _in_time(asking: Future, ends: float) -> bool:
    return bool(wait([asking], timeout=max(0.0, ends - time.monotonic())).done)
