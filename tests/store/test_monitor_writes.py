"""Measurements in the database: each once, with those of older states kept."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.store import monitor_rows, monitor_writes
from acsql.store.client import Store
from acsql.store.monitor_rows import Numbers
from acsql.store.monitor_writes import Outcome

WHEN = datetime(2026, 1, 2)
FILES = {"raw": {"size": 1, "mtime": 2}, "flt": {"size": 3, "mtime": 4}}


def write(store: Store, *outcomes: Outcome, run: int = 1) -> None:
    monitor_writes.write(store, outcomes, run, WHEN)


def measured(state: str, *levels: float, rootname: str = "a") -> Outcome:
    return Outcome("m", rootname, state, 55000.0, tuple({"level": level} for level in levels))


def failed(state: str, *, owed: bool = False) -> Outcome:
    return Outcome("m", "a", state, reason="broken", owed=owed)


def levels(store: Store) -> list[float]:
    return [row["level"] for document in monitor_rows.find(store, "m") for row in document["rows"]]


def older_levels(store: Store) -> list[float]:
    return [row["level"] for document in monitor_rows.older(store, "m") for row in document["rows"]]


def test_a_state_follows_the_version_and_the_files_that_are_used() -> None:
    state = monitor_writes.state(1, FILES, ["raw"])
    assert state != monitor_writes.state(2, FILES, ["raw"])
    assert state == monitor_writes.state(1, FILES | {"flt": {"size": 9, "mtime": 4}}, ["raw"])
    assert state != monitor_writes.state(1, FILES | {"raw": {"size": 1, "mtime": 9}}, ["raw"])
    assert state == monitor_writes.state(1, {"raw": {"size": 1, "mtime": 2, "inode": 3}}, ["raw"])


def test_a_state_that_is_written_twice_has_its_rows_once(store: Store) -> None:
    write(store, measured("1", 5, 6))
    write(store, measured("1", 5, 6), run=2)
    assert (levels(store), older_levels(store)) == ([5, 6], [])


def test_rows_of_an_older_state_are_kept(store: Store) -> None:
    write(store, measured("1", 5))
    write(store, measured("2", 6, 7))
    write(store, measured("3", 8))
    assert (levels(store), older_levels(store)) == ([8], [5, 6, 7])
    (first, *_) = monitor_rows.older(store, "m")
    assert (first["rootname"], first["measured"]) == ("a", WHEN)


def test_of_older_rows_that_would_not_fit_into_a_document_the_last_are_kept(store: Store) -> None:
    text = "x" * 990_000
    for number in range(20):
        row = {"level": number, "text": text}
        write(store, Outcome("m", "a", str(number), 55000.0, (row,)))
    kept = older_levels(store)
    assert levels(store) == [19]
    assert kept == list(range(19 - len(kept), 19))
    assert len(kept) >= 10


def test_a_failure_has_no_rows_and_ends_with_a_measurement(store: Store) -> None:
    write(store, measured("1", 5))
    write(store, failed("2"))
    assert (levels(store), older_levels(store)) == ([], [5])
    assert monitor_rows.failures(store, "m", 9) == [
        {"rootname": "a", "reason": "broken", "owed": False, "measured": WHEN}
    ]
    assert monitor_rows.numbers(store, ["m", "none"]) == {"m": Numbers(failed=1)}
    write(store, measured("2", 6))
    assert (levels(store), older_levels(store)) == ([6], [5])
    assert monitor_rows.failures(store, "m", 9) == []


@pytest.mark.parametrize(
    ("owed", "retry_failed", "state"),
    [
        (False, False, "2"),
        (False, True, monitor_writes.RETRIED),
        (True, False, monitor_writes.RETRIED),
        (True, True, monitor_writes.RETRIED),
    ],
)
def test_an_owed_failure_is_tried_again_and_others_on_request(
    store: Store, owed: bool, retry_failed: bool, state: str
) -> None:
    write(store, failed("2", owed=owed))
    assert monitor_writes.states(store, "m", retry_failed) == {"a": state}


def test_an_observation_that_is_no_longer_wanted_keeps_its_rows_as_older_ones(
    store: Store,
) -> None:
    write(store, measured("1", 5), measured("1", 6, rootname="b"))
    monitor_writes.retire(store, "m", ["a", "no such"])
    assert (levels(store), older_levels(store)) == ([6], [5])
    assert monitor_writes.states(store, "m") == {"a": monitor_writes.RETIRED, "b": "1"}
    write(store, measured("1", 7))
    assert (levels(store), older_levels(store)) == ([7, 6], [5])


def test_texts_that_look_like_expressions_are_kept_as_they_are(store: Store) -> None:
    write(store, Outcome("m", "a", "$state", None, ({"name": "$rootname"}, {"name": "$$NOW"})))
    (document,) = monitor_rows.find(store, "m")
    assert [row["name"] for row in document["rows"]] == ["$rootname", "$$NOW"]


outcome = st.one_of(
    st.builds(measured, st.sampled_from("123"), st.integers(0, 99)), st.builds(failed, st.just("9"))
)


@given(outcomes=st.lists(outcome, min_size=1, max_size=6))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_sequence_the_rows_are_those_of_the_last_outcome_and_none_is_lost(
    store: Store, outcomes: list[Outcome]
) -> None:
    store.database["monitor_rows"].delete_many({})
    for each in outcomes:
        write(store, each)
    assert levels(store) == [row["level"] for row in outcomes[-1].rows]
    # Of equal states that follow each other, the last one counts.
    pairs = zip(outcomes, [*outcomes[1:], None], strict=True)
    kept = [one for one, following in pairs if following is None or one.state != following.state]
    assert older_levels(store) == [row["level"] for one in kept[:-1] for row in one.rows]
