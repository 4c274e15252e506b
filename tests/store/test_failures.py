"""Failures are recorded by filename, from the first to the last time, until they are removed."""

from datetime import datetime, timedelta

from acsql.store import failures
from acsql.store.client import Store

FIRST = datetime(2026, 1, 1)
LATER = FIRST + timedelta(days=1)
FAILURE = {
    "filename": "j8bt05njq_raw.fits",
    "rootname": "j8bt05nj",
    "stage": "read",
    "reason": "truncated",
    "owed": False,
    "size": 2880,
    "mtime": FIRST,
}
STORED = {name: value for name, value in FAILURE.items() if name != "filename"}


def test_a_failure_is_recorded_by_filename(store: Store) -> None:
    failures.record(store, [FAILURE], FIRST)
    expected = STORED | {"first": FIRST, "last": FIRST}
    assert failures.by_filename(store) == {"j8bt05njq_raw.fits": expected}


def test_a_repeated_failure_keeps_its_first_time_and_has_the_latest_reason(store: Store) -> None:
    failures.record(store, [FAILURE], FIRST)
    failures.record(store, [FAILURE | {"reason": "no SIMPLE keyword"}], LATER)
    (stored,) = failures.by_filename(store).values()
    assert (stored["first"], stored["last"]) == (FIRST, LATER)
    assert stored["reason"] == "no SIMPLE keyword"


def test_removed_failures_are_no_longer_recorded(store: Store) -> None:
    others = [FAILURE | {"filename": f"j8bt05njq_{filetype}.fits"} for filetype in ("flt", "spt")]
    failures.record(store, [FAILURE, *others], FIRST)
    failures.remove(store, ["j8bt05njq_raw.fits", "j8bt05njq_spt.fits", "unknown_raw.fits"])
    assert failures.by_filename(store).keys() == {"j8bt05njq_flt.fits"}


def test_no_failures_write_nothing(store: Store) -> None:
    failures.record(store, [], FIRST)
    failures.remove(store, [])
    assert failures.by_filename(store) == {}


def test_of_a_file_with_several_failures_the_owed_one_is_recorded(store: Store) -> None:
    owed = FAILURE | {"stage": "preview", "reason": "No space left on device", "owed": True}
    failures.record(store, [FAILURE, owed, FAILURE], FIRST)
    (stored,) = failures.by_filename(store).values()
    assert (stored["owed"], stored["stage"]) == (True, "preview")


def test_owed_and_damaged_files_are_counted_apart(store: Store) -> None:
    assert failures.count(store) == failures.FailureCounts()
    owed = [FAILURE | {"filename": f"{name}_raw.fits", "owed": True} for name in "ab"]
    failures.record(store, [FAILURE, *owed], FIRST)
    assert failures.count(store) == failures.FailureCounts(owed=2, damaged=1)
