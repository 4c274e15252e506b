"""Export of all headers as Parquet files, one file for each header.

They are made from the columns, and from the documents of observations that are not in columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...errors import DatabaseError
from ...fits.header import BLOCKS
from ...query import is_statistic
from ...whole_files import written_whole
from ..client import Store
from ..fields import value_at
from ..schema import CHANGED, Document
from .arrays import array_of, joined, to_python
from .encode import encode
from .fold import with_all_fields
from .parts import Part, Registry, paths_of, read, registry
from .paths import blocks_path

_HEADERS = "headers."
# The file of the fields that are in no header.
_OBSERVATIONS = "observations"
# The name of the column by which files are joined, and of the keyword of the same name, which has
# the ipppssoot.
_ROOTNAME, _KEYWORD = "rootname", "header_rootname"
# Changed observations whose documents, of tens of kilobytes each, may be in memory together.
_MOST_CHANGED = 5000


def export(store: Store, folder: Path) -> Iterator[Path]:
    """Write the headers of all observations as Parquet files.

    Each file has the keywords of one header, such as ``flt.1``, and the rootname, by which the
    files are joined; the file ``observations`` has all other fields.  The keyword ROOTNAME is the
    column ``header_rootname``.  Keywords with several values, such as HISTORY and ``dnnndata``, are
    lists.  Keywords without any value are left out.

    Parameters
    ----------
    store : Store
        The open database.
    folder : Path
        The folder of the files; it has to exist.

    Yields
    ------
    Path
        Each file, when it is complete.

    Raises
    ------
    DatabaseError
        If the database fails, or has changed too much meanwhile.
    OSError
        If a file cannot be written.
    """
    with store.errors():
        marks = [mark["_id"] for mark in store.database[CHANGED].find({}, {"_id": 1})]
        if len(marks) > _MOST_CHANGED:
            raise DatabaseError(
                f"{len(marks)} observations in {store.address} are not in columns yet: export them "
                "when the ingest has ended, or run acsql migrate"
            )
        known = registry(store)
        changed = with_all_fields(store, marks)
        for name, paths in _files(store, known, changed).items():
            table = _table(store, known.parts, paths, changed, set(marks))
            _check_unchanged(store, known)
            path = folder / f"{name}.parquet"
            with written_whole(path) as unfinished:
                pq.write_table(table, unfinished)
            yield path


def _files(store: Store, known: Registry, changed: Sequence[Document]) -> dict[str, dict[str, str]]:
    """Return for each file the paths of its columns with their names."""
    paths = {path for part in known.parts for path in paths_of(store, part)}
    paths |= encode(changed).keys()
    files: dict[str, dict[str, str]] = {_OBSERVATIONS: {}}
    for path in sorted(paths - {"_id"}):
        file, name = _OBSERVATIONS, path
        if path.startswith(_HEADERS):
            _, filetype, extension, name = path.split(".", 3)
            file = f"{filetype}.{extension}"
        elif is_statistic(path):
            _, filetype, extension, name = path.split(".", 3)
            file = f"stats.{filetype}.{extension}"
        if name != BLOCKS:
            files.setdefault(file, {})[path] = _column_name(name)
    return files


def _column_name(name: str) -> str:
    """Return the name of a column, of a keyword in blocks as people search by it."""
    if name.startswith(f"{BLOCKS}."):
        return name.replace(".", "", 1)
    return _KEYWORD if name == _ROOTNAME else name


def _table(
    store: Store,
    parts: Sequence[Part],
    paths: Mapping[str, str],
    changed: Sequence[Document],
    marked: set[str],
) -> pa.Table:
    """Return the rows of a file: of the observations that have a value."""
    named = {"_id": _ROOTNAME, **paths}
    pieces: dict[str, list[pa.Array]] = {path: [] for path in named}
    for part in parts:
        for path, array in _of_part(store, part, list(named), marked).items():
            pieces[path].append(array)
    for path, arrays in pieces.items():
        arrays += array_of([value_at(document, path.split(".")) for document in changed])
    table = pa.table({name: joined(pieces[path]) for path, name in named.items()})
    has_value = [pc.is_valid(table[name]) for name in table.column_names[1:]]
    return table.filter(reduce(pc.or_, has_value)) if has_value else table


def _of_part(
    store: Store, part: Part, paths: Sequence[str], marked: set[str]
) -> dict[str, pa.Array]:
    """Return the values of the rows of a part that are live and not changed."""
    blocks = set(filter(None, map(blocks_path, paths)))
    columns = read(store, [(part.id, path) for path in (*paths, *blocks)])
    names = columns[part.id, "_id"].array.to_pylist()
    rows = [int(row) for row in np.flatnonzero(part.live_rows) if names[row] not in marked]
    places = {row: place for place, row in enumerate(rows)}
    arrays, irregular = {}, {}
    for path in paths:
        column = columns.get((part.id, path))
        arrays[path] = column.array.take(pa.array(rows)) if column else pa.nulls(len(rows))
        # Parts of an older acsql have all blocks as irregular values.
        of_blocks = columns.get((part.id, blocks_path(path) or path))
        misfits = {row for each in (column, of_blocks) if each for row in each.irregular}
        if others := sorted(misfits & places.keys()):
            irregular[path] = others
    needed = sorted({names[row] for others in irregular.values() for row in others})
    fields = dict.fromkeys(irregular, 1)
    found = store.observations.find({"_id": {"$in": needed}}, fields) if needed else ()
    documents = {document["_id"]: document for document in found}
    for path, others in irregular.items():
        values = to_python(arrays[path])
        for row in others:
            values[places[row]] = value_at(documents.get(names[row]), path.split("."))
        (arrays[path],) = array_of(values)
    return arrays


def _check_unchanged(store: Store, known: Registry) -> None:
    """Check that no part that was read has been deleted."""
    current = registry(store)
    present = {part.id for part in current.parts} | current.retired.keys()
    if not present.issuperset(part.id for part in known.parts):
        raise DatabaseError(
            f"the columns in {store.address} have changed during the export: run it again"
        )
