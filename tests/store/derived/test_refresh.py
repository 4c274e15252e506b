"""A refresh makes all derived collections equal to what is computed live."""

from acsql.query import And
from acsql.store import live_counts
from acsql.store.derived import counts, refresh

EVERYTHING = And()


def test_stored_counts_equal_the_live_ones(sample_archive):
    store, specs = sample_archive.store, sample_archive.specs
    refresh.refresh_all(store, specs)
    for name in {*specs.promoted, *specs.indexed}:
        numbers = counts.values(store, specs, name, EVERYTHING)
        assert numbers == live_counts.value_counts(store, name, EVERYTHING), name
