"""Summaries add up the observations of each proposal."""

from datetime import datetime

from acsql.store.derived import proposal_summaries


def observation(rootname: str, proposid: int | None, **others) -> dict:
    """Return a document with what summaries are made of."""
    return {"_id": rootname, "proposid": proposid, "previews": {}} | others


def test_a_summary_adds_up_the_observations_of_a_proposal(store):
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
    few, full = proposal_summaries.live(store, ["drz", "flt"])
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


def test_the_summary_of_one_proposal_equals_the_one_among_all(store):
    store.observations.insert_many([observation(f"j000000{n}", 9000 + n % 2) for n in range(5)])
    for summary in proposal_summaries.live(store, ["drz", "flt"]):
        assert proposal_summaries.live(store, ["drz", "flt"], summary["_id"]) == [summary]
    assert proposal_summaries.live(store, ["drz", "flt"], 1) == []


def test_an_empty_archive_has_no_summaries(store):
    assert proposal_summaries.live(store, ["drz", "flt"]) == []
