"""Headers are exported as Parquet files into a folder."""

from pathlib import Path

import pytest

import acsql
from acsql.errors import ArchiveError
from acsql.parquet import export_headers


def test_a_folder_that_cannot_be_made_is_named(
    sample_archive: acsql.Archive, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("x", encoding="ascii")
    with pytest.raises(ArchiveError, match=r"the export to .* failed: Not a directory"):
        list(export_headers(sample_archive, file / "headers"))
