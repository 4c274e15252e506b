"""Providers of facts about proposals: the proposals file, and MAST, the archive at STScI."""

import importlib.util
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..config import Config
from ..errors import ConfigError, ProviderUnavailable
from ..store import proposals
from . import proposals_file

if TYPE_CHECKING:
    from astropy.table import Table

Facts = dict[str, Any]


class Answer(NamedTuple):
    """The answer of a provider: the facts about each proposal, and the faults of entries."""

    facts: dict[int, Facts]
    problems: tuple[str, ...] = ()


# Seconds that MAST may take to answer one query.
MAST_SECONDS = 120.0
# MAST returns a row for each observation: this many proposals are some 10,000 rows.
MAST_BATCH_SIZE = 100


class Provider(Protocol):
    """A source of facts about proposals."""

    @property
    def batch_size(self) -> int | None:
        """The number of proposals that one query may name.

        None is for a local provider: it is queried for all proposals in every run, so that a
        correction takes effect at once.
        """

    def __call__(self, proposids: Sequence[int], /) -> Answer:
        """Return the facts about proposals.

        Parameters
        ----------
        proposids : sequence of int
            The proposals, at most `batch_size`.

        Returns
        -------
        Answer
            The facts about the proposals that the provider knows, and about any others.

        Raises
        ------
        ProviderUnavailable
            If it does not answer.
        """


class FileProvider:
    """The proposals file.

    Parameters
    ----------
    path : Path
        YAML or CSV, as described for `acsql.ingest.proposals_file.read`.
    """

    batch_size: int | None = None

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, _proposids: Sequence[int], /) -> Answer:
        """Return the facts about all proposals in the file.

        Returns
        -------
        Answer
            The facts, also about proposals that were not requested, because their observations
            may be ingested next; and the faults of entries of the file.

        Raises
        ------
        ProviderUnavailable
            If the file does not exist.
        ConfigError
            If it cannot be read as a whole; the message names it.
        """
        if _is_missing(self.path):
            raise ProviderUnavailable(f"the proposals file {self.path} does not exist")
        return Answer(*proposals_file.read(self.path))


def _is_missing(path: Path) -> bool:
    """Return whether a file does not exist, which differs from a refused access to it."""
    try:
        path.stat()
    except OSError as error:
        return isinstance(error, FileNotFoundError)
    return False


class MastProvider:
    """MAST, through `astroquery`.  It has type, title and PI of a proposal, but not its cycle.

    Parameters
    ----------
    seconds : float
        Time limit for one query.

    Raises
    ------
    ConfigError
        If astroquery is not installed.
    """

    batch_size: int | None = MAST_BATCH_SIZE

    def __init__(self, seconds: float = MAST_SECONDS) -> None:
        if importlib.util.find_spec("astroquery") is None:
            raise ConfigError('proposals_from: mast requires astroquery: pip install "acsql[mast]"')
        self.seconds = seconds

    def __call__(self, proposids: Sequence[int], /) -> Answer:
        """Return the facts of MAST about proposals.

        Parameters
        ----------
        proposids : sequence of int
            The proposals, at most `batch_size`.

        Returns
        -------
        Answer
            The facts about the proposals that have observations in MAST.

        Raises
        ------
        ProviderUnavailable
            If MAST does not answer within the time limit.
        """
        return Answer(facts_from_mast(_query_mast(proposids, self.seconds)))


# Fields of MAST's observations that describe their proposal, as named in
# https://mast.stsci.edu/api/v0/_c_a_o_mfields.html
_MAST_FIELDS = {"type": "proposal_type", "title": "obs_title", "pi": "proposal_pi"}


def _query_mast(proposids: Sequence[int], seconds: float) -> "Table":
    """Return MAST's rows of the observations of proposals."""
    from astroquery.exceptions import NoResultsWarning, RemoteServiceError
    from astroquery.mast import MastClass
    from requests import Timeout

    # Warning filters belong to the process: restoring them could undo those of another thread.
    warnings.filterwarnings("ignore", category=NoResultsWarning)
    mast = MastClass()
    _limit(mast._session, seconds)
    try:
        return mast.mast_query(
            "Mast.Caom.Filtered",
            columns=", ".join(["proposal_id", *_MAST_FIELDS.values()]),
            obs_collection=["HST"],
            proposal_id=[str(proposid) for proposid in proposids],
        )
    except (Timeout, TimeoutError) as error:
        raise ProviderUnavailable(f"MAST gave no answer within {seconds:g} s") from error
    except (OSError, RemoteServiceError) as error:
        # The exceptions of `requests` are OSErrors.
        raise ProviderUnavailable(f"MAST cannot be queried: {error}") from error


def _limit(session: Any, seconds: float) -> None:
    """Limit the time of a session of `requests`: astroquery sets no timeout."""
    ends = time.monotonic() + seconds
    send = session.send

    def send_in_time(request: Any, **options: Any) -> Any:
        remaining = ends - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        return send(request, **(options | {"timeout": remaining}))

    session.send = send_in_time


def facts_from_mast(rows: "Table") -> dict[int, Facts]:
    """Return the facts about proposals from MAST's rows of their observations.

    Parameters
    ----------
    rows : Table
        With the columns ``proposal_id``, ``proposal_type``, ``obs_title`` and ``proposal_pi``.

    Returns
    -------
    dict
        Type, title and PI of each proposal, as most of its rows have them; its cycle is None.
    """
    if not rows:
        return {}
    votes: dict[int, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    numbers = [str(number).strip() for number in rows["proposal_id"].tolist()]
    for fact, field in _MAST_FIELDS.items():
        for number, value in zip(numbers, rows[field].tolist(), strict=True):
            if number.isdecimal() and value is not None and value.strip():
                votes[int(number)][fact][value.strip()] += 1
    return {
        proposid: {
            fact: next((value for value, _ in facts[fact].most_common(1)), None)
            for fact in proposals.FACTS
        }
        for proposid, facts in votes.items()
    }


def provider_for(config: Config) -> Provider:
    """Return the provider of a configuration.

    Parameters
    ----------
    config : Config
        The settings `proposals_from` and `proposals_file`.

    Returns
    -------
    Provider
        MAST or the proposals file.

    Raises
    ------
    ConfigError
        If a package that it requires is not installed.
    """
    if config.proposals_from == "mast":
        return MastProvider()
    return FileProvider(config.proposals_file)
