"""Does every ingest run leave a record, and does every keyword that was met?"""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.keywords import TYPES, HeaderKey
from acsql.store import keywords_not_in_specs, runs

STARTED = datetime(2020, 1, 1, 12)
KEY = HeaderKey("WFC", "raw", 0)


def test_a_run_is_on_record_from_its_start(store):
    run_id = runs.start(store, {"started": STARTED, "version": "1.0.0"})
    assert runs.last(store) == {
        "_id": run_id,
        "state": runs.RUNNING,
        "started": STARTED,
        "version": "1.0.0",
    }


@pytest.mark.parametrize(
    "state", [runs.SUCCEEDED, runs.NOTHING_NEW, runs.SUCCEEDED_WITH_FAILURES, runs.FAILED]
)
def test_a_run_is_closed_with_what_came_of_it(store, state):
    run_id = runs.start(store, {"started": STARTED})
    runs.finish(store, run_id, {"state": state, "observations": 3})
    assert runs.last(store) == {
        "_id": run_id,
        "started": STARTED,
        "state": state,
        "observations": 3,
    }


def test_closing_one_run_leaves_the_others_as_they_are(store):
    first = runs.start(store, {"started": STARTED})
    second = runs.start(store, {"started": STARTED + timedelta(seconds=1)})
    runs.finish(store, first, {"state": runs.SUCCEEDED})
    assert runs.last(store)["_id"] == second
    assert runs.last(store)["state"] == runs.RUNNING
    assert runs.last(store, (runs.SUCCEEDED,))["_id"] == first


def test_starting_does_not_change_the_record_it_is_given(store):
    record = {"started": STARTED}
    runs.start(store, record)
    assert record == {"started": STARTED}


def test_runs_are_numbered_and_the_last_is_the_one_opened_last(store):
    numbers = [runs.start(store, {"started": STARTED - timedelta(hours=n)}) for n in range(3)]
    assert numbers == [1, 2, 3]
    assert runs.last(store)["_id"] == 3
    assert [runs.get(store, number)["_id"] for number in numbers] == numbers
    assert runs.get(store, 4) is None


def test_the_newest_runs_come_first_without_their_lists(store):
    for number in range(1, 5):
        runs.finish(
            store,
            runs.start(store, {"started": STARTED}),
            {"observations": number, "failures": [{"rootname": "j8bt05nj"}] * number},
        )
    newest = runs.newest(store, 3)
    assert [record["observations"] for record in newest] == [4, 3, 2]
    assert all("failures" not in record for record in newest)
    assert len(runs.get(store, 4)["failures"]) == 4


def test_runs_that_died_are_closed_and_others_stay_as_they_are(store):
    finished = runs.start(store, {"started": STARTED})
    runs.finish(store, finished, {"state": runs.SUCCEEDED})
    died = [runs.start(store, {"started": STARTED}) for _ in range(2)]
    assert runs.close_died(store) == 2
    assert runs.close_died(store) == 0
    assert runs.get(store, finished)["state"] == runs.SUCCEEDED
    assert {runs.get(store, number)["state"] for number in died} == {runs.DIED}
    assert runs.DIED not in runs.SUCCESSFUL


def test_the_last_run_in_some_states(store):
    states = [runs.SUCCEEDED, runs.FAILED, runs.NOTHING_NEW, runs.RUNNING]
    for hours, state in enumerate(states):
        run_id = runs.start(store, {"started": STARTED + timedelta(hours=hours)})
        runs.finish(store, run_id, {"state": state})
    assert runs.last(store, (runs.FAILED, runs.SUCCEEDED))["state"] == runs.FAILED
    assert runs.last(store, (runs.SUCCEEDED,))["state"] == runs.SUCCEEDED
    assert runs.last(store, (runs.SUCCEEDED_WITH_FAILURES,)) is None


def test_an_archive_without_runs_has_no_last_one(store):
    assert runs.last(store) is None
    assert runs.last(store, (runs.SUCCEEDED,)) is None


keywords = st.from_regex(r"[A-Z0-9_-]{1,8}(\.[A-Z]{1,4}\.[0-9])?", fullmatch=True)
header_keys = st.builds(
    HeaderKey, st.sampled_from(["WFC", "HRC"]), st.sampled_from(["raw", "flt"]), st.integers(0, 9)
)
met_keywords = st.dictionaries(
    st.tuples(header_keys, keywords),
    st.tuples(st.sampled_from(TYPES), st.just("j8bt05njq_raw.fits")),
    max_size=8,
)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(met=met_keywords)
def test_keywords_that_were_met_are_known_once_however_often_they_are_met(store, met):
    store.keywords_not_in_specs.delete_many({})
    for _ in range(2):
        keywords_not_in_specs.record(store, met, STARTED)
        found = keywords_not_in_specs.stored(store)
        assert sorted(found) == sorted((key, keyword, met[key, keyword][0]) for key, keyword in met)
        assert all(isinstance(key, HeaderKey) for key, _, _ in found)


def test_a_keyword_stays_as_it_was_first_met(store):
    keywords_not_in_specs.record(store, {(KEY, "NEW-KEY"): ("int", "first.fits")}, STARTED)
    later = STARTED + timedelta(days=1)
    met = {(KEY, "NEW-KEY"): ("str", "second.fits"), (KEY, "OTHER"): ("str", "second.fits")}
    keywords_not_in_specs.record(store, met, later)
    assert keywords_not_in_specs.stored(store) == [(KEY, "NEW-KEY", "int"), (KEY, "OTHER", "str")]
    stored = {d["keyword"]: d for d in store.keywords_not_in_specs.find()}
    assert stored["NEW-KEY"]["filename"] == "first.fits"
    assert stored["NEW-KEY"]["first_seen"] == STARTED
    assert stored["OTHER"]["first_seen"] == later


def test_the_same_keyword_of_another_header_is_another(store):
    other = HeaderKey("WFC", "raw", 1)
    keywords_not_in_specs.record(
        store, {(KEY, "NEW"): ("int", "a"), (other, "NEW"): ("float", "a")}, STARTED
    )
    assert keywords_not_in_specs.stored(store) == [(KEY, "NEW", "int"), (other, "NEW", "float")]


def test_what_was_met_extends_the_specs(store, specs):
    keywords_not_in_specs.record(store, {(KEY, "NEW-KEY"): ("int", "a")}, STARTED)
    extended = specs.with_keywords(keywords_not_in_specs.stored(store))
    assert extended.listed_at("NEW-KEY", KEY).type == "int"


def test_meeting_nothing_writes_nothing(store):
    keywords_not_in_specs.record(store, {}, STARTED)
    assert keywords_not_in_specs.stored(store) == []
