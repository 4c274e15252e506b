"""The list of proposals, filtered by words and sorted by any column."""

from collections.abc import Callable, Iterable
from itertools import groupby, zip_longest
from typing import Annotated, Any

from flask import Blueprint, render_template, url_for

from ...proposals import PicturedFilter, Proposal
from ..context import current_archive, parameters
from ..params import OneOf, Parameters, WholeNumber

PAGE_SIZE = 200
# Thumbnails of a proposal, in two lines; the number of all others replaces the last one.
MOST_THUMBNAILS = 6
# The sort key of a proposal, by the parameter that asks for it; unknown values come first.
SORT_KEYS: dict[str, Callable[[Proposal], Any]] = {
    "proposid": lambda proposal: proposal.proposid,
    "type": lambda proposal: proposal.type or "",
    "title": lambda proposal: proposal.title or "",
    "pi": lambda proposal: proposal.pi or "",
    "cycle": lambda proposal: (proposal.cycle is not None, proposal.cycle),
    "observations": lambda proposal: proposal.observations,
    "exptime": lambda proposal: proposal.exptime,
    "first": lambda proposal: (proposal.first is not None, proposal.first),
    "last": lambda proposal: (proposal.last is not None, proposal.last),
}

blueprint = Blueprint("proposals", __name__)


class ProposalsParameters(Parameters):
    """Words that the proposals contain, their order (``-`` for descending), and the page."""

    find: str = ""
    sort: Annotated[str, OneOf((*SORT_KEYS, *(f"-{key}" for key in SORT_KEYS)))] = "proposid"
    page: Annotated[int, WholeNumber(1, 999_999)] = 1


@blueprint.get("/archive/")
def page() -> str:
    """Show one page of the proposals."""
    query = parameters(ProposalsParameters)
    archive = current_archive()
    everything = archive.proposals()
    matching = _sorted(_matching(everything, query.find), query.sort)
    begin = (query.page - 1) * PAGE_SIZE
    return render_template(
        "proposals.html",
        api=url_for("api.proposals"),
        parameters=query,
        proposals=matching[begin : begin + PAGE_SIZE],
        begin=begin,
        more=len(matching) > begin + PAGE_SIZE,
        matching=len(matching),
        total=len(everything),
        without=archive.number_without_proposal(),
        shown_thumbnails=_shown_thumbnails,
        most_thumbnails=MOST_THUMBNAILS,
    )


def _shown_thumbnails(proposal: Proposal) -> list[PicturedFilter]:
    """Return the thumbnails that the list has room for, of all detectors in turns."""
    every = proposal.thumbnails
    if len(every) <= MOST_THUMBNAILS:
        return list(every)
    of_detectors = [list(group) for _, group in groupby(every, key=lambda each: each.detector)]
    in_turns = [each for turn in zip_longest(*of_detectors) for each in turn if each]
    return in_turns[: MOST_THUMBNAILS - 1]


def _matching(proposals: Iterable[Proposal], find: str) -> list[Proposal]:
    """Return the proposals that contain every word of a text."""
    words = find.lower().split()
    if not words:
        return list(proposals)
    return [each for each in proposals if all(word in _text(each) for word in words)]


def _text(proposal: Proposal) -> str:
    """Return the text of a proposal in which words are searched."""
    parts = (proposal.proposid, proposal.type, proposal.title, proposal.pi)
    texts = [str(part) for part in parts if part is not None]
    return " ".join([*texts, *proposal.detectors, *proposal.targets]).lower()


def _sorted(proposals: Iterable[Proposal], sort: str) -> list[Proposal]:
    key = SORT_KEYS[sort.removeprefix("-")]
    return sorted(proposals, key=key, reverse=sort.startswith("-"))
