"""Proposals: their type, title, cycle and PI, and summaries of their observations."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .errors import ProposalNotFound
from .keywords import KeywordSpecs
from .query import Between, Condition, Equals, Not
from .store import proposals
from .store.client import Store
from .store.summaries.proposal_summaries import (
    Investigator,
    investigators,
    proposal_summaries,
    proposal_summary,
    without_proposal,
)


# The proposals of the mission have 50,000 of them.
@dataclass(frozen=True, slots=True)
class PicturedFilter:
    """An observation whose thumbnail stands for those with the same detector and filters.

    Attributes
    ----------
    detector, filter1, filter2 : str or None
        Their common keywords.
    rootname : str
        The observation.
    """

    detector: str | None
    filter1: str | None
    filter2: str | None
    rootname: str


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
    thumbnails : tuple of PicturedFilter
        One observation with a thumbnail for each detector and pair of filters.
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
    thumbnails: tuple[PicturedFilter, ...]


class ProposalCatalog:
    """The proposals of an archive.

    The summaries of all, thousands for the mission, are kept until an observation changes.

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
        self._built: dict[int, tuple[Mapping[str, Any], Mapping[str, Any], Proposal]] = {}
        self._summaries = proposal_summaries(store, specs.thumbnail_filetypes)
        self._investigators = investigators(store)
        self._without_proposal = without_proposal(store)

    def all(self) -> list[Proposal]:
        """Return the proposals that have observations, by number.

        Returns
        -------
        list of Proposal
            With their observations of this moment.
        """
        summaries, facts = self._summaries(), proposals.by_id(self._store)
        last, built = self._built, {}
        for summary in summaries:
            proposid = summary["_id"]
            facts_of = facts.get(proposid, {})
            entry = last.get(proposid)
            # A summary is the same object until it changes; facts change independently.
            if entry is None or entry[0] is not summary or entry[1] != facts_of:
                entry = summary, facts_of, _to_proposal(summary, facts_of)
            built[proposid] = entry
        self._built = built
        return [proposal for _, _, proposal in built.values()]

    def find(self, text: str) -> list[int]:
        """Return the proposals whose title has all words of a text, or whose PI has.

        Parameters
        ----------
        text : str
            The words, in any order and case, with or without punctuation.

        Returns
        -------
        list of int
            The numbers of proposals that have observations, sorted; empty if the text has no word.
        """
        words = _words(text)
        if not words:
            return []
        found, facts = [], proposals.by_id(self._store)
        for proposid, names in sorted(self._investigators().items()):
            facts_of = facts.get(proposid, {})
            texts = facts_of.get("title"), _pi(facts_of, names)
            if any(words <= _words(each) for each in texts if each):
                found.append(proposid)
        return found

    def number_without(self) -> int:
        """Return the number of observations whose proposal is not known, at this moment."""
        return self._without_proposal()

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
        found = proposal_summary(self._store, self._specs.thumbnail_filetypes, proposid)
        if found is None:
            raise ProposalNotFound(f"there is no observation of proposal {proposid}")
        facts = proposals.by_id(self._store, [proposid])
        return _to_proposal(found, facts.get(proposid, {}))


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
    return Proposal(
        proposid=summary["_id"],
        type=facts.get("type"),
        title=facts.get("title"),
        cycle=facts.get("cycle"),
        pi=_pi(facts, (summary["pr_inv_l"], summary["pr_inv_f"])),
        observations=summary["observations"],
        detectors=dict(sorted(summary["detectors"].items())),
        targets=tuple(summary["targets"]),
        visits=tuple(summary["visits"]),
        filters=tuple(summary["filters"]),
        first=summary["first"],
        last=summary["last"],
        exptime=summary["exptime"],
        thumbnails=tuple(PicturedFilter(*picture) for picture in summary["thumbnails"]),
    )


def _pi(facts: Mapping[str, Any], names: Investigator) -> str | None:
    """Return the PI of a proposal, from its facts or else from the headers."""
    return facts.get("pi") or ", ".join(name for name in names if name) or None


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w'-]+", text.casefold()))
