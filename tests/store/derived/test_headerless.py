"""Headerless observations equal the observations, and are searched while they are current."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql import keywords as keyword_specs
from acsql.query import And, AnyOf, Between, Covers, Equals, Exists, Like, Not, Or, Within
from acsql.store import aggregations, live_counts, queries
from acsql.store.derived import headerless
from acsql.store.schema import DERIVED_STATE
from acsql.store.sorting import SortKey

SPECS = keyword_specs.load()
EVERYTHING = And()

some_headers = st.dictionaries(
    st.sampled_from(["raw", "flt", "spt"]),
    st.dictionaries(st.sampled_from(["0", "1", "2"]), st.just({"exptime": 1.0}), max_size=3),
    max_size=3,
)
some_document = st.fixed_dictionaries(
    {},
    optional={
        "detector": st.sampled_from([None, "WFC", "HRC"]),
        "exptime": st.floats(0, 1000),
        "files": st.dictionaries(st.sampled_from(["raw", "flt"]), st.just({"size": 1})),
        "headers": st.one_of(st.none(), some_headers),
        "layouts": st.just({"raw": {"0": {"id": "a"}}}),
    },
)
some_archive = st.dictionaries(
    st.sampled_from([f"j{number:07d}" for number in range(8)]), some_document
)


def put(store, archive: dict[str, dict]) -> None:
    """Replace all observations."""
    store.database[DERIVED_STATE].delete_many({})
    store.observations.delete_many({})
    if archive:
        store.observations.insert_many({"_id": name, **found} for name, found in archive.items())


def expected(document: dict) -> dict:
    """Return the headerless copy of a document."""
    headers = document.get("headers") or {}
    kept = {name: value for name, value in document.items() if name not in ("headers", "layouts")}
    return kept | {"extensions": {name: len(found) for name, found in headers.items()}}


@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(states=st.lists(some_archive, min_size=1, max_size=3))
def test_copies_are_the_observations_without_headers(store, states):
    for archive in states:
        put(store, archive)
        headerless.make_all(store)
        found = {document.pop("_id"): document for document in store.headerless.find()}
        assert found == {name: expected(document) for name, document in archive.items()}
        for name, document in archive.items():
            assert headerless.copy({"_id": name, **document}) == {"_id": name, **found[name]}


def test_an_unchanged_copy_is_not_written(store):
    put(store, {"j0000001": {"detector": "WFC"}, "j0000002": {"detector": "HRC"}})
    headerless.make_all(store)
    with store.headerless.watch() as stream:
        headerless.make_all(store)
        store.observations.update_one({"_id": "j0000002"}, {"$set": {"detector": "SBC"}})
        headerless.make_all(store)
        change = stream.try_next()
        assert change["documentKey"] == {"_id": "j0000002"}
        assert stream.try_next() is None


ON_COPIES = [
    (EVERYTHING, []),
    (Equals("detector", "WFC"), ["rootname", "exptime"]),
    (And((Equals("detector", "WFC"), Not(Between("exptime", 1.0)))), ["files", "previews"]),
    (Within(1.0, 2.0, 3.0), []),
    (And((AnyOf("rootname", ("j0000001", "j0000002")), Exists("detector"))), ["exptime"]),
]
ON_OBSERVATIONS = [
    (Equals("rootname", "j0000001"), []),
    (And((AnyOf("rootname", ("j0000001", "j0000002")), Exists("raw.0.detector"))), ["exptime"]),
    (AnyOf("rootname", ("j0000001", "j0000002")), ["raw.0.detector"]),
    (Equals("raw.0.detector", "WFC"), []),
    (EVERYTHING, ["rootname", "flt.1.goodmean"]),
    (Or((Equals("detector", "WFC"), Not(Exists("spt.1.proposid")))), []),
]


@pytest.mark.parametrize(("condition", "addresses"), ON_COPIES)
def test_copies_are_searched_once_they_are_made(store, condition, addresses):
    put(store, {"j0000001": {"detector": "WFC"}})
    assert headerless.collection_for(store, condition, addresses) == store.observations
    headerless.make_all(store)
    assert headerless.collection_for(store, condition, addresses) == store.headerless


@pytest.mark.parametrize(("condition", "addresses"), ON_OBSERVATIONS)
def test_observations_are_searched_for_header_keywords_and_for_one_rootname(
    store, condition, addresses
):
    headerless.make_all(store)
    assert headerless.collection_for(store, condition, addresses) == store.observations


def test_the_copies_of_an_older_acsql_are_not_searched(store):
    put(store, {"j0000001": {"detector": "WFC"}})
    old_state = {"_id": "state", "current": True, "outlines": True, "facets": list(SPECS.facets)}
    store.database["tallies_of_all"].insert_one(old_state)
    store.database["outlines"].insert_one({"_id": "j0000001", "detector": "WFC"})
    assert headerless.collection_for(store, EVERYTHING) == store.observations
    headerless.make_all(store)
    assert headerless.collection_for(store, EVERYTHING) == store.headerless


CONDITIONS = [
    EVERYTHING,
    Equals("detector", "WFC"),
    AnyOf("filter1", ("F606W", "F814W")),
    And((Equals("detector", "WFC"), Between("exptime", 1.0, None))),
    Or((Like("targname", "*1*"), Not(Exists("targname")))),
    Within(0.0, 90.0, 90.0),
    Covers(0.0, 0.0),
    Equals("flt.1.extname", "SCI"),
]


def results(store, condition) -> list:
    """Return the results of every kind of query with a condition."""
    columns = ("rootname", "exptime", "targname", "files", "footprint")
    return [
        list(queries.find(store, condition, columns, [SortKey("exptime", True)], 7)),
        list(queries.find(store, condition, ["rootname", "raw.0.exptime"])),
        list(queries.find(store, condition, ["flt.1.extname"], [SortKey("exptime")], 5)),
        list(queries.find(store, condition, ["detector"], [SortKey("flt.1.goodmean")], 5)),
        live_counts.count(store, condition),
        queries.any_match(store, condition),
        live_counts.estimate(store, condition),
        live_counts.value_counts(store, "filter1", condition),
        live_counts.value_counts(store, "flt.1.extname", condition),
        live_counts.distinct(store, "targname", condition),
        sorted(row["rootname"] for row in queries.sample(store, condition, ["rootname"], 1000)),
        sorted(map(str, aggregations.facet_rows(store, {"ccdgain": "int"}, condition, None))),
        list(aggregations.distribution_rows(store, condition, ["ccdgain"])),
    ]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_results_are_the_same_from_copies_and_observations(sample_copy, condition):
    store = sample_copy
    headerless.make_all(store)
    assert headerless.copies_if_made(store) == store.headerless
    found = results(store, condition)
    store.database[DERIVED_STATE].delete_many({})
    assert headerless.copies_if_made(store) == store.observations
    assert found == results(store, condition)


@pytest.fixture
def sample_copy(store, sample_archive):
    """A database with the observations of the sample archive, for a test that writes."""
    store.make_indexes()
    store.observations.insert_many(sample_archive.store.observations.find())
    return store
