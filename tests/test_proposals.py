"""Proposals are listed with the facts known of them and a summary of their observations."""

import pytest

import acsql
from acsql.errors import ProposalNotFound, QueryError
from acsql.proposals import in_proposal
from acsql.store import observation_writes, proposals


def test_a_proposal_summarises_its_observations(sample_archive: acsql.Archive) -> None:
    listed = sample_archive.proposals()
    assert sum(proposal.observations for proposal in listed) == sample_archive.count()
    for proposal in listed:
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


def test_the_list_has_each_write_at_once(empty_archive: acsql.Archive) -> None:
    for number in (1, 2):
        document = {"_id": f"j000000{number}", "proposid": number}
        observation_writes.replace(empty_archive.store, document)
        assert [each.proposid for each in empty_archive.proposals()] == [1, 2][:number]
    proposals.save(empty_archive.store, {2: {"type": "GO", "title": "T", "cycle": 1, "pi": "P"}})
    assert [each.title for each in empty_archive.proposals()] == [None, "T"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hubble", [1, 3]),
        ("FIELD ultra", [1]),
        ("edwin", [3]),
        # A stored PI takes the place of that of the headers, and whole words are compared.
        ("baade", []),
        ("field's", [2]),
        ("hub", []),
        ("ultra edwin", []),
        ("The Hubble: ultra deep field.", [1]),
        ("?", []),
    ],
)
def test_proposals_are_found_by_the_words_of_their_title_or_pi(
    empty_archive: acsql.Archive, text, expected
) -> None:
    store = empty_archive.store
    for number, names in ((1, ("BAADE", "W")), (2, ("", "")), (3, ("HUBBLE", "EDWIN"))):
        names_of_pi = dict(zip(("pr_inv_l", "pr_inv_f"), names, strict=True))
        document = {"_id": f"j000000{number}", "proposid": number, **names_of_pi}
        observation_writes.replace(store, document)
    unknown = {"type": None, "cycle": None}
    facts = {1: ("The Hubble Ultra Deep Field", "Beckwith"), 2: ("A field's edge", None)}
    # No observation belongs to the last one.
    facts |= {4: ("Hubble, again", "Hubble")}
    proposals.save(
        store, {n: {**unknown, "title": title, "pi": pi} for n, (title, pi) in facts.items()}
    )
    assert empty_archive.find_proposals(text) == expected


def test_observations_without_a_proposal_have_a_condition(empty_archive) -> None:
    documents = [{"_id": "j0000000", "proposid": 1}, {"_id": "j0000001"}]
    empty_archive.store.observations.insert_many(documents)
    for proposid, rootname in ((1, "j0000000"), (None, "j0000001")):
        (row,) = empty_archive.where(in_proposal(proposid)).rows()
        assert row["rootname"] == rootname
