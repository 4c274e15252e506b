"""The values of fields in all observations, from the columns or from the documents."""

from __future__ import annotations

from collections.abc import Sequence

from ...query.conditions import And
from ..client import Store
from .documents import documents_of
from .paths import path_of
from .select import select
from .selection import Selection


def everything(store: Store, addresses: Sequence[str]) -> Selection:
    """Return all observations.

    Parameters
    ----------
    store : Store
        The open database.
    addresses : sequence of str
        The keywords whose values the selection has; also paths of own fields, such as
        ``files.flt.size``.

    Returns
    -------
    Selection
        From documents alone before the first fold, and while more are changed than `select` reads.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    selection = select(store, And(()), addresses)
    if selection is not None:
        return selection
    with store.errors():
        documents = documents_of(store, {}, map(path_of, addresses))
    return Selection(tuple(addresses), (), documents)
