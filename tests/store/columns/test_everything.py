"""All observations are found, in columns or not."""

from acsql.store import observation_writes
from acsql.store.client import Store
from acsql.store.columns.everything import everything
from acsql.store.columns.fold import fold


def test_observations_are_found_before_and_after_a_fold(store: Store) -> None:
    assert everything(store, ["targname"]).count == 0
    observation_writes.replace(store, {"_id": "j8bt05njq", "targname": "A", "headers": {}})
    before = everything(store, ["rootname", "targname"]).table(["rootname", "targname"])
    fold(store)
    after = everything(store, ["rootname", "targname"]).table(["rootname", "targname"])
    assert before.to_pylist() == after.to_pylist() == [{"rootname": "j8bt05njq", "targname": "A"}]
