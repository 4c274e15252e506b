"""Which changes of the documents a database has had, and how it gets those that it lacks.

The steps are the modules of `acsql.migrations`.  They run in order, and each is recorded when it
is done; one that was cut short is run again.  There is no way back.  The libraries for this know
neither two at once nor a database that is ahead of the code, which is most of what there is here.
"""

import importlib
import pkgutil
import time
from dataclasses import dataclass
from importlib import metadata
from types import ModuleType

from pymongo.collection import Collection

from ..errors import DatabaseError
from ..keywords import KeywordSpecs
from ..store import lock
from ..store.client import Store
from ..store.derived import freshness, refresh
from ..store.schema import now

MIGRATIONS = "migrations"
STEPS = "acsql.migrations.steps"


@dataclass(frozen=True)
class Step:
    """One change; `name` is its module's, such as ``m0001_schema_version_and_position``."""

    name: str

    @property
    def number(self) -> int:
        """Its place in the order."""
        return int(self.name[1:5])

    @property
    def description(self) -> str:
        """What it does, in one sentence."""
        return self._module.__doc__.partition("\n")[0]

    def pending(self, store: Store) -> int:
        """Return how many documents it would change now."""
        with store.errors():
            return self._module.pending(store)

    def apply(self, store: Store, specs: KeywordSpecs) -> None:
        """Change what is still to be changed, and record that it is done."""
        began = time.monotonic()
        with store.errors():
            self._module.apply(store, specs)
            record = {
                "name": self.name,
                "applied": now(),
                "seconds": time.monotonic() - began,
                "version": metadata.version("acsql"),
            }
            _records(store).replace_one({"_id": self.number}, record, upsert=True)

    @property
    def _module(self) -> ModuleType:
        return importlib.import_module(f"{STEPS}.{self.name}")


def steps() -> list[Step]:
    """Return every step that this acsql knows, in order."""
    modules = pkgutil.iter_modules(importlib.import_module(STEPS).__path__)
    return sorted((Step(module.name) for module in modules), key=lambda step: step.number)


def missing(store: Store) -> list[Step]:
    """Return the steps that a database lacks, in order.

    Raises `DatabaseError` if it has had one that this acsql does not know.
    """
    with store.errors():
        applied = {record["_id"] for record in _records(store).find({}, {"_id": 1})}
    known = steps()
    if unknown := applied - {step.number for step in known}:
        raise DatabaseError(
            f"the database {store.address} was written by a newer acsql "
            f"(migration {max(unknown)}): upgrade acsql"
        )
    return [step for step in known if step.number not in applied]


def check(store: Store) -> None:
    """Raise `DatabaseError`, with what to do, if a database is behind this acsql or ahead of it.

    One without any observation is not behind.
    """
    lacking = missing(store)
    if lacking and not _is_empty(store):
        numbers = ", ".join(str(step.number) for step in lacking)
        raise DatabaseError(
            f"the database {store.address} lacks migration {numbers}: acsql migrate"
        )


def migrate(store: Store, specs: KeywordSpecs) -> list[Step]:
    """Apply the steps that a database lacks, make the indexes that it lacks, return the steps.

    Raises `Busy` if another acsql changes the archive, and what `missing` does.
    """
    with lock.hold(store, "migrate"):
        lacking = _apply_missing(store, specs)
        store.make_indexes()
        refresh.refresh_if_stale(store, specs)
    return lacking


def migrate_if_empty(store: Store, specs: KeywordSpecs) -> None:
    """Bring a database without any observation up to date, for an ingest that holds the lock.

    The steps are applied, not only recorded: other collections need not be empty.
    """
    if _is_empty(store):
        _apply_missing(store, specs)


def _apply_missing(store: Store, specs: KeywordSpecs) -> list[Step]:
    lacking = missing(store)
    if lacking:
        freshness.invalidate(store)
    for step in lacking:
        step.apply(store, specs)
    return lacking


def _records(store: Store) -> Collection:
    return store.database[MIGRATIONS]


def _is_empty(store: Store) -> bool:
    with store.errors():
        return store.observations.find_one({}, {"_id": 1}) is None
