"""Fields of observations read from documents, where the columns do not have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..client import Store
from ..derived.headerless import LEFT_OUT
from ..schema import Document


def documents_of(
    store: Store, filter_: Mapping[str, Any], paths: Iterable[str]
) -> tuple[Document, ...]:
    """Return the observations that a MongoDB filter selects, with some of their fields.

    Parameters
    ----------
    store : Store
        The open database.
    filter_ : mapping
        As `acsql.store.filters.to_filter` returns it.
    paths : iterable of str
        The MongoDB field paths to read.

    Returns
    -------
    tuple of dict
        Read from the headerless observations if these have all fields.
    """
    fields = dict.fromkeys(paths, 1) or {"_id": 1}
    are_left_out = any(path.partition(".")[0] in LEFT_OUT for path in fields)
    collection = store.observations if are_left_out else store.headerless
    return tuple(collection.find(filter_, fields))
