"""Comparison of the columns with the documents that they are derived from, and their repair."""

from collections.abc import Iterable, Iterator

from ..ingest import folding
from ..store.client import Store
from .findings import COLUMNS_DIFFER, Finding


def compare_columns(store: Store, full: bool) -> Iterator[Finding]:
    """Yield the observations that the columns have differently.

    Parameters
    ----------
    store : Store
        The database.
    full : bool
        Whether to compare the values of all fields, or rootnames only.

    Yields
    ------
    Finding
        One for each observation.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    # Arrow takes longer to import than most commands run.
    from ..store.columns.check import differences

    for rootname, reason in differences(store, values=full).items():
        yield Finding(COLUMNS_DIFFER, rootname, rootname, reason)


def fold_again(store: Store, findings: Iterable[Finding]) -> None:
    """Replace the columns of observations that have them differently.

    Parameters
    ----------
    store : Store
        The database; the caller holds its lock.
    findings : iterable of Finding
        Findings of all kinds.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    from ..store.columns.check import mark

    mark(store, [each.rootname for each in findings if each.kind == COLUMNS_DIFFER])
    while folding.fold_many(store):
        pass
