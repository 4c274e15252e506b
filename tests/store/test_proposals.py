"""Facts about proposals in the database."""

from datetime import datetime

import pytest

from acsql.store import proposals
from acsql.store.derived import proposal_summaries

FACTS = {"type": "CAL/ACS", "title": "A title", "cycle": 11, "pi": "Bohlin, Ralph"}
NOTHING = dict.fromkeys(FACTS)


def test_what_is_saved_is_known(store):
    assert proposals.by_id(store) == {}
    saved = {9019: FACTS, 10000: NOTHING | {"type": "GO"}}
    proposals.save(store, saved)
    assert proposals.by_id(store) == saved
    assert proposals.by_id(store, [9019, 1]) == {9019: FACTS}
    assert proposals.by_id(store, []) == {}


def test_saving_again_replaces_and_adds_and_forgets_nothing(store):
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


def test_saving_tells_the_observations_that_are_there(store):
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


def test_saving_what_is_known_writes_nothing(store):
    proposals.save(store, {9019: FACTS})
    store.observations.insert_one({"_id": "j0000001", "proposid": 9019, "proposal_type": "mine"})
    proposals.save(store, {9019: dict(FACTS)})
    proposals.save(store, {})
    assert types(store) == {"j0000001": "mine"}


def observation(rootname: str, proposid: int | None, **others) -> dict:
    """Return a document with what summaries are made of."""
    return {"_id": rootname, "proposid": proposid, "previews": {}} | others


def test_summaries_are_what_the_observations_of_each_proposal_come_to(store):
    thumbnail = {"flt": {"thumbnail": "9019/j0000002q_flt.thumb"}}
    store.observations.insert_many(
        [
            observation(
                "j0000001",
                9019,
                detector="HRC",
                targname="NGC104",
                date_obs=datetime(2002, 4, 13),
                exptime=60.0,
                pr_inv_l="Bohlin",
                pr_inv_f="Ralph",
                previews={"flt": {"reason": "constant", "thumbnail": None}},
            ),
            observation(
                "j0000002",
                9019,
                detector="WFC",
                targname="NGC104",
                date_obs=datetime(2002, 4, 15),
                exptime=0.5,
                previews=thumbnail,
            ),
            observation("j0000003", 9019, detector=None, date_obs=None, exptime=None),
            observation("j0000004", 8992),
            observation("j0000005", None, exptime=5.0),
            {"_id": "j0000006", "exptime": 5.0},
        ]
    )
    few, full = proposal_summaries.live(store, "flt")
    assert (few["_id"], full["_id"]) == (8992, 9019)
    assert full.pop("detectors") == {"HRC": 1, "WFC": 1}
    assert set(full.pop("targets")) - {None} == {"NGC104"}
    assert set(full.pop("visits")) - {None} == set()
    assert set(full.pop("filters")) - {None} == set()
    assert full == {
        "_id": 9019,
        "observations": 3,
        "first": datetime(2002, 4, 13),
        "last": datetime(2002, 4, 15),
        "exptime": 60.5,
        "pr_inv_l": "Bohlin",
        "pr_inv_f": "Ralph",
        "thumbnail": "j0000002",
    }
    assert few["observations"] == 1
    assert few["exptime"] == 0
    assert few["first"] is few["last"] is few["thumbnail"] is few["pr_inv_l"] is None


def test_the_summary_of_one_proposal_is_the_one_among_all(store):
    store.observations.insert_many([observation(f"j000000{n}", 9000 + n % 2) for n in range(5)])
    for summary in proposal_summaries.live(store, "flt"):
        assert proposal_summaries.live(store, "flt", summary["_id"]) == [summary]
    assert proposal_summaries.live(store, "flt", 1) == []


def test_an_empty_archive_has_no_summaries(store):
    assert proposal_summaries.live(store, "flt") == []
