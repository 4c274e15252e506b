"""The registry is replaced as a whole, by one process at a time."""

import numpy as np
import pytest

from acsql.errors import DatabaseError
from acsql.store.columns import parts
from acsql.store.columns.encode import encode
from acsql.store.columns.parts import Part, Registry
from acsql.store.moment import current


def test_a_registry_that_another_process_has_replaced_is_not_replaced(store):
    old = parts.registry(store)
    assert old == Registry()
    part = Part("a", 3, b"").with_live(np.array([True, False, True]))
    parts.publish(store, old, old._replace(parts=(part,)))
    assert parts.registry(store).parts == (part,)
    assert part.live_rows.tolist() == [True, False, True]
    with pytest.raises(DatabaseError, match="another process changes the columns"):
        parts.publish(store, old, old)


def test_the_columns_of_a_part_are_deleted_and_no_others(store):
    columns = encode([{"exptime": 1.5, "targname": "NGC104"}])
    for part in ("a", "ab", "b"):
        parts.write(store, part, columns.items())
    assert parts.paths_of(store, Part("a", 1, b"")) == sorted(columns)
    assert parts.paths_of(store, Part("a", 1, b""), "exp") == ["exptime"]
    parts.delete(store, "a")
    keys = [(part, path) for part in ("a", "ab", "b") for path in columns]
    assert parts.read(store, keys).keys() == set(keys[2:])
    assert dict(parts.read_all(store, Part("b", 1, b""))) == columns


def test_the_version_of_the_registry_counts_its_replacements(store):
    assert current(store).registry == (0, None)
    assert parts.registry(store).version == 0
    for expected in (1, 2):
        parts.publish(store, parts.registry(store), parts.Registry())
        assert current(store).registry == (expected, None)
        assert parts.registry(store).version == expected
