"""Sums over all observations, made from sums of each part of the columns, which are kept.

The values in a part never change, and rows are only taken from it; each change of an observation
has its own token.  So after a write only the observations that it has changed are read, and
the parts that they were in.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..client import Store
from ..moment import Marks
from . import values

if TYPE_CHECKING:
    import pyarrow as pa

    from ..columns.parts import Part

Sums = TypeVar("Sums")
# Pieces of changed observations that are added up; more are read anew as one.
_MOST_PIECES = 20
# Names of statistics to the sum for each key.
Numbers = Mapping[str, Counter[Any]]


@dataclass(frozen=True)
class _Changed(Generic[Sums]):
    """The sums of some changed observations, right while each still has its token."""

    tokens: Mapping[str, str]
    sums: list[Sums]


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
        self._of_parts: dict[Part, Sums] = {}
        self._of_changed: list[_Changed[Sums]] = []

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
            changed, parts = _unchanged_parts(store)
            if not parts or len(changed.tokens) > most:
                return self._sums_of_documents({})
            kept = self._of_parts
            kept = {part: kept[part] if part in kept else self._sum(part) for part in parts}
            self._of_parts = kept
            self._of_changed = self._changed_pieces(changed.tokens)
            return [*kept.values(), *(sums for piece in self._of_changed for sums in piece.sums)]

    def _sum(self, part: Part) -> Sums:
        return self._summed(values.of_part(self._store, part, self._types))

    def _sums_of_documents(self, filter_: Mapping[str, Any]) -> list[Sums]:
        return [*map(self._summed, values.of_documents(self._store, filter_, self._types))]

    def _changed_pieces(self, tokens: Mapping[str, str]) -> list[_Changed[Sums]]:
        """Return the sums of changed observations; only newly changed ones are read."""
        # A standalone server has no transactions: there a mark precedes the write that it is of.
        before = self._of_changed if self._store.has_transactions else []
        pieces = [piece for piece in before if piece.tokens.items() <= tokens.items()]
        if len(pieces) > _MOST_PIECES:
            pieces = []
        known = {rootname for piece in pieces for rootname in piece.tokens}
        new = {rootname: token for rootname, token in tokens.items() if rootname not in known}
        if new:
            filter_ = {"_id": {"$in": list(new)}}
            pieces.append(_Changed(new, self._sums_of_documents(filter_)))
        return pieces


def _unchanged_parts(store: Store) -> tuple[Marks, tuple[Part, ...]]:
    """Return the marks, as many as are read, and the parts without the marked rows."""
    # They import Arrow, which takes longer than most commands run.
    from ..columns import cache, marks

    changed, parts = marks.with_parts(store)
    return changed, marks.unmarked(parts, lambda: cache.columns(store, ["_id"], parts), changed)


def added(pieces: Iterable[Numbers]) -> dict[str, Counter[Any]]:
    """Return the sums of all pieces.

    Parameters
    ----------
    pieces : iterable of mapping
        The sums of each.

    Returns
    -------
    dict of Counter
        The sums, by name and key; a name that no piece has is an empty counter.
    """
    total: dict[str, Counter[Any]] = defaultdict(Counter)
    for piece in pieces:
        for name, numbers in piece.items():
            total[name].update(numbers)
    return total
