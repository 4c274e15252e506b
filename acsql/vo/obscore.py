"""ObsCore: one row for each FITS file of an archive, derived from the columns of its observations.

No row is stored.  The columns that a query names are computed from the columns of the archive and
kept until an observation changes, so an answer is right at every moment.  Rows are grouped by
filetype; a value that all files of an observation share is in the group of each filetype.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..keywords import KeywordSpecs
from ..store.client import Store
from ..store.columns.everything import everything
from ..store.columns.name_index import index_of
from ..store.summaries.kept import state
from .obscore_columns import COLUMNS, Given, ObsCoreColumn, position, typed
from .obscore_facts import ObsCoreFacts
from .tables import Needed, taken

# A file is in the archive if the first field has a value and the second has none.
_PRESENT, _VANISHED = "files.{}.size", "files.{}.vanished"
_KEY, _KEY_COLUMN = "rootname", "obs_id"
_DECLINATION = "s_dec"
# Above this part of the rows it is faster to have all filtered than to choose them.
_FEW = 0.1

_Arrays = Mapping[str, pa.Array]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Rows:
    """The rows of an archive in one state, and the columns that were computed.

    Attributes
    ----------
    state : hashable
        As `acsql.store.summaries.kept.state` returns it.
    rootnames : pyarrow.Array
        Of the observations.
    files : dict
        For each filetype whether each observation has a file.
    columns : dict
        The columns by name.
    """

    state: Hashable
    rootnames: pa.Array
    files: Mapping[str, pa.BooleanArray]
    columns: dict[str, pa.ChunkedArray] = field(default_factory=dict)


class _Order:
    """The rows of a column of numbers in the order of its values.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        The column.
    """

    def __init__(self, column: pa.ChunkedArray) -> None:
        self.column = column
        values = column.to_numpy()
        # Rows without a value come last, as NaN.
        self._rows = np.argsort(values)
        self._values = values[self._rows]

    def between(self, low: float, high: float) -> IntArray:
        """Return the numbers of the rows with values in a range, in the order of the values."""
        start = np.searchsorted(self._values, low, "left")
        end = np.searchsorted(self._values, high, "right")
        return self._rows[start:end]


class _Files:
    """The rows of each observation, by its rootname.

    Parameters
    ----------
    rootnames : pyarrow.Array
        Of the observations.
    files : iterable of pyarrow.BooleanArray
        For each filetype whether each observation has a file, and so a row.
    """

    def __init__(self, rootnames: pa.Array, files: Iterable[pa.BooleanArray]) -> None:
        self.rootnames = rootnames
        # Small integers: there is one for each row.
        self._observations = index_of(rootnames, np.arange(len(rootnames), dtype=np.int32))
        self._present = [
            np.flatnonzero(has_file.to_numpy(zero_copy_only=False)).astype(np.int32)
            for has_file in files
        ]

    def rows(self, rootnames: Sequence[str]) -> IntArray:
        """Return the numbers of the rows of some observations, in ascending order."""
        observations = np.unique(self._observations.find(np.array(rootnames, np.bytes_)))
        rows, start = [np.empty(0, np.int64)], 0
        for present in self._present:
            at = np.searchsorted(present, observations)
            at = at[at < len(present)]
            rows.append(start + at[present[at] == observations[: len(at)]])
            start += len(present)
        return np.concatenate(rows)


class ObsCore:
    """The rows of ObsCore of one archive; threads may share it.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        The filetypes, and the rule for exposures that do not point at the sky.
    facts : ObsCoreFacts
        The facts of ObsCore about filetypes, detectors and filters.
    """

    def __init__(self, store: Store, specs: KeywordSpecs, facts: ObsCoreFacts) -> None:
        self._store = store
        self._facts = facts
        self._filetypes = [name for name in specs.filetypes if name in facts.filetypes]
        self._sources = {
            name: column.source for name, column in COLUMNS.items() if column.source
        } | {"s_ra": position("ra_targ", specs), _DECLINATION: position("dec_targ", specs)}
        self._rows: _Rows | None = None
        self._order: _Order | None = None
        self._index: _Files | None = None
        self._lock = Lock()

    def table(self, names: Iterable[str]) -> pa.Table:
        """Return some columns of all rows.

        Parameters
        ----------
        names : iterable of str
            Names of `COLUMNS` whose values are not computed late.

        Returns
        -------
        pyarrow.Table
            With one chunk for each filetype.

        Raises
        ------
        DatabaseError
            If the database fails.
        """
        wanted = dict.fromkeys(names)
        with self._lock:
            rows = self._with_columns(list(wanted))
        if not wanted:
            # A table without columns has no rows; any column will do to count them.
            return self.table(["calib_level"])
        return pa.table({name: rows.columns[name] for name in wanted})

    def load(self) -> None:
        """Compute all columns together, and the indexes that find few rows, for later queries.

        Raises
        ------
        DatabaseError
            If the database fails.
        """
        self.needed(self._sources, Needed((0, 0)))
        self.needed([_KEY_COLUMN], Needed(keys=[]))

    def needed(self, names: Iterable[str], needed: Needed) -> pa.Table:
        """Return some columns of the rows that a query needs, or of all if these are many.

        Parameters
        ----------
        names : iterable of str
            As in `table`.
        needed : Needed
            Ranges are of declinations in degrees, inclusive; keys are rootnames.

        Returns
        -------
        pyarrow.Table
            The rows in the order of `table`, always with ``s_dec``.

        Raises
        ------
        DatabaseError
            If the database fails.
        """
        wanted = dict.fromkeys([*names, _DECLINATION])
        with self._lock:
            rows = self._with_columns(list(wanted))
        every = pa.table({name: rows.columns[name] for name in wanted})
        numbers = self._numbers(rows, needed)
        return taken(every, numbers) if len(numbers) < _FEW * len(every) else every

    def _numbers(self, rows: _Rows, needed: Needed) -> IntArray:
        """Return the numbers of the rows that are needed, in ascending order."""
        if needed.keys is not None:
            # These few rows may have any declinations.
            index = self._index
            if index is None or index.rootnames is not rows.rootnames:
                index = self._index = _Files(rows.rootnames, rows.files.values())
            return index.rows(needed.keys)
        column, order = rows.columns[_DECLINATION], self._order
        if order is None or order.column is not column:
            order = self._order = _Order(column)
        return np.sort(order.between(*(needed.within or (-np.inf, np.inf))))

    def _with_columns(self, names: Sequence[str]) -> _Rows:
        """Return the rows as they are, with some columns."""
        current, known = state(self._store), self._rows
        if known is not None and (current is None or known.state != current):
            known = None
        missing = [name for name in names if known is None or name not in known.columns]
        if known is not None and not missing:
            return known
        read = self._read(missing, known, current)
        if read is None or (known is not None and state(self._store) != current):
            # An observation has changed meanwhile: columns of different moments do not agree.
            read = self._read(names, None, current)
        assert read is not None
        self._rows = read
        return read

    def _read(self, names: Sequence[str], known: _Rows | None, current: Hashable) -> _Rows | None:
        """Return rows with more columns; None if they are not those that were known."""
        addresses = {_KEY, *self._addresses(names)}
        if known is None:
            patterns = (_PRESENT, _VANISHED)
            addresses |= {pattern.format(each) for pattern in patterns for each in self._filetypes}
        table = everything(self._store, sorted(addresses)).table(sorted(addresses))
        arrays = {name: table[name].combine_chunks() for name in table.column_names}
        rootnames = typed(arrays[_KEY], pa.string())
        if known is None:
            known = _Rows(current, rootnames, self._files(arrays))
        elif not rootnames.equals(known.rootnames):
            return None
        added = {name: self._column(COLUMNS[name], arrays, known.files) for name in names}
        return _Rows(known.state, known.rootnames, known.files, known.columns | added)

    def _addresses(self, names: Iterable[str]) -> set[str]:
        """Return the fields from which columns are computed."""
        return {
            address.format(filetype)
            for name in names
            for address in self._sources[name].addresses
            for filetype in self._filetypes
        }

    def _files(self, arrays: _Arrays) -> dict[str, pa.BooleanArray]:
        return {
            filetype: pc.and_(
                arrays[_PRESENT.format(filetype)].is_valid(),
                arrays[_VANISHED.format(filetype)].is_null(),
            )
            for filetype in self._filetypes
        }

    def _column(
        self, column: ObsCoreColumn, arrays: _Arrays, files: Mapping[str, pa.BooleanArray]
    ) -> pa.ChunkedArray:
        """Return the values of a column in all rows."""
        source, chunks = self._sources[column.name], []
        values: pa.Array | None = None
        for filetype, has_file in files.items():
            if values is None or source.differs:
                values = self._values(column, filetype, arrays, len(has_file))
            chunks.append(values.filter(has_file))
        return pa.chunked_array(chunks, column.arrow_type)

    def _values(
        self, column: ObsCoreColumn, filetype: str, arrays: _Arrays, number: int
    ) -> pa.Array:
        """Return the values of a column in the files of one filetype, one for each observation."""
        source = self._sources[column.name]
        used = [arrays[address.format(filetype)] for address in source.addresses]
        values = source.compute(Given(self._facts, filetype, used))
        if not isinstance(values, pa.Array):
            values = pa.repeat(pa.scalar(values), number)
        return typed(values, column.arrow_type)
