"""Derived collections are stale from the first write until a refresh without writes."""

from acsql.store.client import Store
from acsql.store.derived import freshness

FACETS = ["detector", "filter1"]


def test_derived_collections_are_stale_before_the_first_refresh(store: Store) -> None:
    assert not freshness.is_current(store)
    assert freshness.write_count(store) == 0
    assert not freshness.is_current(store)


def test_a_refresh_without_writes_makes_them_current(store: Store) -> None:
    freshness.mark_current(store, freshness.write_count(store), FACETS)
    assert freshness.is_current(store)
    assert freshness.is_current(store, FACETS)
    assert not freshness.is_current(store, FACETS[:1])


def test_a_write_makes_them_stale(store: Store) -> None:
    freshness.mark_current(store, freshness.write_count(store), FACETS)
    before = freshness.write_count(store)
    freshness.invalidate(store)
    assert freshness.write_count(store) == before + 1
    assert not freshness.is_current(store)


def test_a_write_during_a_refresh_leaves_them_stale(store: Store) -> None:
    writes = freshness.write_count(store)
    freshness.invalidate(store)
    freshness.mark_current(store, writes, FACETS)
    assert not freshness.is_current(store)
