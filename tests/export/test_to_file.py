"""A file of rows has the format of its ending, and its name only when it is complete."""

import pytest
from export_rows import columns, rows_of

from acsql.errors import QueryError
from acsql.export.to_file import write_file


def test_the_ending_says_the_format(tmp_path):
    write_file(tmp_path / "rows.CSV", rows_of([[1], [2]]), columns("int"))
    write_file(tmp_path / "rows.txt", rows_of([[1], [2]]), columns("int"), "csv")
    assert (tmp_path / "rows.CSV").read_text() == "c0\n1\n2\n"
    assert (tmp_path / "rows.txt").read_text() == "c0\n1\n2\n"
    with pytest.raises(QueryError, match="no format 'xls'; the formats are csv, ecsv"):
        write_file(tmp_path / "rows.xls", [], columns("int"))


def test_rows_that_fail_leave_the_old_file(tmp_path):
    def rows():
        yield {"c0": 1}
        raise QueryError("too slow")

    (tmp_path / "rows.csv").write_text("old")
    with pytest.raises(QueryError):
        write_file(tmp_path / "rows.csv", rows(), columns("int"))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("rows.csv", "old")]
