"""Sums over all observations, of which those of each part of the columns are kept.

The values in a part never change, and rows are only taken from it.  So after a write only the
changed observations are summed again, and the parts that they were in.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..client import Store
from ..schema import CHANGED
from . import values

if TYPE_CHECKING:
    import pyarrow as pa

    from ..columns.parts import Part

Sums = TypeVar("Sums")
# Names of statistics to what is summed for each key.
Numbers = Mapping[str, Counter[Any]]


class SumsOfParts(Generic[Sums]):
    """Sums over all observations, in pieces.

    Threads may share it; two of them may sum the same part.

    Parameters
    ----------
    store : Store
        The open database.
    types : mapping
        The fields that are summed, with their types, as for `acsql.store.summaries.values.table`.
    summed : callable
        Returns the sums of a table with these columns.
    """

    def __init__(
        self, store: Store, types: Mapping[str, str], summed: Callable[[pa.Table], Sums]
    ) -> None:
        self._store, self._types, self._summed = store, types, summed
        # Each part has the rows live that were not marked as changed.
        self._kept: dict[Part, Sums] = {}

    def __call__(self) -> list[Sums]:
        """Return the sums of pieces that together have each observation once.

        Returns
        -------
        list
            Not to be changed, because later calls return the same sums.

        Raises
        ------
        DatabaseError
            If the database fails.
        """
        store, most = self._store, values.MOST_DOCUMENTS
        with store.errors():
            # Marks come first: a row that a fold moves meanwhile is then read as a document.
            marks = store.database[CHANGED].find({}, {"_id": 1}, limit=most + 1)
            changed = [mark["_id"] for mark in marks]
            parts = _unchanged_parts(store, changed)
            if not parts or len(changed) > most:
                return [*map(self._summed, values.of_documents(store, {}, self._types))]
            kept = self._kept
            kept = {part: kept[part] if part in kept else self._sum(part) for part in parts}
            self._kept = kept
            marked = {"_id": {"$in": changed}}
            of_changed = map(self._summed, values.of_documents(store, marked, self._types))
            return [*kept.values(), *of_changed]

    def _sum(self, part: Part) -> Sums:
        return self._summed(values.of_part(self._store, part, self._types))


def _unchanged_parts(store: Store, changed: list[str]) -> list[Part]:
    """Return the parts of the columns without the rows of some observations."""
    # They import Arrow, which takes longer than most commands run.
    from ..columns import cache
    from ..columns.parts import registry, without

    parts = registry(store).parts
    names = cache.columns(store, ["_id"], parts)
    return [without(part, each["_id"], changed) for part, each in zip(parts, names, strict=True)]


def added(pieces: Iterable[Numbers]) -> dict[str, Counter[Any]]:
    """Return the sums of all pieces.

    Parameters
    ----------
    pieces : iterable of mapping
        The sums of each.

    Returns
    -------
    dict of Counter
        What is summed, by name and key; a name that no piece has is an empty counter.
    """
    total: dict[str, Counter[Any]] = defaultdict(Counter)
    for piece in pieces:
        for name, numbers in piece.items():
            total[name].update(numbers)
    return total
