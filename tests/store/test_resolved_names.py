"""The position of a name is kept, and replaced by a newer one."""

from acsql.store import resolved_names
from acsql.store.client import Store


def test_a_position_is_kept_by_name(store: Store) -> None:
    assert resolved_names.find(store, "M87") is None
    resolved_names.keep(store, "M87", (1.0, 2.0))
    resolved_names.keep(store, "M87", (187.7, 12.4))
    assert resolved_names.find(store, "M87") == (187.7, 12.4)
    assert resolved_names.find(store, "M31") is None
