"""The migration runner: it finds the steps that a database lacks, and applies them.

The steps are the modules of `acsql.migrations.steps`.  They run in order, and each is recorded
when it is done; an interrupted one runs again.  There are no steps back.  Migration libraries for
MongoDB were considered: they neither exclude a second runner nor detect a database that is newer
than the code.
"""

import importlib
import pkgutil
import time
from dataclasses import dataclass
from importlib import metadata
from typing import Protocol, cast

from ..errors import SchemaMismatch
from ..keywords import KeywordSpecs
from ..store import lock
from ..store.applied_migrations import applied
from ..store.client import Store
from ..store.derived import headerless
from ..store.repetition import repeated
from ..store.schema import MIGRATIONS, now

STEPS = "acsql.migrations.steps"


class _StepModule(Protocol):
    """The functions of a step; `acsql.migrations` has the rules for them."""

    __doc__: str | None

    def pending(self, store: Store) -> int: ...

    def apply(self, store: Store, specs: KeywordSpecs) -> None: ...


@dataclass(frozen=True)
class Step:
    """One migration.

    Attributes
    ----------
    name : str
        The name of its module, such as ``m0001_schema_version_and_position``.
    """

    name: str

    @property
    def number(self) -> int:
        """The place in the order, from 1."""
        return int(self.name[1:5])

    @property
    def description(self) -> str:
        """One sentence that describes the step."""
        return (self._module.__doc__ or "").partition("\n")[0]

    def pending(self, store: Store) -> int:
        """Return the number of documents that the step has yet to change."""
        with store.errors():
            return self._module.pending(store)

    def apply(self, store: Store, specs: KeywordSpecs) -> None:
        """Change what is left to change, and record that the step is done."""
        started = time.monotonic()
        with store.errors():
            self._module.apply(store, specs)
            record = {
                "name": self.name,
                "applied": now(),
                "seconds": time.monotonic() - started,
                "version": metadata.version("acsql"),
            }
            store.database[MIGRATIONS].replace_one({"_id": self.number}, record, upsert=True)

    @property
    def _module(self) -> _StepModule:
        return cast(_StepModule, importlib.import_module(f"{STEPS}.{self.name}"))


def steps() -> list[Step]:
    """Return all steps of this version of acsql, in order."""
    modules = pkgutil.iter_modules(importlib.import_module(STEPS).__path__)
    return sorted((Step(module.name) for module in modules), key=lambda step: step.number)


def missing(store: Store) -> list[Step]:
    """Return the steps that a database lacks, in order.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    list of Step
        The steps that are not recorded as applied.

    Raises
    ------
    SchemaMismatch
        If the database has had a step that this version of acsql does not have.
    """
    done = applied(store)
    released = steps()
    if newer := done - {step.number for step in released}:
        raise SchemaMismatch(
            f"the database was written by a newer acsql (migration {max(newer)}): upgrade acsql"
        )
    return [step for step in released if step.number not in done]


def check(store: Store) -> None:
    """Check that a database has had exactly the steps of this version of acsql.

    A database without observations may lack steps: the next ingest applies them.

    Parameters
    ----------
    store : Store
        The open database.

    Raises
    ------
    SchemaMismatch
        If it lacks steps or has had unknown ones; the message says what to do.
    """
    lacking = missing(store)
    if lacking and not _is_empty(store):
        numbers = ", ".join(str(step.number) for step in lacking)
        raise SchemaMismatch(f"the database lacks migration {numbers}: run acsql migrate")


def migrate(store: Store, specs: KeywordSpecs) -> list[Step]:
    """Apply the steps that a database lacks, and make missing indexes and headerless copies.

    The headerless copies are compared with all observations, because they can differ after a
    restore or after a change that acsql did not make; the columns, too, if no step was lacking.
    Changed observations are moved into columns.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        The source of the indexes.

    Returns
    -------
    list of Step
        The steps that were applied.

    Raises
    ------
    Busy
        If another acsql process is changing the archive.
    DatabaseError
        As for `missing`, or if a step fails; calling again continues with it.
    """
    with lock.hold(store, "migrate"):
        lacking = _apply_missing(store, specs)
        store.make_indexes()
        headerless.make_all(store)
        # Arrow takes longer to import than most commands run.
        from ..store.columns import check as columns_check
        from ..store.columns.fold import fold_all

        if not lacking:
            differing = columns_check.differences(store, values=True)
            columns_check.mark(store, list(differing))
        fold_all(store)
    return lacking


@repeated
def migrate_if_empty(store: Store, specs: KeywordSpecs) -> None:
    """Apply the steps that a database without observations lacks.

    They are applied, not only recorded: other collections need not be empty.

    Parameters
    ----------
    store : Store
        The open database; the caller holds its lock.
    specs : KeywordSpecs
        As for `migrate`.
    """
    if _is_empty(store):
        _apply_missing(store, specs)


def _apply_missing(store: Store, specs: KeywordSpecs) -> list[Step]:
    lacking = missing(store)
    for step in lacking:
        step.apply(store, specs)
    return lacking


def _is_empty(store: Store) -> bool:
    with store.errors():
        return store.observations.find_one({}, {"_id": 1}) is None
