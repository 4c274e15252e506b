"""The pages of the site.  A route parses the address, asks the archive, and renders.

Whatever a page shows comes from a few indexed queries; no route looks for files or opens a FITS
file, and pictures are found through the document and never through a path in the address."""

from collections.abc import Iterable
from typing import Any, ClassVar

from flask import Blueprint, render_template

from ...errors import QueryError
from ...proposals import Proposal, in_proposal
from ..context import parameters, the_archive
from ..params import Address

blueprint = Blueprint("proposals", __name__)


class ProposalList(Address):
    """The list of proposals: those that contain some words, in some order."""

    single = ("find", "sort", "page")
    SORTS: ClassVar[dict[str, Any]] = {
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

    @property
    def sort(self) -> str:
        """One of `SORTS`, downwards with ``-`` before it."""
        choices = [*self.SORTS, *(f"-{name}" for name in self.SORTS)]
        return self.chosen("sort", choices, "proposid")

    @property
    def page(self) -> int:
        """The number of the page, from 1."""
        text = self.first("page", "1")
        if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) < 10**6):
            raise QueryError(f"page: expected a number from 1, not {text!r}")
        return int(text[:9])


PROPOSALS_ON_A_PAGE = 200


@blueprint.get("/archive/")
def page() -> str:
    """Show the proposals, some hundred on a page."""
    asked = parameters(ProposalList)
    found = the_archive().proposals()
    listed = _listed(found, asked)
    begin = (asked.page - 1) * PROPOSALS_ON_A_PAGE
    return render_template(
        "proposals.html",
        asked=asked,
        proposals=listed[begin : begin + PROPOSALS_ON_A_PAGE],
        begin=begin,
        more=len(listed) > begin + PROPOSALS_ON_A_PAGE,
        fitting=len(listed),
        total=len(found),
        without=the_archive().count(in_proposal(None)),
    )


def _listed(found: Iterable[Proposal], asked: ProposalList) -> list[Proposal]:
    """Return the proposals that contain all the words asked for, in the order asked for."""
    words = asked.first("find").lower().split()
    listed = [p for p in found if all(word in _words(p) for word in words)] if words else found
    key = asked.SORTS[asked.sort.removeprefix("-")]
    return sorted(listed, key=key, reverse=asked.sort.startswith("-"))


def _words(proposal: Proposal) -> str:
    parts = (proposal.proposid, proposal.type, proposal.title, proposal.pi)
    return " ".join(
        str(part).lower()
        for part in (*parts, *proposal.detectors, *proposal.targets)
        if part is not None
    )
