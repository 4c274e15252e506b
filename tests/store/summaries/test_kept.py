"""A result is kept until an observation changes, and no longer."""

from acsql.store import observation_writes
from acsql.store.columns.fold import fold
from acsql.store.summaries.kept import Kept


def test_a_result_is_computed_again_after_each_write_and_each_fold(store):
    calls = []
    kept = Kept(store, lambda: calls.append(None) or store.observations.count_documents({}))
    assert [kept(), kept()] == [0, 0]
    assert len(calls) == 1
    for number in (1, 2):
        observation_writes.replace(store, {"_id": "j8bt0001"})
        assert [kept(), kept()] == [1, 1]
        assert len(calls) == 1 + number
    fold(store)
    assert [kept(), kept()] == [1, 1]
    assert len(calls) == 4


def test_a_result_is_not_kept_beside_changed_observations_without_transactions(store, monkeypatch):
    monkeypatch.setattr(store, "has_transactions", False)
    kept = Kept(store, iter(range(9)).__next__)
    assert [kept(), kept()] == [0, 0]
    observation_writes.replace(store, {"_id": "j8bt0001"})
    assert [kept(), kept()] == [1, 2]


def test_a_write_during_a_computation_is_in_the_next_result(store):
    rootnames = iter(["j8bt0001"])

    def count() -> int:
        """Count the observations, and write the first one meanwhile."""
        number = store.observations.count_documents({})
        for rootname in rootnames:
            observation_writes.replace(store, {"_id": rootname})
        return number

    kept = Kept(store, count)
    assert [kept(), kept()] == [0, 1]
