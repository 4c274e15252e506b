"""A result is kept until an observation changes, and no longer."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from acsql.store import observation_writes
from acsql.store.columns.fold import fold
from acsql.store.summaries import kept as kept_results
from acsql.store.summaries.kept import Kept, of_observations


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


def test_a_thread_waits_for_the_result_that_another_one_computes(store, monkeypatch):
    begun, other_asks, calls = Event(), Event(), []
    state = kept_results.state

    def observed_state(store):
        """Say that the other thread has found no result."""
        if begun.is_set():
            other_asks.set()
        return state(store)

    def compute() -> int:
        calls.append(None)
        begun.set()
        assert other_asks.wait(60)
        return 5

    monkeypatch.setattr(kept_results, "state", observed_state)
    kept = Kept(store, compute)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(kept)
        assert begun.wait(60)
        assert [threads.submit(kept).result(), first.result()] == [5, 5]
    assert len(calls) == 1


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


def test_results_are_kept_by_key_and_until_an_observation_or_the_number_changes(store):
    calls = []

    def count(key: str, number: int | None = 0) -> int:
        """Count the observations."""

        def compute() -> int:
            calls.append(key)
            return store.observations.count_documents({})

        return of_observations(store, key, compute, number)

    assert [count("a"), count("b"), count("a"), count("b")] == [0] * 4
    assert calls == ["a", "b"]
    observation_writes.replace(store, {"_id": "j8bt0001"})
    assert [count("a"), count("a"), count("b")] == [1] * 3
    assert calls == ["a", "b", "a", "b"]
    assert [count("a", 1), count("a", 1), count("a", None), count("a", None)] == [1] * 4
    assert calls[4:] == ["a"] * 3


def test_a_write_during_a_computation_is_in_the_next_result_of_a_key(store):
    rootnames = iter(["j8bt0001"])

    def count() -> int:
        """Count the observations, and write the first one meanwhile."""
        number = store.observations.count_documents({})
        for rootname in rootnames:
            observation_writes.replace(store, {"_id": rootname})
        return number

    assert [of_observations(store, "n", count) for _ in range(2)] == [0, 1]
