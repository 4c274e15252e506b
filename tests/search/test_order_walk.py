"""First pages along an index are those of all observations, or there is none."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import acsql
from acsql.annotations import Action, Annotation, AnnotationTarget
from acsql.query import And, Between, Equals, Exists, Like, Not, Or
from acsql.search import annotated, order_walk
from acsql.search.criteria import Criteria
from acsql.store import queries, sorting
from acsql.store.annotations import kept, writes
from acsql.store.sorting import SortKey

KEYWORDS = ("rootname", "detector", "exptime", "expstart")


@pytest.fixture
def archive(half_folded: acsql.Archive) -> acsql.Archive:
    """An archive of 150 observations, of which two thirds have annotations."""
    entries = []
    for number in range(150):
        target, when = AnnotationTarget(f"j8bt{number:04d}"), datetime(2026, 1, 1)
        if number % 2:
            entry = Annotation(f"f{number}", Action.FLAG, target, "ann", when, flag="other")
            entries.append(entry)
        if number % 3 == 0:
            entries.append(Annotation(f"v{number}", Action.VIEW, target, "ann", when))
    writes.add(half_folded.store, entries)
    return half_folded


leaves = st.sampled_from(
    [
        Equals("flags", "other"),
        Like("flags", "oth*"),
        Exists("viewed_by"),
        Equals("viewed_by", "ann"),
        Equals("flags", "herringbone"),
        Equals("detector", "WFC"),
        Between("flt.1.goodmean", 0.0, 6.0),
    ]
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=3).map(tuple).map(And),
        st.lists(inner, min_size=1, max_size=3).map(tuple).map(Or),
    ),
    max_leaves=4,
)
orders = st.builds(SortKey, st.sampled_from(["expstart", "exptime", "rootname"]), st.booleans())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    condition=conditions,
    key=orders,
    limit=st.integers(1, 12),
    chunks=st.sampled_from([(300, 600), (20, 60), (13, 200)]),
    are_kept=st.booleans(),
    data=st.data(),
)
def test_a_page_is_that_of_the_documents(archive, condition, key, limit, chunks, are_kept, data):
    criteria, order = Criteria(archive.where().source, condition), sorting.total_order([key])
    plain = annotated.looked_up(condition, archive.store)
    every = list(queries.find(archive.store, plain, KEYWORDS, order))
    place = data.draw(st.integers(-1, len(every) - 1))
    after = None if place < 0 else sorting.cursor_values(every[place], order)
    if not are_kept:
        kept._CACHE.clear()
    order_walk._futile.clear()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(annotated, "_RARE", 20)
        patched.setattr(order_walk, "_CHUNKS", chunks)
        found = order_walk.first(criteria, KEYWORDS, order, limit, after)
    assert found is None or found == every[place + 1 : place + 1 + limit]


def first(archive, text, key="expstart", limit=5):
    """Return the first rows of a search, found along the index of a keyword."""
    criteria = Criteria(archive.where().source, archive.where(text).condition)
    return order_walk.first(criteria, KEYWORDS, sorting.total_order([SortKey(key)]), limit)


def test_the_list_of_a_rare_flag_that_the_process_knows_is_not_walked(archive, monkeypatch):
    assert len(first(archive, "flag=other")) == 5
    assert archive.count("flag=other") == 75
    monkeypatch.delattr(annotated, "looked_up_among")
    assert first(archive, "flag=other") is None
    assert first(archive, "flag=other detector=WFC") is None


@pytest.mark.parametrize(
    "text", ["flag=other", "not flagged() detector=WFC", "flagged() or exptime>5"]
)
def test_flags_of_many_observations_are_found_without_a_list_of_all(archive, monkeypatch, text):
    monkeypatch.delattr(annotated, "looked_up")
    assert len(first(archive, text)) == 5
    assert len(archive.where(text).sort("-expstart").page(5).rows) == 5


@pytest.mark.parametrize(
    ("text", "key", "limit"),
    [
        ("detector=WFC", "expstart", 5),
        ("flagged()", "expstart", 0),
        ("flagged()", "flt.1.goodmean", 5),
        ("flagged() rootname=j8bt0001", "expstart", 5),
        ("flagged() near(6, -72, 10)", "expstart", 5),
    ],
    ids=["no annotations", "all rows", "order without index", "found by key", "on the sky"],
)
def test_other_searches_are_left_to_other_access_paths(archive, text, key, limit):
    assert first(archive, text, key, limit) is None


def test_a_rare_flag_is_left_to_other_access_paths(archive, monkeypatch):
    monkeypatch.setattr(order_walk, "_CHUNKS", (20, 60))
    assert first(archive, "flag=herringbone") is None


def test_a_row_that_moves_meanwhile_is_left_to_other_access_paths(archive, monkeypatch):
    lookup = annotated.looked_up_among

    def moved(condition, rootnames, store):
        """Look up annotations while an observation gets another time."""
        for collection in (store.observations, store.headerless):
            collection.update_one({"_id": rootnames[0]}, {"$set": {"expstart": 60000.0}})
        return lookup(condition, rootnames, store)

    monkeypatch.setattr(annotated, "looked_up_among", moved)
    assert first(archive, "flagged() or not flagged()") is None


def test_a_search_is_not_walked_again_at_once_if_that_was_in_vain(archive, monkeypatch):
    order_walk._futile.clear()
    monkeypatch.setattr(order_walk, "_CHUNKS", (20, 60))
    condition = "flag=herringbone"
    assert first(archive, condition) is None
    monkeypatch.setattr(order_walk, "_walk", lambda *_: pytest.fail("walked again"))
    assert first(archive, condition) is None
    order_walk._futile.clear()
    with pytest.raises(pytest.fail.Exception):
        first(archive, condition)
