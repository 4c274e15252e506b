"""Selections: the observations that meet a condition, with the values of some keywords.

The values of most observations are Arrow arrays, one for each part of the columns; those of a few
are documents, which MongoDB has evaluated.  Every method answers for both.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np
import pyarrow as pa

from ..fields import value_at
from ..schema import Document
from ..sorting import SortKey, most_frequent_first, sorted_values, total_order
from . import lists, numpy_values, ordering
from .arrays import array_of, concatenated, joined, kind_of, rows_of
from .frequencies import Frequencies, frequencies, value_counts, years
from .numpy_values import Values
from .paths import path_of
from .rows_of_part import RowsOfPart

_UNKNOWN = (None, "")


@dataclass(frozen=True)
class Selection:
    """The observations that meet a condition.

    Attributes
    ----------
    addresses : tuple of str
        The addresses whose values it has.
    parts : tuple of RowsOfPart
        For each part of the columns, the rows that meet the condition.
    documents : tuple of dict
        The fields of the observations that MongoDB has evaluated.
    """

    addresses: tuple[str, ...]
    parts: tuple[RowsOfPart, ...]
    documents: tuple[Document, ...]

    @property
    def count(self) -> int:
        """The number of observations."""
        return len(self.documents) + sum(part.count for part in self.parts)

    def value_counts(self, address: str) -> dict[Any, int]:
        """Return the values of a keyword with their numbers of observations.

        Parameters
        ----------
        address : str
            One of the addresses of `select`.

        Returns
        -------
        dict
            Without null and blank; each value of a list counts once.
        """
        numbers = value_counts(*self.values(address))
        return {value: number for value, number in numbers.items() if value not in _UNKNOWN}

    def years(self, address: str) -> dict[int, int]:
        """Return the years of dates with their numbers of observations.

        Parameters
        ----------
        address : str
            One of the addresses of `select`, whose values are dates.

        Returns
        -------
        dict
            Without unknown dates.
        """
        return years(*self.values(address))

    def most_frequent(self, address: str, limit: int | None = None) -> dict[Any, int]:
        """Return the values of a keyword with their numbers, the most frequent first.

        Parameters
        ----------
        address : str
            One of the addresses of `select`.
        limit : int, optional
            The largest number of values, by default all.

        Returns
        -------
        dict
            The values of `value_counts`; equally frequent ones are sorted.
        """
        counted = self._frequencies(address)
        if counted is not None:
            return counted.most_frequent(limit)
        every = most_frequent_first(self.value_counts(address))
        return dict(islice(every.items(), limit))

    def distinct(self, address: str) -> list[Any]:
        """Return the values of a keyword, sorted, without null and blank."""
        counted = self._frequencies(address)
        if counted is not None:
            return counted.in_order()
        return sorted_values(self.value_counts(address))

    def _frequencies(self, address: str) -> Frequencies | None:
        return frequencies(*self.values(address))

    def values(self, address: str) -> tuple[list[pa.Array], list[Any]]:
        """Return the values of a keyword as they are: arrays of columns, and those of documents.

        Parameters
        ----------
        address : str
            One of the addresses of `select`.

        Returns
        -------
        arrays : list of pyarrow.Array
            For each part the values of its rows.
        others : list
            The values of the documents.
        """
        return [part[address] for part in self.parts], self._of_documents(address)

    def group(self, addresses: Sequence[str]) -> dict[tuple[Any, ...], int]:
        """Return the combinations of the values of keywords with their numbers of observations.

        Parameters
        ----------
        addresses : sequence of str
            At least one of the addresses of `select`.

        Returns
        -------
        dict
            Tuples of values; None stands for null, missing and blank.
        """
        numbers: Counter[tuple[Any, ...]] = Counter()
        for arrays in self.parts:
            values = pa.table({address: arrays[address] for address in addresses})
            grouped = values.group_by(list(addresses), use_threads=False).aggregate(
                [([], "count_all")]
            )
            columns = (grouped.column(address).to_pylist() for address in addresses)
            counts = grouped.column("count_all").to_pylist()
            for combination, number in zip(zip(*columns, strict=True), counts, strict=True):
                numbers[tuple(map(_known, combination))] += number
        of_documents = (self._of_documents(address) for address in addresses)
        numbers.update(tuple(map(_known, each)) for each in zip(*of_documents, strict=True))
        return dict(numbers)

    def first(
        self, order: Sequence[SortKey], limit: int, after: Sequence[Any] | None = None
    ) -> list[Document]:
        """Return the first rows in an order.

        Parameters
        ----------
        order : sequence of SortKey
            Completed by `acsql.store.sorting.total_order`; all of its addresses have to be among
            those of `select`.
        limit : int
            The largest number of rows.
        after : sequence, optional
            The `acsql.store.sorting.cursor_values` of a row; rows after it are returned.

        Returns
        -------
        list of dict
            All addresses of `select` to values, None for a missing one.
        """
        rows = list(self._document_rows())
        return ordering.first(self.parts, rows, total_order(order), limit, after)

    def can_sort(self, order: Sequence[SortKey]) -> bool:
        """Return whether no key has a list, which MongoDB sorts by one of its elements."""
        for address in (key.address for key in order):
            if any(lists.is_list(part.arrays[address].type) for part in self.parts):
                return False
            if any(isinstance(value, list) for value in self._of_documents(address)):
                return False
        return True

    def every(
        self, order: Sequence[SortKey], after: Sequence[Any] | None = None
    ) -> Iterator[Document]:
        """Yield all rows in an order; the parameters and rows are those of `first`."""
        columns, others = self._joined()
        yield from ordering.every(columns, others, total_order(order), after)

    def arrays(
        self, addresses: Sequence[str], order: Sequence[SortKey], limit: int | None = None
    ) -> dict[str, Values]:
        """Return the values of all rows in an order, by address.

        Parameters
        ----------
        addresses : sequence of str
            Some of the addresses of `select`.
        order : sequence of SortKey
            As in `first`.
        limit : int, optional
            The largest number of rows, by default all.

        Returns
        -------
        dict
            Addresses to masked arrays, or to lists of values of several types.
        """
        columns, others = self._joined()
        return numpy_values.in_order(columns, others, total_order(order), limit, addresses)

    def sample(self, size: int) -> list[Document]:
        """Return rows chosen at random, in no particular order.

        Parameters
        ----------
        size : int
            The largest number of rows.

        Returns
        -------
        list of dict
            All addresses of `select`, at least one, to values, None for a missing one.
        """
        chosen = np.array(random.sample(range(self.count), min(size, self.count)), int)
        rows: list[Document] = []
        first = 0
        for part in self.parts:
            places = chosen[(chosen >= first) & (chosen < first + part.count)] - first
            rows += rows_of(part.take(places))
            first += part.count
        documents = list(self._document_rows())
        return rows + [documents[place - first] for place in chosen[chosen >= first]]

    def table(self, addresses: Sequence[str]) -> pa.Table:
        """Return the values of keywords in all observations, in no particular order.

        Parameters
        ----------
        addresses : sequence of str
            Some of the addresses of `select`.

        Returns
        -------
        pyarrow.Table
            One column for each address, null for a missing value.  The values of a keyword that
            has several types are numbers if all can be, else texts.
        """
        return pa.table({address: self._column(address) for address in addresses})

    def rows(self) -> Iterator[Document]:
        """Yield the values of all addresses of each observation, in no particular order."""
        for arrays in self.parts:
            yield from rows_of(arrays)
        yield from self._document_rows()

    def _joined(self) -> tuple[dict[str, pa.Array], list[Document]]:
        """Return the values of all parts as one array for each address, and all other rows.

        The rows of a part with values of another type than most parts are among the others.
        """
        kept, others = list(self.parts), list(self._document_rows())
        for address in self.addresses:
            kinds = [kind_of(arrays[address]) for arrays in kept]
            usual = Counter(kind for kind in kinds if kind).most_common(1)
            fits = [kind is None or kind == usual[0][0] for kind in kinds]
            of_other_kinds = [part for part, fit in zip(kept, fits, strict=True) if not fit]
            others += chain.from_iterable(map(rows_of, of_other_kinds))
            kept = [part for part, fit in zip(kept, fits, strict=True) if fit]
        columns = {
            address: concatenated([arrays[address] for arrays in kept])
            for address in self.addresses
        }
        return columns, others

    def _column(self, address: str) -> pa.ChunkedArray:
        arrays, others = self.values(address)
        return joined([*arrays, *array_of(others)])

    def _of_documents(self, address: str) -> list[Any]:
        path = path_of(address).split(".")
        return [value_at(document, path) for document in self.documents]

    def _document_rows(self) -> Iterator[Document]:
        values = [self._of_documents(address) for address in self.addresses]
        for row in zip(*values, strict=True):
            yield dict(zip(self.addresses, row, strict=True))


def _known(value: Any) -> Any:
    """Return a value that a dictionary takes as a key, None if it stands for no value."""
    if isinstance(value, list):
        return tuple(value)
    return None if value in _UNKNOWN else value
