"""The applied migrations are those that are recorded."""

from acsql.migrations import runner
from acsql.store.applied_migrations import applied
from acsql.store.client import Store


def test_every_step_that_was_applied_is_listed(store: Store) -> None:
    assert applied(store) == set()
    runner.migrate_if_empty(store, store.specs)
    assert applied(store) == {step.number for step in runner.steps()}
