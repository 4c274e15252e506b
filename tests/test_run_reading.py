"""An archive without ingest runs has no records, no failures and no success; others are tested in
`tests/test_runs.py` and `tests/ingest`."""

import pytest

import acsql
from acsql.errors import RunNotFound


def test_an_empty_archive_has_no_runs(empty_archive: acsql.Archive) -> None:
    assert empty_archive.runs() == []
    assert empty_archive.failures() == []
    assert empty_archive.hours_since_success() is None


@pytest.mark.parametrize("read", [acsql.Archive.run, acsql.Archive.run_log])
def test_a_run_that_does_not_exist_is_an_error(empty_archive: acsql.Archive, read) -> None:
    with pytest.raises(RunNotFound):
        read(empty_archive, 1)
