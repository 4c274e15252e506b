"""Proposals are listed with the facts known of them and a summary of their observations."""

import pytest

import acsql
from acsql.errors import ProposalNotFound, QueryError
from acsql.proposals import in_proposal
from acsql.store.derived.refresh import refresh_all


def test_a_proposal_summarises_its_observations(sample_archive: acsql.Archive) -> None:
    proposals = sample_archive.proposals()
    assert sum(proposal.observations for proposal in proposals) == sample_archive.count()
    for proposal in proposals:
        assert proposal.type
        assert proposal.pi
        assert sample_archive.proposal(proposal.proposid) == proposal
        rows = list(sample_archive.where(proposid=proposal.proposid).rows())
        assert len(rows) == proposal.observations
        members = (sample_archive.observation(row["rootname"]) for row in rows)
        assert {member["proposal_type"] for member in members} == {proposal.type}


@pytest.mark.parametrize(("proposid", "error"), [(99999, ProposalNotFound), ("x", QueryError)])
def test_a_proposal_that_does_not_exist_is_named(sample_archive, proposid, error) -> None:
    with pytest.raises(error, match=str(proposid)):
        sample_archive.proposal(proposid)


def test_the_list_is_kept_until_the_next_refresh(empty_archive: acsql.Archive) -> None:
    store, specs = empty_archive.store, empty_archive.specs
    store.observations.insert_one({"_id": "j0000000", "proposid": 1})
    assert [proposal.proposid for proposal in empty_archive.proposals()] == [1]
    refresh_all(store, specs)
    assert [proposal.proposid for proposal in empty_archive.proposals()] == [1]
    store.observations.insert_one({"_id": "j0000001", "proposid": 2})
    assert [proposal.proposid for proposal in empty_archive.proposals()] == [1]
    refresh_all(store, specs)
    assert [proposal.proposid for proposal in empty_archive.proposals()] == [1, 2]


def test_observations_without_a_proposal_have_a_condition(empty_archive) -> None:
    documents = [{"_id": "j0000000", "proposid": 1}, {"_id": "j0000001"}]
    empty_archive.store.observations.insert_many(documents)
    for proposid, rootname in ((1, "j0000000"), (None, "j0000001")):
        (row,) = empty_archive.where(in_proposal(proposid)).rows()
        assert row["rootname"] == rootname
