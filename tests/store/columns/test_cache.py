"""Columns are read once, also those that a part does not have."""

import random

from column_conditions import write

from acsql.store.columns import cache, parts
from acsql.store.columns.fold import fold_all


def test_columns_in_memory_are_not_read_again(store, monkeypatch):
    write(store, range(3), random.Random(1))
    fold_all(store)
    known = parts.registry(store).parts
    paths = ["exptime", "missing"]
    first = cache.columns(store, paths, known)
    read = []
    monkeypatch.setattr(cache, "read", lambda _, keys: read.extend(keys) or {})
    assert cache.columns(store, paths, known) == first
    assert read == []
    assert first[0]["missing"] is None
