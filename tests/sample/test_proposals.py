"""Proposals of the sample archive."""

import yaml

from acsql.sample import proposals

PROPOSAL_TYPES = (
    "CAL/ACS", "CAL/OTA", "CAL/STIS", "CAL/WFC3", "ENG/ACS", "GO", "GO/DD", "GO/PAR", "GTO/ACS",
    "GTO/COS", "NASA", "SM3/ACS", "SM3/ERO", "SM4/ACS", "SM4/COS", "SM4/ERO", "SNAP",
)  # fmt: skip


def test_proposals_are_described(root, planned):
    listed = yaml.safe_load((root / "proposals.yaml").read_text())
    assert set(listed) == {observation.proposal.proposid for observation in planned}
    for proposid, facts in listed.items():
        proposal = proposals.PROPOSALS[proposid]
        assert facts["type"] in PROPOSAL_TYPES
        assert facts["title"] and isinstance(facts["cycle"], int)
        assert facts["pi"] == f"{proposal.last_name}, {proposal.first_name}"
    assert len({facts["type"] for facts in listed.values()}) >= 5
