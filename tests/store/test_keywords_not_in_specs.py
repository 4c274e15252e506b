"""Keywords not in the specs are recorded once, as first read."""

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.keywords import TYPES, HeaderKey
from acsql.store import keywords_not_in_specs

STARTED = datetime(2020, 1, 1, 12)
KEY = HeaderKey("WFC", "raw", 0)


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
def test_a_keyword_is_recorded_once_however_often_it_is_read(store, met):
    store.keywords_not_in_specs.delete_many({})
    for _ in range(2):
        keywords_not_in_specs.record(store, met, STARTED)
        found = keywords_not_in_specs.stored(store)
        assert sorted(found) == sorted((key, keyword, met[key, keyword][0]) for key, keyword in met)
        assert all(isinstance(key, HeaderKey) for key, _, _ in found)


def test_a_keyword_stays_as_it_was_first_recorded(store):
    keywords_not_in_specs.record(store, {(KEY, "NEW-KEY"): ("int", "first.fits")}, STARTED)
    later = STARTED + timedelta(days=1)
    met = {(KEY, "NEW-KEY"): ("str", "second.fits"), (KEY, "OTHER"): ("str", "second.fits")}
    keywords_not_in_specs.record(store, met, later)
    assert keywords_not_in_specs.stored(store) == [(KEY, "NEW-KEY", "int"), (KEY, "OTHER", "str")]
    stored = {d["keyword"]: d for d in store.keywords_not_in_specs.find()}
    assert stored["NEW-KEY"]["filename"] == "first.fits"
    assert stored["NEW-KEY"]["first_seen"] == STARTED
    assert stored["OTHER"]["first_seen"] == later


def test_the_same_keyword_in_two_headers_is_recorded_twice(store):
    other = HeaderKey("WFC", "raw", 1)
    keywords_not_in_specs.record(
        store, {(KEY, "NEW"): ("int", "a"), (other, "NEW"): ("float", "a")}, STARTED
    )
    assert keywords_not_in_specs.stored(store) == [(KEY, "NEW", "int"), (other, "NEW", "float")]


def test_recorded_keywords_extend_the_specs(store, specs):
    keywords_not_in_specs.record(store, {(KEY, "NEW-KEY"): ("int", "a")}, STARTED)
    extended = specs.with_keywords(keywords_not_in_specs.stored(store))
    assert extended.listed_at("NEW-KEY", KEY).type == "int"


def test_no_keywords_write_nothing(store):
    keywords_not_in_specs.record(store, {}, STARTED)
    assert keywords_not_in_specs.stored(store) == []
