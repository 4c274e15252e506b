"""Every ingest is a change, and nothing else is."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.errors import DatabaseError
from acsql.store import change_feed, file_records, observation_writes

WHEN = datetime(2026, 1, 1)
file = st.fixed_dictionaries(
    {"size": st.integers(0, 3), "mtime": st.datetimes(WHEN, datetime(2026, 1, 3))}
)
files = st.dictionaries(st.sampled_from(["raw", "flt", "spt"]), file)


@given(files, files)
def test_equal_files_have_equal_fingerprints(one, other) -> None:
    assert (change_feed.fingerprint(WHEN, one) == change_feed.fingerprint(WHEN, other)) == (
        one == other
    )
    assert change_feed.fingerprint(WHEN, one) != change_feed.fingerprint(datetime(2026, 1, 2), one)
    assert change_feed.fingerprint(WHEN, dict(reversed(one.items()))) == change_feed.fingerprint(
        WHEN, one
    )


@given(files)
def test_a_checksum_added_later_is_no_change(one) -> None:
    noted = {name: entry | {"sha256": "ab", "vanished": WHEN} for name, entry in one.items()}
    assert change_feed.fingerprint(WHEN, noted) == change_feed.fingerprint(WHEN, one)


def put(store, rootname: str, when: datetime | None = WHEN) -> None:
    observation_writes.replace(store, {"_id": rootname, "last_ingest_date": when})


def test_observations_come_in_the_order_of_ingest(store) -> None:
    for rootname, day in (("j0000003", 1), ("j0000001", 3), ("j0000002", 3), ("j0000000", 2)):
        put(store, rootname, datetime(2026, 1, day))
    observation_writes.replace(store, {"_id": "j0000009"})
    found = [
        changed.rootname for changed in change_feed.ingested_since(store, datetime(2026, 1, 2))
    ]
    assert found == ["j0000000", "j0000001", "j0000002"]
    assert len(list(change_feed.ingested_since(store, None))) == 5


def test_the_stream_yields_ingests_only(store) -> None:
    place = change_feed.resume_token(store)
    put(store, "j0000000")
    put(store, "j0000000", datetime(2026, 1, 2))
    file_records.set_marks(store, [file_records.Marks("j0000000", "raw", 1, 2)])
    store.observations.update_one({"_id": "j0000000"}, {"$set": {"footprint": None}})
    store.observations.update_one({"_id": "j0000000"}, {"$set": {"last_ingest_date": WHEN}})
    put(store, "j0000001")
    rootnames, places = [], [place]
    stream = change_feed.follow(store, place, 0.1)
    while "j0000001" not in rootnames:
        rootname, place = next(stream)
        rootnames += [rootname] if rootname else []
        places.append(place)
    stream.close()
    assert rootnames == ["j0000000", "j0000000", "j0000000", "j0000001"]
    # It goes on behind any of its places.
    again = change_feed.follow(store, places[-1], 0.1)
    assert next(again)[0] is None
    again.close()


def test_an_invalid_resume_token_is_an_error(store) -> None:
    put(store, "j0000000")
    with pytest.raises(DatabaseError):
        next(change_feed.follow(store, {"_data": "zz"}, 0.1))


def test_a_stream_ends_when_its_collection_is_dropped(store) -> None:
    put(store, "j0000000")
    stream = change_feed.follow(store, change_feed.resume_token(store), 0.1)
    place = next(stream)[1]
    store.observations.drop()
    rootnames = list(stream)
    assert all(rootname is None for rootname, _ in rootnames)
    put(store, "j0000001")
    assert list(change_feed.follow(store, rootnames[-1][1] if rootnames else place, 0.1)) == []
