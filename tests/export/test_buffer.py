"""Are rows buffered for the formats that need it, and is the file removed with its reader?"""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from export_rows import Counted, columns, in_blocks, rows_of, whole

from acsql import export
from acsql.export import buffer


@pytest.mark.parametrize("name", ["ecsv", "votable", "fits"])
def test_files_do_not_depend_on_the_size_of_blocks(name):
    shown = columns("int", "str")
    for length in (0, 1, 3, 4, 6):
        table = [[n if n % 2 else None, f"t{n}"] for n in range(length)]
        at_once = whole(name, rows_of(table), shown)
        assert in_blocks(name, table, shown).split() == at_once.split()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list]:
    """Yield the list of temporary files that are made while it is used."""
    made = []
    make = buffer.tempfile.TemporaryFile

    def remember(*args: object, **options: object) -> object:
        made.append(make(*args, dir=tmp_path, **options))
        return made[-1]

    monkeypatch.setattr(buffer.tempfile, "TemporaryFile", remember)
    yield made
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["ecsv", "votable", "fits"])
def test_the_temporary_file_is_removed_with_its_reader(name, temporary):
    pieces = export.FORMATS[name].write(Counted(10), columns("int"))
    assert not temporary
    next(pieces)
    assert [file.closed for file in temporary] == [False]
    pieces.close()
    assert [file.closed for file in temporary] == [True]


@pytest.mark.parametrize("name", ["ecsv", "votable", "fits"])
def test_the_temporary_file_is_removed_when_rows_fail(name, temporary):
    def failing() -> Iterator[dict]:
        yield {"c0": 1}
        raise RuntimeError("the database has gone")

    with pytest.raises(RuntimeError, match="has gone"):
        whole(name, failing(), columns("int"))
    assert [file.closed for file in temporary] == [True]


@pytest.mark.parametrize("name", ["csv", "json", "jsonl"])
def test_the_first_row_does_not_wait_for_the_last(name, temporary):
    pieces = export.FORMATS[name].write(Counted(10), columns("int"))
    next(pieces)
    pieces.close()
    assert not temporary


def test_a_text_in_a_column_of_numbers_is_left_out_with_a_note_in_the_file_and_the_log(caplog):
    shown = columns("float", "str")
    table = [[n + 0.5, "t"] for n in range(5)]
    table[3][0] = "N/A"
    for name, format_ in (("ecsv", "ascii.ecsv"), ("votable", "votable"), ("fits", "fits")):
        caplog.clear()
        written = in_blocks(name, table, shown)
        read = Table.read(io.BytesIO(written), format=format_)
        assert read["c0"].dtype.kind == "f"
        assert np.isnan(np.ma.filled(np.ma.asarray(read["c0"]), np.nan)).tolist() == [
            row[0] == "N/A" for row in table
        ]
        (note,) = caplog.messages
        assert note == "c0: 1 value is not of type float and left out: 'N/A'"
        assert b"c0: 1 value is not of type float and left out" in written
