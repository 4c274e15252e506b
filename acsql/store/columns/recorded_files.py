"""The recorded files of observations, read from the columns for comparison with the files on disk.

The documents of the whole archive are read in seconds, the columns of its files in a fraction of
one.  Files of thousands of observations are compared together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from itertools import compress
from operator import attrgetter
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..client import Store
from ..schema import CHANGED
from .encode import Column
from .parts import Part, paths_of, read, registry

_PREFIX = "files."
# The fields that show whether a file has changed, and their types in columns.
_FIELDS = {
    "path": pa.string(),
    "size": pa.int64(),
    "mtime": pa.timestamp("ms"),
    "ctime_ns": pa.int64(),
    "inode": pa.int64(),
}
# A file that has this field is not expected on disk.
_VANISHED = "vanished"
# Stands for a missing number; numbers of the file system are stored in 63 bits.
_NO_NUMBER = -1

_Mask = npt.NDArray[np.bool_]
_Integers = npt.NDArray[np.int64]
# Texts are an array of Arrow; numbers and times, in milliseconds, one of numpy.
_Values = Any


# The number of rows of a part, and its columns by path.
_Piece = tuple[int, Mapping[str, pa.Array]]


class ObservationOnDisk(Protocol):
    """An observation as a scan of the file system finds it."""

    @property
    def rootname(self) -> str:
        """The key of the observation."""

    @property
    def files(self) -> Mapping[str, Any]:
        """The files by filetype, each with the fields that are recorded of it."""


@dataclass(frozen=True)
class FilesInColumns:
    """The recorded files of observations, from the columns.

    Attributes
    ----------
    rows : dict
        Rootnames of observations to their rows.
    others : frozenset of str
        Rootnames of the observations that have to be read as documents: those that have changed,
        and those with a value that does not fit its column.
    filetypes : dict
        Filetypes to the first index of `places`.
    places : numpy.ndarray
        For each filetype and row, the place of the file in `fields`, -1 if none is expected on
        disk.  A last filetype, of which there are none, stands for those without columns.
    fields : dict
        For each field that is compared, its values in all files that are expected on disk.
    """

    rows: Mapping[str, int]
    others: frozenset[str]
    filetypes: Mapping[str, int]
    places: _Integers
    fields: Mapping[str, _Values]

    @cached_property
    def _numbers(self) -> _Integers:
        """For each row, the number of files that are expected on disk."""
        numbers: _Integers = (self.places >= 0).sum(axis=0)
        return numbers

    @property
    def number_of_files(self) -> int:
        """The number of files that are expected on disk."""
        return int(self._numbers.sum())

    def same(self, observations: Sequence[ObservationOnDisk]) -> _Mask:
        """Return for each observation whether its files on disk are the recorded ones.

        Parameters
        ----------
        observations : sequence of ObservationOnDisk
            Some thousands of a scan.

        Returns
        -------
        numpy.ndarray
            False also for an observation without a row, whose document has to be compared.
        """
        if not self.rows:
            return np.zeros(len(observations), bool)
        # An observation without a row has the last one, and stays different.
        rows = np.array([self.rows.get(one.rootname, -1) for one in observations], int)
        files = [file for one in observations for file in one.files.values()]
        filetypes = [self.filetypes.get(name, -1) for one in observations for name in one.files]
        numbers = np.array([len(one.files) for one in observations], int)
        owners = np.repeat(np.arange(len(rows)), numbers)
        places = self.places[np.array(filetypes, int), rows[owners]]
        is_expected = places >= 0
        expected = list(compress(files, is_expected))
        is_equal = _are_equal(self.fields, places[is_expected], expected)
        equal = np.bincount(owners[is_expected][is_equal], minlength=len(rows))
        same: _Mask = (rows >= 0) & (equal == numbers) & (equal == self._numbers[rows])
        return same


def _are_equal(fields: Mapping[str, _Values], places: _Integers, files: Sequence[Any]) -> _Mask:
    """Return for each file whether it is as the fields have it at its place."""
    equal: _Mask = np.ones(len(files), bool)
    for name, type_ in _FIELDS.items():
        values: list[Any] = list(map(attrgetter(name), files))
        recorded = fields[name]
        if isinstance(recorded, pa.Array):
            equal &= _mask(pc.equal(recorded.take(pa.array(places)), pa.array(values, type_)))
            continue
        if name == "mtime":
            # A time that no date can have is an integer, which Arrow would take for milliseconds.
            times = [value if isinstance(value, datetime) else None for value in values]
            on_disk = _values(pa.array(times, type_))
        else:
            on_disk = np.fromiter(values, np.int64, len(values))
        equal &= (recorded[places] == on_disk) & (on_disk != _NO_NUMBER)
    return equal


def _values(array: pa.Array) -> _Values:
    """Return the values of a field for comparisons, with texts and numbers that no file has."""
    if pa.types.is_string(array.type):
        return pc.fill_null(array, "")
    return pc.fill_null(array.cast(pa.int64()), _NO_NUMBER).to_numpy()


def files_in_columns(store: Store) -> FilesInColumns:
    """Return the records of the files of all observations in the columns.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    FilesInColumns
        Without rows before the first fold.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    with store.errors():
        # Marks come first: a row that a fold moves meanwhile is then read as a document.
        others = {mark["_id"] for mark in store.database[CHANGED].find({}, {"_id": 1})}
        marked = pa.array(others, pa.string())
        names: list[str] = []
        pieces: list[_Piece] = []
        for part in registry(store).parts:
            rootnames, arrays, misfits = _of_part(store, part, marked)
            names += rootnames
            pieces.append((len(rootnames), arrays))
            others |= misfits
    rows = {name: row for row, name in enumerate(names)}
    filetypes = sorted({path.split(".")[1] for _, arrays in pieces for path in arrays})
    places, fields = _joined(pieces, filetypes, len(names))
    numbers = {filetype: number for number, filetype in enumerate(filetypes)}
    return FilesInColumns(rows, frozenset(others), numbers, places, fields)


def _of_part(
    store: Store, part: Part, marked: pa.Array
) -> tuple[list[str], dict[str, pa.Array], set[str]]:
    """Return the rootnames and columns of the rows that are compared, and the other rootnames."""
    needed = {*_FIELDS, _VANISHED}
    paths = [path for path in paths_of(store, part, _PREFIX) if path.split(".")[-1] in needed]
    found = read(store, [(part.id, path) for path in ("_id", *paths)])
    names = found[part.id, "_id"].array
    live = part.live_rows & ~_mask(pc.is_in(names, marked))
    columns = {path: found[part.id, path] for path in paths}
    fits = reduce(np.logical_and, [_fits(path, column) for path, column in columns.items()], live)
    compared, others = pa.array(fits), pa.array(live & ~fits)
    arrays = {path: column.array.filter(compared) for path, column in columns.items()}
    return names.filter(compared).to_pylist(), arrays, set(names.filter(others).to_pylist())


def _fits(path: str, column: Column) -> _Mask:
    """Return for each row whether its value of a field can be compared."""
    array, type_ = column.array, _FIELDS.get(path.split(".")[-1])
    fits = np.ones(len(array), bool)
    if type_ not in (None, array.type) and not pa.types.is_dictionary(array.type):
        fits = _mask(array.is_null())
    fits[list(column.irregular)] = False
    return fits


def _joined(
    pieces: Sequence[_Piece], filetypes: Sequence[str], rows: int
) -> tuple[_Integers, dict[str, _Values]]:
    """Return the places and fields of `FilesInColumns` from the columns of all parts."""
    places = np.full((len(filetypes) + 1, rows), -1)
    found = {name: [pa.array([], type_)] for name, type_ in _FIELDS.items()}
    number = 0
    for filetype, places_of_rows in zip(filetypes, places, strict=False):
        prefix = f"{_PREFIX}{filetype}."
        fields = {name: _field(pieces, prefix + name, type_) for name, type_ in _FIELDS.items()}
        recorded = reduce(np.logical_or, [_mask(array.is_valid()) for array in fields.values()])
        expected = recorded & _mask(_field(pieces, prefix + _VANISHED, None).is_null())
        before, number = number, number + int(expected.sum())
        places_of_rows[expected] = np.arange(before, number)
        for name, array in fields.items():
            found[name].append(array.filter(pa.array(expected)))
    return places, {name: _values(pa.concat_arrays(arrays)) for name, arrays in found.items()}


def _field(pieces: Iterable[_Piece], path: str, type_: pa.DataType | None) -> pa.Array:
    """Return the values of a field in all rows, without a type only whether there are any."""
    arrays = [arrays.get(path, pa.nulls(rows)) for rows, arrays in pieces]
    if type_ is None:
        arrays = [pc.if_else(array.is_valid(), True, None) for array in arrays]
    return pa.concat_arrays([array.cast(type_ or pa.bool_()) for array in arrays])


def _mask(array: pa.BooleanArray) -> _Mask:
    mask: _Mask = array.to_numpy(zero_copy_only=False)
    return mask
