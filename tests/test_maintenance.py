"""Migrating an archive also makes what its database lacks, and repairs what was changed by hand."""

from acsql.store import observation_writes
from acsql.store.derived import headerless
from acsql.store.schema import DERIVED_STATE


def test_migrate_also_copies_and_indexes_a_database_without_pending_migrations(
    empty_archive,
) -> None:
    store = empty_archive.store
    empty_archive.migrate()
    store.headerless.drop_indexes()
    store.database[DERIVED_STATE].drop()
    observation_writes.replace(store, {"_id": "j8bt05nj", "detector": "HRC"})
    assert empty_archive.migrate(dry_run=True) == []
    assert headerless.copies_if_made(store) == store.observations
    assert empty_archive.migrate() == []
    assert headerless.copies_if_made(store) == store.headerless
    assert store.headerless.count_documents({"detector": "HRC"}) == 1
    assert len(store.headerless.index_information()) > 1


def test_migrate_repairs_what_a_change_in_the_shell_left(empty_archive) -> None:
    empty_archive.migrate()
    observation_writes.replace(empty_archive.store, {"_id": "j8bt05nj", "detector": "HRC"})
    empty_archive.migrate()
    change = {"$set": {"detector": "SBC"}}
    empty_archive.store.observations.update_one({"_id": "j8bt05nj"}, change)
    assert empty_archive.facets("detector") == {"HRC": 1}
    empty_archive.migrate()
    assert empty_archive.facets("detector") == {"SBC": 1}
    assert empty_archive.store.headerless.count_documents(change["$set"]) == 1
