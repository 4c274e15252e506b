"""What is kept is always what the database has, and only what changes is read again."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.annotations import Action, Annotation, AnnotationTarget, new_id
from acsql.store.annotations import kept, writes
from acsql.store.schema import ANNOTATED_OBSERVATIONS, ANNOTATION_NUMBERS, ANNOTATIONS

WHEN = datetime(2026, 1, 1)
ROOTNAMES = [f"j8bt05n{number}" for number in range(4)]


@pytest.fixture
def reading(store):
    """Return what is kept, and the filters with which it was read."""
    filters = []

    def read(chosen):
        filters.append(chosen)
        found = store.database[ANNOTATED_OBSERVATIONS].find(chosen | {"flags": {"$exists": True}})
        return {each["_id"]: each["flags"] for each in found}

    return lambda: kept.values(store, "flags", read), filters


def entry(action, rootname):
    """Return a new entry about a flag of an observation."""
    target = AnnotationTarget(rootname)
    return Annotation(new_id(), action, target, "ann", WHEN, flag="other")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from([Action.FLAG, Action.CLEAR]), st.sampled_from(ROOTNAMES)),
            max_size=3,
        ),
        max_size=4,
    )
)
def test_what_is_kept_is_what_the_database_has_after_any_writes(store, reading, batches):
    values, _ = reading
    for batch in batches:
        writes.add(store, [entry(*each) for each in batch])
        found = store.database[ANNOTATED_OBSERVATIONS].find({"flags": {"$exists": True}})
        assert values() == {each["_id"]: each["flags"] for each in found}


def test_only_what_has_changed_is_read_again(store, reading):
    values, filters = reading
    writes.add(store, [entry(Action.FLAG, rootname) for rootname in ROOTNAMES])
    assert values() == values() == {key: ["other"] for key in ROOTNAMES}
    writes.add(store, [entry(Action.CLEAR, ROOTNAMES[1])])
    assert ROOTNAMES[1] not in values()
    assert filters == [{}, {"_id": {"$in": [ROOTNAMES[1]]}}]


def test_all_is_read_again_after_many_entries_or_if_entries_are_missing(
    store, reading, monkeypatch
):
    values, filters = reading
    values()
    monkeypatch.setattr(kept, "_MAX_ENTRIES", 2)
    writes.add(store, [entry(Action.FLAG, rootname) for rootname in ROOTNAMES])
    assert values().keys() == set(ROOTNAMES)
    writes.add(store, [entry(Action.CLEAR, ROOTNAMES[0])])
    for name in (ANNOTATIONS, ANNOTATED_OBSERVATIONS):
        store.database[name].delete_many({})
    assert values() == {}
    store.database[ANNOTATION_NUMBERS].delete_many({})
    assert values() == {}
    assert filters == [{}] * 4
