"""The quick comparison of files, documents and previews."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from inconsistencies import IngestedArchive, kinds_and_names
from ordinary_user import as_ordinary_user

from acsql.errors import ArchiveError
from acsql.verify.findings import EXTRA, FAILED, UNREADABLE


def test_a_file_in_the_folder_of_another_observation_is_found(archive: IngestedArchive) -> None:
    here, elsewhere = archive.files("*_flt.fits")[:2]
    here.rename(elsewhere.parent / here.name)
    found = {(finding.kind, finding.rootname) for finding in archive.verify().findings}
    assert found == {(EXTRA, here.name[:8]), (FAILED, elsewhere.name[:8])}


@pytest.mark.parametrize("levels", [1, 2])
def test_files_in_an_unreadable_folder_have_not_vanished(
    archive: IngestedArchive, monkeypatch: pytest.MonkeyPatch, levels: int
) -> None:
    closed = archive.files()[0].parents[levels - 1]
    scandir = os.scandir

    def refuses(folder: Path) -> Any:
        if Path(folder) == closed:
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuses)
    before = archive.documents()
    assert kinds_and_names(archive.verify(fix=True).remaining) == {(FAILED, closed.name)}
    assert archive.documents() == before


@pytest.mark.parametrize("fix", [False, True])
def test_an_unmounted_filesystem_is_an_error(archive: IngestedArchive, fix: bool) -> None:
    shutil.rmtree(archive.config.filesystem)
    archive.config.filesystem.mkdir()
    before = archive.documents(), archive.previews()
    with pytest.raises(ArchiveError, match="mounted"):
        archive.verify(fix=fix)
    assert (archive.documents(), archive.previews()) == before


def test_a_file_that_may_not_be_read_is_unreadable(archive: IngestedArchive) -> None:
    path = archive.files("*_flt.fits")[0]
    path.chmod(0)
    for full in (False, True):
        with as_ordinary_user():
            findings = archive.verify(full=full).findings
        assert kinds_and_names(findings) == {(UNREADABLE, path.name)}
        assert "may not be read by the user" in findings[0].reason
