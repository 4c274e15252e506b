"""Proposals: what is known of each, and a summary of its observations."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .errors import ProposalNotFound
from .keywords import KeywordSpecs
from .query import Between, Condition, Equals, Not
from .store import proposals
from .store.client import Store
from .store.derived import proposal_summaries, totals


@dataclass(frozen=True)
class Proposal:
    """One proposal, with a summary of its observations.

    Attributes
    ----------
    proposid : int
        The number of the proposal.
    type, title, pi : str or None
        Proposal type, title and principal investigator, if known.
    cycle : int or None
        The HST cycle, if known.
    observations : int
        The number of observations.
    detectors : dict
        Detector to number of observations.
    targets, visits, filters : tuple of str
        The values in the observations, sorted.
    first, last : datetime or None
        Dates of the first and the last observation, UT.
    exptime : float
        Sum of the exposure times in seconds.
    thumbnail : str or None
        The rootname of an observation with a thumbnail.
    """

    proposid: int
    type: str | None
    title: str | None
    cycle: int | None
    pi: str | None
    observations: int
    detectors: dict[str, int]
    targets: tuple[str, ...]
    visits: tuple[str, ...]
    filters: tuple[str, ...]
    first: datetime | None
    last: datetime | None
    exptime: float
    thumbnail: str | None


class ProposalCatalog:
    """The proposals of an archive.

    The list of all of them, thousands for the mission, is kept until the derived collections are
    refreshed.

    Parameters
    ----------
    store : Store
        The database.
    specs : KeywordSpecs
        The keyword specs.
    """

    def __init__(self, store: Store, specs: KeywordSpecs) -> None:
        self._store = store
        self._specs = specs
        self._refreshed: datetime | None = None
        self._proposals: tuple[Proposal, ...] = ()

    def all(self) -> list[Proposal]:
        """Return the proposals that have observations, by number, as of the last refresh.

        Returns
        -------
        list of Proposal
            From the observations of this moment if there was no refresh yet.
        """
        refreshed = (totals.stored(self._store) or {}).get("counted")
        if refreshed is None or refreshed != self._refreshed:
            self._refreshed, self._proposals = refreshed, tuple(self._read())
        return list(self._proposals)

    def _read(self) -> list[Proposal]:
        facts = proposals.by_id(self._store)
        summaries = proposal_summaries.stored(self._store)
        if summaries is None:
            summaries = proposal_summaries.live(self._store, self._specs.thumbnail_filetypes)
        return [_to_proposal(summary, facts.get(summary["_id"], {})) for summary in summaries]

    def get(self, proposid: int) -> Proposal:
        """Return one proposal, with its observations of this moment.

        Parameters
        ----------
        proposid : int
            The number of the proposal.

        Returns
        -------
        Proposal
            The proposal.

        Raises
        ------
        ProposalNotFound
            If no observation belongs to it.
        """
        summary = proposal_summaries.stored_of(self._store, self._specs, proposid)
        if summary is None:
            filetypes = self._specs.thumbnail_filetypes
            summary = next(iter(proposal_summaries.live(self._store, filetypes, proposid)), None)
        if summary is None:
            raise ProposalNotFound(f"there is no observation of proposal {proposid}")
        return _to_proposal(summary, proposals.by_id(self._store, [proposid]).get(proposid, {}))


def in_proposal(proposid: int | None) -> Condition:
    """Return the condition that an observation belongs to a proposal.

    Parameters
    ----------
    proposid : int or None
        The number of the proposal; None for observations without a known one.

    Returns
    -------
    Condition
        One that an index serves.
    """
    if proposid is None:
        # Not(Exists("proposid")) means the same, but no index serves it.
        return Not(Between("proposid", low=0))
    return Equals("proposid", proposid)


def _to_proposal(summary: Mapping[str, Any], facts: Mapping[str, Any]) -> Proposal:
    """Return a proposal from the summary of its observations and the facts known of it."""
    names_of_pi = [summary["pr_inv_l"], summary["pr_inv_f"]]
    return Proposal(
        proposid=summary["_id"],
        type=facts.get("type"),
        title=facts.get("title"),
        cycle=facts.get("cycle"),
        pi=facts.get("pi") or ", ".join(name for name in names_of_pi if name) or None,
        observations=summary["observations"],
        detectors=dict(sorted(summary["detectors"].items())),
        targets=tuple(sorted(filter(None, summary["targets"]))),
        visits=tuple(sorted(filter(None, summary["visits"]))),
        filters=tuple(sorted(filter(None, summary["filters"]))),
        first=summary["first"],
        last=summary["last"],
        exptime=summary["exptime"],
        thumbnail=summary["thumbnail"],
    )
