"""Database administration of an archive: migrations and missing rights."""

from __future__ import annotations

from .config import Config
from .migrations import runner
from .search.searchable import Searchable
from .store.client import Store
from .store.configured import open_store


class Maintainable(Searchable):
    """An archive whose database can be maintained; the base of `acsql.Archive`."""

    config: Config
    store: Store

    def check(self) -> None:
        """Raise `DatabaseError` if the database needs a migration or a newer acsql.

        Examples
        --------
        >>> archive.check()
        """
        runner.check(self.store)

    def missing_rights(self) -> list[str]:
        """Return the rights that the user of ``annotation_connection_string`` lacks.

        Returns
        -------
        list of str
            Such as ``insert in saved_searches``, which ``acsql db roles`` grants; empty without
            that setting.

        Raises
        ------
        DatabaseError
            If the database does not accept that user.

        Examples
        --------
        >>> archive.missing_rights()
        []
        """
        # Not for those who only open the archive.
        from .mongod import users

        if not self.config.annotation_connection_string:
            return []
        with open_store(self.config.for_annotating) as store, store.errors():
            return users.missing_rights(store.database)

    def migrate(self, dry_run: bool = False) -> list[tuple[str, str, int]]:
        """Apply the pending migrations, and make missing indexes, headerless copies and columns.

        Parameters
        ----------
        dry_run : bool
            Only return what would be applied.

        Returns
        -------
        list of (str, str, int)
            Name and description of each migration, and the number of documents it changes.

        Raises
        ------
        Busy
            If another acsql is changing the archive.

        Examples
        --------
        >>> archive.migrate(dry_run=True)
        []
        """
        steps = runner.missing(self.store)
        pending = [(step.name, step.description, step.pending(self.store)) for step in steps]
        # Without a pending migration there may still be missing indexes or stale collections.
        if not dry_run:
            runner.migrate(self.store, self.specs)
        return pending
