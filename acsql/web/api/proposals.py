"""The endpoints of the proposals."""

from dataclasses import asdict
from typing import cast

from ...proposals import Proposal
from ..context import current_archive
from ..json_response import PREFIX
from .answers import ProposalList, ProposalRecord
from .endpoint import INTEGER, Number, endpoint


@endpoint(f"{PREFIX}proposals")
def proposals() -> ProposalList:
    """List all proposals."""
    return {"proposals": [_record(proposal) for proposal in current_archive().proposals()]}


@endpoint(f"{PREFIX}proposals/<{INTEGER}:proposid>")
def proposal(proposid: Number) -> ProposalRecord:
    """Return a proposal."""
    return _record(current_archive().proposal(proposid))


def _record(proposal: Proposal) -> ProposalRecord:
    return cast(ProposalRecord, asdict(proposal))
