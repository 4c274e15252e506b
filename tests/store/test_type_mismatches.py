"""Keywords with type mismatches are found in an index, without documents."""

from collections.abc import Callable

import pytest

from acsql.store import observation_writes, type_mismatches
from acsql.store.client import Store
from acsql.store.schema import MISMATCHES


def put(store: Store) -> None:
    store.make_indexes()
    for number in range(50):
        listed = ["flt.1.goodmean", "raw.0.exptime"][: number % 3]
        document = {"_id": f"j{number:07d}", "exptime": 1.0}
        observation_writes.replace(store, document | ({MISMATCHES: listed} if listed else {}))


def test_each_address_is_found_once_however_many_observations_have_it(store: Store) -> None:
    put(store)
    assert type_mismatches.addresses(store) == {"flt.1.goodmean", "raw.0.exptime"}
    for number in range(50):
        observation_writes.replace(store, {"_id": f"j{number:07d}"})
    assert type_mismatches.addresses(store) == set()


@pytest.mark.parametrize("fill", [put, Store.make_indexes])
def test_addresses_are_read_from_the_index_alone(store: Store, fill: Callable) -> None:
    store.headerless.insert_many({"_id": f"k{number:07d}"} for number in range(50))
    fill(store)
    command = {"distinct": store.headerless.name, "key": MISMATCHES}
    plan = store.database.command("explain", command, verbosity="executionStats")
    assert plan["executionStats"]["totalDocsExamined"] == 0
    assert plan["executionStats"]["totalKeysExamined"] <= 3
