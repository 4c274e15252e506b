"""Previews on disk, compared with those that documents name."""

import errno
import os
import shutil
from dataclasses import replace
from typing import Any

import pytest
from astropy.io import fits
from inconsistencies import OLD, IngestedArchive, jpeg, kinds_and_names
from ordinary_user import as_ordinary_user
from PIL.ImageFile import ImageFile

from acsql.verify.findings import FAILED, STALE, UNREADABLE


def test_a_file_without_an_image_has_failed_with_a_reason(archive: IngestedArchive) -> None:
    path = archive.files("*_flt.fits")[0]
    with fits.open(path, mode="update") as hdus:
        for hdu in hdus:
            if hdu.name == "SCI":
                hdu.name = "NOTSCI"
    os.utime(path, (OLD, OLD))
    archive.verify(fix=True)
    assert kinds_and_names(archive.verify(full=True).findings) == {(FAILED, path.name)}


def test_other_files_among_the_previews_are_noted_and_kept(archive: IngestedArchive) -> None:
    jpeg_dir, folder = archive.config.jpeg_dir, archive.jpeg().parent
    others = [
        jpeg_dir / "index.html",
        jpeg_dir / "holidays" / "j9zz99zzq_flt.jpg",
        jpeg_dir / f"0{folder.name}" / "j9zz99zzq_flt.jpg",
        folder / "notes.txt",
        folder / "j9zz99zzq_trl.jpg",
        folder / "j9zz99zzq_flt.thumb",
        folder / "j9zz99zzq_flt.jpg.orig",
        folder / "j9zz99zzq_raw.jpg" / "in_a_folder",
    ]
    for path in others:
        path.parent.mkdir(exist_ok=True)
        path.write_text("not ours")
    result = archive.verify(fix=True)
    assert result.findings == ()
    assert all(path.exists() for path in others)
    notes = "\n".join(result.notes)
    for words in (
        "index.html",
        "holidays",
        f"0{folder.name}",
        f"in {folder} that are not previews of acsql: 5",
    ):
        assert words in notes


def test_previews_and_thumbnails_may_share_a_folder(archive: IngestedArchive) -> None:
    jpeg_dir = archive.config.jpeg_dir
    shutil.copytree(archive.config.thumbnail_dir, jpeg_dir, dirs_exist_ok=True)
    together = IngestedArchive(replace(archive.config, thumbnail_dir=jpeg_dir), archive.store)
    assert together.verify().findings == ()
    extra = together.thumbnail().with_name("j9zz99zzq_flt.thumb")
    extra.write_bytes(jpeg(10, 10))
    assert together.verify(fix=True).repaired == 1
    assert not extra.exists()


def test_a_picture_that_may_not_be_read_is_unreadable(archive: IngestedArchive) -> None:
    path = archive.jpeg()
    path.chmod(0)
    for full in (False, True):
        with as_ordinary_user():
            findings = archive.verify(full=full).findings
        assert kinds_and_names(findings) == {(UNREADABLE, str(path))}


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o111])
@pytest.mark.parametrize("level", ["all previews", "previews of one proposal"])
def test_a_closed_folder_of_previews_is_one_finding_beside_the_others(
    archive: IngestedArchive, level: str, mode: int
) -> None:
    stale = archive.files("*_spt.fits")[0]
    os.utime(stale, (OLD, OLD))
    folder = archive.config.jpeg_dir
    closed = folder if level == "all previews" else archive.jpeg().parent
    closed.chmod(mode)
    with as_ordinary_user():
        findings = archive.verify(full=True).findings
    closed.chmod(0o755)
    assert kinds_and_names(findings) == {(UNREADABLE, str(closed)), (STALE, stale.name)}


def test_a_repair_leaves_what_it_cannot_read(
    archive: IngestedArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, load = archive.jpeg(), ImageFile.load

    def fails(image: ImageFile) -> Any:
        if image.filename == str(path):
            raise OSError(errno.EIO, "Input/output error")
        return load(image)

    monkeypatch.setattr(ImageFile, "load", fails)
    before = archive.documents(), archive.previews()
    remaining = archive.verify(full=True, fix=True).remaining
    assert kinds_and_names(remaining) == {(UNREADABLE, str(path))}
    assert (archive.documents(), archive.previews()) == before
