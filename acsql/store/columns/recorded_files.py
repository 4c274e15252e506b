"""What the columns have of the files of observations, for a comparison with the files on disk.

The documents of the whole archive are read in seconds, the columns of its files in a fraction of
one.  Files of thousands of observations are compared together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..client import Store
from ..schema import CHANGED
from .encode import Column
from .parts import Part, paths_of, read, registry

_PREFIX = "files."
# What says that a file has not changed, and how columns hold it.
_FIELDS = {
    "path": pa.string(),
    "size": pa.int64(),
    "mtime": pa.timestamp("ms"),
    "ctime_ns": pa.int64(),
    "inode": pa.int64(),
}
# A file that has this field is not expected on disk.
_VANISHED = "vanished"

_Mask = npt.NDArray[np.bool_]


class ObservationOnDisk(Protocol):
    """An observation as a scan of the file system finds it."""

    @property
    def rootname(self) -> str:
        """The key of the observation."""

    @property
    def files(self) -> Mapping[str, Any]:
        """The files by filetype, each with the fields that are recorded of it."""


class _Files(NamedTuple):
    """The files of one filetype: for each row whether one is expected on disk, and its fields."""

    are_expected: _Mask
    fields: Mapping[str, pa.Array]


@dataclass(frozen=True)
class FilesInColumns:
    """What the columns have of the files of observations.

    Attributes
    ----------
    rows : dict
        Rootnames of observations to their rows.
    others : frozenset of str
        Rootnames of the observations that have to be read as documents: those that have changed,
        and those with a value that does not fit its column.
    files : dict
        Filetypes to the files of all rows.
    """

    rows: Mapping[str, int]
    others: frozenset[str]
    files: Mapping[str, _Files]

    @property
    def number_of_files(self) -> int:
        """The number of files that are expected on disk."""
        return sum(int(files.are_expected.sum()) for files in self.files.values())

    def same(self, observations: Sequence[ObservationOnDisk]) -> _Mask:
        """Return for each observation whether its files on disk are those that are recorded.

        Parameters
        ----------
        observations : sequence of ObservationOnDisk
            Some thousands of a scan.

        Returns
        -------
        numpy.ndarray
            False also for an observation without a row, whose document has to be compared.
        """
        rows = np.array([self.rows.get(one.rootname, -1) for one in observations], int)
        same: _Mask = rows >= 0
        if not same.any():
            return same
        # An observation without a row has the first one, and stays different.
        rows[~same] = 0
        found: dict[str, tuple[list[int], list[Any]]] = {name: ([], []) for name in self.files}
        for place, one in enumerate(observations):
            for filetype, file in one.files.items():
                places, files = found.setdefault(filetype, ([], []))
                places.append(place)
                files.append(file)
        for filetype, (places, files) in found.items():
            if filetype not in self.files:
                same[places] = False
                continue
            recorded = self.files[filetype]
            on_disk = np.zeros(len(rows), bool)
            on_disk[places] = True
            same &= recorded.are_expected[rows] == on_disk
            same[places] &= _are_equal(recorded.fields, rows[places], files)
        return same


def _are_equal(
    fields: Mapping[str, pa.Array], rows: npt.NDArray[np.int64], files: Sequence[Any]
) -> _Mask:
    """Return for each file whether it is as its row has it."""
    equal: _Mask = np.ones(len(files), bool)
    places = pa.array(rows)
    for name, type_ in _FIELDS.items():
        values: list[Any] = list(map(attrgetter(name), files))
        if name == "mtime":
            # A time that no date can have is an integer, which Arrow would take for milliseconds.
            values = [value if isinstance(value, datetime) else None for value in values]
        is_same = pc.equal(fields[name].take(places), pa.array(values, type_))
        equal &= _mask(pc.fill_null(is_same, False))
    return equal


def files_in_columns(store: Store) -> FilesInColumns:
    """Return what the columns have of the files of all observations.

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
        pieces: list[tuple[int, dict[str, pa.Array]]] = []
        for part in registry(store).parts:
            rootnames, arrays, misfits = _of_part(store, part, marked)
            names += rootnames
            pieces.append((len(rootnames), arrays))
            others |= misfits
    rows = {name: row for row, name in enumerate(names)}
    filetypes = {path.split(".")[1] for _, arrays in pieces for path in arrays}
    files = {filetype: _files(f"{_PREFIX}{filetype}.", pieces) for filetype in sorted(filetypes)}
    return FilesInColumns(rows, frozenset(others), files)


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


def _files(prefix: str, pieces: Iterable[tuple[int, Mapping[str, pa.Array]]]) -> _Files:
    """Return the files of one filetype from the columns of all parts."""

    def joined(name: str, type_: pa.DataType | None) -> pa.Array:
        """Return the values of a field, or whether there is one."""
        of_parts = [arrays.get(f"{prefix}{name}", pa.nulls(rows)) for rows, arrays in pieces]
        if type_ is None:
            return pa.chunked_array([array.is_valid() for array in of_parts]).combine_chunks()
        return pa.chunked_array([array.cast(type_) for array in of_parts]).combine_chunks()

    fields = {name: joined(name, type_) for name, type_ in _FIELDS.items()}
    recorded = reduce(np.logical_or, [_mask(array.is_valid()) for array in fields.values()])
    return _Files(recorded & ~_mask(joined(_VANISHED, None)), fields)


def _mask(array: pa.BooleanArray) -> _Mask:
    mask: _Mask = array.to_numpy(zero_copy_only=False)
    return mask
