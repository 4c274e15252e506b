"""A fold moves changed observations into columns; each is live in the newest part alone."""

import pytest

from acsql.errors import DatabaseError
from acsql.store.columns import cache, fold, parts
from acsql.store.schema import CHANGED


def change(store, number, value):
    """Write and mark observations."""
    for n in range(number):
        rootname = f"j8bt{n:04d}"
        mark = {"token": value}
        store.database[CHANGED].replace_one({"_id": rootname}, mark, upsert=True)
        document = {"exptime": value, "headers": {"flt": {"1": {"goodmean": n}}}}
        store.observations.replace_one({"_id": rootname}, document, upsert=True)


def live_values(store, path):
    """Return the values of the live rows by rootname."""
    found = {}
    known = parts.registry(store).parts
    for part, columns in zip(known, cache.columns(store, ["_id", path], known), strict=True):
        names, values = (
            columns[p].array.to_pylist() if columns[p] else [None] * part.rows
            for p in ("_id", path)
        )
        for live, name, value in zip(part.live_rows, names, values, strict=True):
            if live:
                assert name not in found
                found[name] = value
    return found


def stored(store, path):
    documents = store.observations.aggregate([{"$project": {"value": f"${path}"}}])
    return {document["_id"]: document.get("value") for document in documents}


@pytest.mark.parametrize("path", ["exptime", "headers.flt.1.goodmean", "missing"])
def test_after_folds_the_live_rows_are_the_observations(store, path):
    for number, value in ((5, 1.0), (3, 2.0), (1, 3.0)):
        change(store, number, value)
        assert fold.fold(store) == number
    assert live_values(store, path) == stored(store, path)
    assert store.database[CHANGED].count_documents({}) == 0


def test_an_observation_that_changes_during_a_fold_stays_marked(store, monkeypatch):
    change(store, 2, 1.0)
    encode = fold.encode

    def changing(documents):
        change(store, 1, 2.0)
        monkeypatch.setattr(fold, "encode", encode)
        return encode(documents)

    monkeypatch.setattr(fold, "encode", changing)
    fold.fold(store)
    assert live_values(store, "exptime") == stored(store, "exptime")


def test_an_interrupted_fold_is_not_seen_and_the_next_one_completes_it(store, monkeypatch):
    change(store, 3, 1.0)
    fold.fold(store)
    change(store, 3, 2.0)

    def interrupted(*_):
        raise DatabaseError("lost")

    with monkeypatch.context() as patch:
        patch.setattr(fold, "_publish", interrupted)
        with pytest.raises(DatabaseError):
            fold.fold(store)
    assert set(live_values(store, "exptime").values()) == {1.0}
    assert store.database[CHANGED].count_documents({}) == 3
    fold.fold(store)
    assert live_values(store, "exptime") == stored(store, "exptime")
