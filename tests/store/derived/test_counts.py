"""Counts made ahead equal counts of the observations, and are never served when stale."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql import keywords as keyword_specs
from acsql.query import And, AnyOf, Between, Equals, Exists, Like, Not, Or, Within
from acsql.store import live_counts
from acsql.store.derived import counts, freshness, refresh
from acsql.store.schema import DERIVED_STATE

SPECS = keyword_specs.load()
EVERYTHING = And()
VALUES = {
    "detector": [None, "WFC", "HRC", "SBC"],
    "filter1": [None, "F606W", "F814W", "CLEAR1L"],
    "subarray": [None, True, False],
    "imagetyp": ["EXT", "BIAS"],
    "proposid": [None, 9019, 9433],
    "targname": [None, "", "NGC104", "M31"],
}

shared = settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

found_documents = st.lists(
    st.fixed_dictionaries({}, optional={name: st.sampled_from(v) for name, v in VALUES.items()}),
    max_size=20,
)
plain = st.one_of(
    st.builds(Equals, st.just("detector"), st.sampled_from(["WFC", "HRC", "?"])),
    st.builds(AnyOf, st.just("filter1"), st.sets(st.sampled_from(["F606W", "F814W"])).map(tuple)),
    st.builds(Like, st.just("filter1"), st.sampled_from(["F*W", "*", "?6*", "f606w"])),
    st.builds(Between, st.just("imagetyp"), st.just("BIAS"), st.sampled_from([None, "C"])),
    st.builds(Exists, st.sampled_from(["filter1", "detector", "subarray"])),
    st.builds(Equals, st.just("subarray"), st.booleans()),
)
conditions = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, max_size=3).map(tuple).map(And),
        st.lists(inner, max_size=3).map(tuple).map(Or),
    ),
    max_leaves=5,
)


def put(store, documents) -> list[dict]:
    """Let these documents be all that there are."""
    named = [{"_id": f"j{number:07d}", **found} for number, found in enumerate(documents)]
    store.database[DERIVED_STATE].delete_many({})
    store.observations.delete_many({})
    if named:
        store.observations.insert_many(named)
    return named


def like(value, pattern: str) -> bool:
    """Whether a text matches a pattern; another way of looking than the one that is tested."""
    if not pattern:
        return not value
    if pattern[0] == "*":
        return any(like(value[start:], pattern[1:]) for start in range(len(value) + 1))
    return bool(value) and pattern[0] in ("?", value[0]) and like(value[1:], pattern[1:])


def holds(condition, document) -> bool:
    """Whether a document meets a condition; unknown values meet no comparison."""
    match condition:
        case And(parts):
            return all(holds(part, document) for part in parts)
        case Or(parts):
            return any(holds(part, document) for part in parts)
        case Not(inner):
            return not holds(inner, document)
    value = document.get(condition.keyword)
    if value in (None, ""):
        return False
    match condition:
        case Equals(_, wanted):
            return value == wanted
        case AnyOf(_, wanted):
            return value in wanted
        case Between(_, low, high):
            return (low is None or value >= low) and (high is None or value <= high)
        case Like(_, pattern):
            return like(value, pattern)
    return True


@shared
@given(documents=found_documents, searches=st.lists(conditions, max_size=10))
def test_counts_made_ahead_equal_counts_of_the_documents(store, documents, searches):
    put(store, documents)
    refresh.refresh_all(store, SPECS)
    for condition in searches:
        meeting = [document for document in documents if holds(condition, document)]
        assert counts.count(store, SPECS, condition) == len(meeting)
        for name in ("detector", "filter1", "subarray"):
            numbers = Counter(d[name] for d in meeting if d.get(name) not in (None, ""))
            assert counts.values(store, SPECS, name, condition) == numbers


@shared
@given(documents=found_documents)
def test_values_of_other_keywords_are_counted_without_condition(store, documents):
    put(store, documents)
    refresh.refresh_all(store, SPECS)
    for name in ("proposid", "targname"):
        numbers = Counter(d[name] for d in documents if d.get(name) not in (None, ""))
        assert counts.values(store, SPECS, name, EVERYTHING) == numbers
        assert counts.values(store, SPECS, name, And((And(),))) == numbers
        assert counts.values(store, SPECS, name, Equals("detector", "WFC")) is None


@shared
@given(documents=found_documents)
def test_every_facet_keyword_is_counted_like_the_observations(store, documents):
    put(store, documents)
    refresh.refresh_all(store, SPECS)
    for name in SPECS.facets:
        live = live_counts.value_counts(store, name, EVERYTHING)
        assert counts.values(store, SPECS, name, EVERYTHING) == live


@pytest.mark.parametrize(
    "condition",
    [
        Equals("proposid", 9019),
        Equals("rootname", "j0000000"),
        Within(6.0, -72.0, 1.0),
        Not(Exists("exptime")),
        And((Equals("detector", "WFC"), Between("exptime", 1.0))),
        Equals("raw.0.detector", "WFC"),
    ],
)
def test_a_condition_on_other_keywords_has_no_counts(store, condition):
    put(store, [{"detector": "WFC", "proposid": 9019}])
    refresh.refresh_all(store, SPECS)
    assert counts.count(store, SPECS, condition) is None
    assert counts.values(store, SPECS, "detector", condition) is None
    assert counts.count(store, SPECS, Equals("detector", "WFC")) == 1


def test_there_are_no_counts_before_the_first_refresh(store):
    assert counts.count(store, SPECS, EVERYTHING) is None
    assert counts.values(store, SPECS, "detector", EVERYTHING) is None
    freshness.invalidate(store)
    assert counts.count(store, SPECS, EVERYTHING) is None
    refresh.refresh_all(store, SPECS)
    assert counts.count(store, SPECS, EVERYTHING) == 0
    assert counts.values(store, SPECS, "detector", EVERYTHING) == {}


def test_stale_counts_are_not_served(store):
    put(store, [{"detector": "WFC"}])
    refresh.refresh_all(store, SPECS)
    freshness.invalidate(store)
    put(store, [{"detector": "WFC"}, {"detector": "HRC"}])
    assert counts.count(store, SPECS, EVERYTHING) is None
    assert counts.values(store, SPECS, "detector", EVERYTHING) is None
    assert counts.values(store, SPECS, "targname", EVERYTHING) is None
    refresh.refresh_all(store, SPECS)
    assert counts.count(store, SPECS, EVERYTHING) == 2


def test_a_write_during_a_refresh_leaves_the_counts_stale(store, monkeypatch):
    def written_meanwhile(*arguments):
        freshness.invalidate(store)
        return refresh_values(*arguments)

    refresh_values = counts.refresh_values
    put(store, [{"detector": "WFC"}])
    with monkeypatch.context() as patched:
        patched.setattr(counts, "refresh_values", written_meanwhile)
        refresh.refresh_all(store, SPECS)
    assert counts.count(store, SPECS, EVERYTHING) is None
    refresh.refresh_all(store, SPECS)
    assert counts.count(store, SPECS, EVERYTHING) == 1


def test_counts_of_other_facets_are_not_served(store):
    put(store, [{"detector": "WFC"}])
    refresh.refresh_all(store, SPECS)
    fewer = replace(SPECS, facets=SPECS.facets[:-1])
    assert counts.count(store, fewer, EVERYTHING) is None


def test_a_keyword_with_too_many_values_is_not_counted(store, monkeypatch):
    monkeypatch.setattr(counts, "MOST_VALUES", 3)
    put(store, [{"exptime": float(n % 3), "expstart": float(n)} for n in range(4)])
    refresh.refresh_all(store, SPECS)
    assert counts.values(store, SPECS, "exptime", EVERYTHING) == {0.0: 2, 1.0: 1, 2.0: 1}
    assert counts.values(store, SPECS, "expstart", EVERYTHING) is None
    monkeypatch.setattr(counts, "MOST_VALUES", 4)
    refresh.refresh_all(store, SPECS)
    assert len(counts.values(store, SPECS, "expstart", EVERYTHING)) == 4
