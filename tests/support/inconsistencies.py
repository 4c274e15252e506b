"""An ingested archive, and each inconsistency that a verification can find in it."""

import os
import shutil
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from astropy.io import fits
from PIL import Image

from acsql.config import Config
from acsql.store import observation_writes
from acsql.store.client import Store
from acsql.verify.findings import (
    DIFFERENT,
    EXTRA,
    MISSING,
    PREVIEW_EXTRA,
    PREVIEW_MISSING,
    PREVIEW_STALE,
    STALE,
    Finding,
)
from acsql.verify.verification import Verification, verify

# Older than files that may still be arriving.
OLD = 1_300_000_000

# Kind and name of each finding.
Expected = set[tuple[str, str]]


class IngestedArchive(NamedTuple):
    """An ingested archive that a test may damage."""

    config: Config
    store: Store

    def files(self, pattern: str = "*.fits") -> list[Path]:
        return sorted(self.config.filesystem.glob(f"*/*/{pattern}"))

    def jpeg(self) -> Path:
        return min(self.config.jpeg_dir.rglob("*_flt.jpg"))

    def thumbnail(self) -> Path:
        return min(self.config.thumbnail_dir.rglob("*_flt.thumb"))

    def previews(self) -> dict[Path, bytes]:
        folders = (self.config.jpeg_dir, self.config.thumbnail_dir)
        return {p: p.read_bytes() for f in folders for p in f.rglob("*") if p.is_file()}

    def document(self, rootname: str) -> dict[str, Any]:
        return self.store.observations.find_one({"_id": rootname})

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return the documents without dates of ingest, and marks that a copy does not share."""
        when = {"first_ingest_date": 0, "last_ingest_date": 0}
        documents = {d["_id"]: d for d in self.store.observations.find({}, when)}
        for document in documents.values():
            for file in document["files"].values():
                file.pop("ctime_ns", None)
                file.pop("inode", None)
        return documents

    def set(self, rootname: str, field: str, value: Any) -> None:
        observation_writes.update(self.store, {rootname: {"$set": {field: value}}})

    def unset(self, rootname: str, *fields: str) -> None:
        observation_writes.update(self.store, {rootname: {"$unset": dict.fromkeys(fields, 1)}})

    def everything(self) -> dict[str, Any]:
        """Return all that a verification could change: the database and all files."""
        names = sorted(self.store.database.list_collection_names())
        root = self.config.filesystem.parent
        paths = sorted(root.rglob("*"))
        return {
            "stored": {n: list(self.store.database[n].find().sort("_id")) for n in names},
            "paths": paths,
            "files": [(p.stat().st_mtime_ns, p.read_bytes()) for p in paths if p.is_file()],
        }

    def verify(self, **options: Any) -> Verification:
        return verify(self.config, scheduler="synchronous", **options)


def jpeg(width: int, height: int) -> bytes:
    """Return a black JPEG of a size in pixels."""
    buffer = BytesIO()
    Image.new("L", (width, height)).save(buffer, "JPEG")
    return buffer.getvalue()


def kinds_and_names(findings: Sequence[Finding]) -> Expected:
    """Return kind and name of each finding, of which no two are the same."""
    result = {(finding.kind, finding.what) for finding in findings}
    assert len(result) == len(findings)
    return result


def no_document(archive: IngestedArchive) -> Expected:
    rootname = archive.files("*_flt.fits")[0].name[:8]
    document = archive.document(rootname)
    archive.store.observations.delete_one({"_id": rootname})
    previews = [str(p) for p in archive.previews() if p.name[:8] == rootname]
    return {(MISSING, filename) for filename in document["datasets"].values()} | {
        (PREVIEW_EXTRA, picture) for picture in previews
    }


def file_not_stored(archive: IngestedArchive) -> Expected:
    path = archive.files("*_spt.fits")[0]
    archive.unset(path.name[:8], "files.spt", "headers.spt", "datasets.spt")
    return {(MISSING, path.name)}


def file_gone(archive: IngestedArchive) -> Expected:
    path = archive.files("*_flt.fits")[0]
    path.unlink()
    return {(EXTRA, path.name)}


def directory_gone(archive: IngestedArchive) -> Expected:
    path = archive.files("*_flt.fits")[0]
    shutil.rmtree(path.parent)
    return {(EXTRA, name) for name in archive.document(path.name[:8])["datasets"].values()}


def file_touched(archive: IngestedArchive) -> Expected:
    path = archive.files("*_flt.fits")[0]
    os.utime(path, (OLD, OLD))
    return {(STALE, path.name)}


def size_stored_wrong(archive: IngestedArchive) -> Expected:
    path = archive.files("*_flt.fits")[0]
    archive.set(path.name[:8], "files.flt.size", 5)
    return {(STALE, path.name)}


def delivered_again(archive: IngestedArchive) -> Expected:
    """Give the directory and its files, except jitter files, another ninth character."""
    old = archive.files("*_flt.fits")[0].parent
    new = old.with_name(old.name[:8] + ("z" if old.name[8] != "z" else "y"))
    old.rename(new)
    for path in new.glob(f"{old.name}_*.fits"):
        path.rename(new / path.name.replace(old.name, new.name))
    datasets = archive.document(old.name[:8])["datasets"].values()
    return {(STALE, filename.replace(old.name, new.name)) for filename in datasets}


def marked_as_vanished(archive: IngestedArchive) -> Expected:
    path = archive.files("*_flt.fits")[0]
    archive.set(path.name[:8], "files.flt.vanished", datetime(2026, 1, 1))
    return {(STALE, path.name)}


def path_stored_wrong(archive: IngestedArchive) -> Expected:
    rootname = archive.files("*_flt.fits")[0].name[:8]
    archive.set(rootname, "path", "j000/j00000000")
    return {(STALE, rootname)}


def filename_stored_wrong(archive: IngestedArchive) -> Expected:
    path = archive.files("*_flt.fits")[0]
    archive.set(path.name[:8], "datasets.flt", "j00000000_flt.fits")
    return {(STALE, path.name)}


def jpeg_gone(archive: IngestedArchive) -> Expected:
    path = archive.jpeg()
    path.unlink()
    return {(PREVIEW_MISSING, str(path))}


def thumbnail_gone(archive: IngestedArchive) -> Expected:
    path = archive.thumbnail()
    path.unlink()
    return {(PREVIEW_MISSING, str(path))}


def jpeg_not_named(archive: IngestedArchive) -> Expected:
    path = archive.files("*_raw.fits")[0]
    picture = next(p for p in archive.previews() if p.stem == path.stem)
    archive.unset(path.name[:8], "previews.raw")
    return {(PREVIEW_MISSING, path.name), (PREVIEW_EXTRA, str(picture))}


def thumbnail_not_named(archive: IngestedArchive) -> Expected:
    path = archive.thumbnail()
    archive.unset(path.name[:8], "previews.flt.thumbnail")
    return {(PREVIEW_MISSING, f"{path.stem}.fits"), (PREVIEW_EXTRA, str(path))}


def jpeg_of_another(archive: IngestedArchive) -> Expected:
    path = archive.jpeg().with_name("j9zz99zzq_flt.jpg")
    path.write_bytes(jpeg(5, 5))
    return {(PREVIEW_EXTRA, str(path))}


def thumbnail_under_another_proposal(archive: IngestedArchive) -> Expected:
    path = archive.config.thumbnail_dir / "unknown" / archive.thumbnail().name
    path.parent.mkdir()
    path.write_bytes(jpeg(5, 5))
    return {(PREVIEW_EXTRA, str(path))}


def unfinished_preview(archive: IngestedArchive) -> Expected:
    path = archive.jpeg()
    path = path.with_name(f".{path.name}.new")
    path.write_bytes(b"half")
    return {(PREVIEW_EXTRA, str(path))}


def jpeg_empty(archive: IngestedArchive) -> Expected:
    path = archive.jpeg()
    path.write_bytes(b"")
    return {(PREVIEW_STALE, str(path))}


def content_changed(archive: IngestedArchive) -> Expected:
    """Change a value without changing the size and time of the file."""
    path = archive.files("*_spt.fits")[0]
    before = path.stat()
    fits.setval(path, "NEW-KEY", value=4.5, ext=1)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    return {(DIFFERENT, path.name)}


def value_changed(archive: IngestedArchive) -> Expected:
    path = archive.files("*_flt.fits")[0]
    archive.set(path.name[:8], "headers.flt.1.extname", "ERR")
    return {(DIFFERENT, path.name)}


def type_changed(archive: IngestedArchive) -> Expected:
    """Store 1.0 instead of 1: equal in Python, and of another type."""
    path = archive.files("*_flt.fits")[0]
    field = "headers.flt.1.extver"
    stored = archive.document(path.name[:8])["headers"]["flt"]["1"]["extver"]
    # MongoDB regards them as equal, too, and would not write.
    archive.unset(path.name[:8], field)
    archive.set(path.name[:8], field, float(stored))
    return {(DIFFERENT, path.name)}


def keyword_not_stored(archive: IngestedArchive) -> Expected:
    path = archive.files("*_flt.fits")[0]
    archive.unset(path.name[:8], "headers.flt.1.extname")
    return {(DIFFERENT, path.name)}


def extension_not_stored(archive: IngestedArchive) -> Expected:
    path = archive.files("*_flt.fits")[0]
    archive.unset(path.name[:8], "headers.flt.1")
    return {(DIFFERENT, path.name)}


def layout_of_another_header(archive: IngestedArchive) -> Expected:
    path = archive.files("*_flt.fits")[0]
    layouts = archive.document(path.name[:8])["layouts"]["flt"]
    archive.set(path.name[:8], "layouts.flt.0", layouts["1"])
    return {(DIFFERENT, path.name)}


def layout_not_stored(archive: IngestedArchive) -> Expected:
    """Delete the layout of a header, which others may share."""
    rootname = archive.files("*_flt.fits")[0].name[:8]
    identifier = archive.document(rootname)["layouts"]["flt"]["1"]["id"]
    archive.store.database["header_layouts"].delete_one({"_id": identifier})
    return {(DIFFERENT, name) for name in files_with_layout(archive, identifier)}


def comment_of_a_layout_changed(archive: IngestedArchive) -> Expected:
    rootname = archive.files("*_flt.fits")[0].name[:8]
    identifier = archive.document(rootname)["layouts"]["flt"]["1"]["id"]
    archive.store.database["header_layouts"].update_one(
        {"_id": identifier}, {"$set": {"text": "EXTNAME\tchanged"}}
    )
    return {(DIFFERENT, name) for name in files_with_layout(archive, identifier)}


def files_with_layout(archive: IngestedArchive, identifier: str) -> list[str]:
    """Return the names of the files of which a header has a layout."""
    return [
        document["datasets"][filetype]
        for document in archive.documents().values()
        for filetype, layouts in document["layouts"].items()
        if identifier in [each["id"] for each in layouts.values()]
    ]


def promoted_keyword_changed(archive: IngestedArchive) -> Expected:
    rootname = archive.files("*_flt.fits")[0].name[:8]
    archive.set(rootname, "targname", "ELSEWHERE")
    return {(DIFFERENT, rootname)}


def position_changed(archive: IngestedArchive) -> Expected:
    rootname = archive.files("*_flt.fits")[0].name[:8]
    archive.set(rootname, "position", {"type": "Point", "coordinates": [1.0, 2.0]})
    return {(DIFFERENT, rootname)}


def proposal_type_changed(archive: IngestedArchive) -> Expected:
    rootname = archive.files("*_flt.fits")[0].name[:8]
    archive.set(rootname, "proposal_type", "NONE")
    return {(DIFFERENT, rootname)}


def jpeg_cut(archive: IngestedArchive) -> Expected:
    path = archive.jpeg()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return {(PREVIEW_STALE, str(path))}


def jpeg_of_another_size(archive: IngestedArchive) -> Expected:
    path = archive.jpeg()
    path.write_bytes(jpeg(300, 5))
    return {(PREVIEW_STALE, str(path))}


def thumbnail_is_no_jpeg(archive: IngestedArchive) -> Expected:
    path = archive.thumbnail()
    path.write_bytes(b"no picture")
    return {(PREVIEW_STALE, str(path))}


def thumbnail_too_large(archive: IngestedArchive) -> Expected:
    path = archive.thumbnail()
    path.write_bytes(jpeg(300, 5))
    return {(PREVIEW_STALE, str(path))}


# A repair of these gives what is on disk now, not what was stored before.
DISK_CHANGED = [file_gone, directory_gone, file_touched, delivered_again, content_changed]


QUICK = [
    no_document,
    file_not_stored,
    file_gone,
    directory_gone,
    file_touched,
    size_stored_wrong,
    delivered_again,
    marked_as_vanished,
    path_stored_wrong,
    filename_stored_wrong,
    jpeg_gone,
    thumbnail_gone,
    jpeg_not_named,
    thumbnail_not_named,
    jpeg_of_another,
    thumbnail_under_another_proposal,
    unfinished_preview,
    jpeg_empty,
]


FULL = [
    content_changed,
    value_changed,
    type_changed,
    keyword_not_stored,
    extension_not_stored,
    layout_of_another_header,
    layout_not_stored,
    comment_of_a_layout_changed,
    promoted_keyword_changed,
    position_changed,
    proposal_type_changed,
    jpeg_cut,
    jpeg_of_another_size,
    thumbnail_is_no_jpeg,
    thumbnail_too_large,
]
