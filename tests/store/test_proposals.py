"""Facts about proposals are stored, also in their observations."""

import pytest

from acsql.store import proposals

FACTS = {"type": "CAL/ACS", "title": "A title", "cycle": 11, "pi": "Bohlin, Ralph"}
NOTHING = dict.fromkeys(FACTS)


def test_saved_proposals_are_returned(store):
    assert proposals.by_id(store) == {}
    saved = {9019: FACTS, 10000: NOTHING | {"type": "GO"}}
    proposals.save(store, saved)
    assert proposals.by_id(store) == saved
    assert proposals.by_id(store, [9019, 1]) == {9019: FACTS}
    assert proposals.by_id(store, []) == {}


def test_saving_again_replaces_and_adds_and_removes_nothing(store):
    proposals.save(store, {9019: FACTS, 10000: NOTHING})
    proposals.save(store, {9019: NOTHING | {"type": "GO"}, 10001: NOTHING})
    assert proposals.by_id(store) == {
        9019: NOTHING | {"type": "GO"},
        10000: NOTHING,
        10001: NOTHING,
    }


@pytest.mark.parametrize(
    ("proposid", "expected"), [(9019, "CAL/ACS"), (10000, None), (10001, None), (None, None)]
)
def test_the_type_of_a_proposal(store, proposid, expected):
    proposals.save(store, {9019: FACTS, 10000: NOTHING})
    assert proposals.type_of(store, proposid) == expected


def types(store) -> dict:
    """Return the proposal type of every observation."""
    return {d["_id"]: d.get("proposal_type") for d in store.observations.find()}


def test_saving_sets_the_proposal_type_of_stored_observations(store):
    store.observations.insert_many(
        [
            {"_id": "j0000001", "proposid": 9019, "proposal_type": None},
            {"_id": "j0000002", "proposid": 9019, "proposal_type": "SNAP", "exptime": 60.0},
            {"_id": "j0000003", "proposid": 10000, "proposal_type": "GO"},
            {"_id": "j0000004", "proposid": None},
        ]
    )
    proposals.save(store, {9019: FACTS, 12345: FACTS})
    kept = {"j0000003": "GO", "j0000004": None}
    assert types(store) == {"j0000001": "CAL/ACS", "j0000002": "CAL/ACS"} | kept
    assert store.observations.find_one("j0000002")["exptime"] == 60.0
    proposals.save(store, {9019: FACTS | {"type": None}})
    assert types(store) == {"j0000001": None, "j0000002": None} | kept


def test_saving_unchanged_facts_writes_nothing(store):
    proposals.save(store, {9019: FACTS})
    store.observations.insert_one({"_id": "j0000001", "proposid": 9019, "proposal_type": "mine"})
    proposals.save(store, {9019: dict(FACTS)})
    proposals.save(store, {})
    assert types(store) == {"j0000001": "mine"}
