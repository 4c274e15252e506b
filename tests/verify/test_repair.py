"""Repair: afterwards the archive is what an ingest of the files on disk gives."""

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archive_files import SYNCHRONOUS
from astropy.io import fits
from inconsistencies import OLD, IngestedArchive, file_gone, jpeg, kinds_and_names

from acsql.ingest import run
from acsql.keywords import KeywordSpecs
from acsql.store.client import Store
from acsql.verify.findings import (
    EXTRA,
    FAILED,
    MISSING,
    PREVIEW_EXTRA,
    PREVIEW_MISSING,
    STALE,
)


def test_vanished_files_are_marked_and_their_headers_kept(archive: IngestedArchive) -> None:
    before = archive.documents()
    (_, filename), *_ = file_gone(archive)
    archive.verify(fix=True)
    after = archive.documents()
    assert after[filename[:8]]["files"]["flt"].pop("vanished")
    assert after == before


def test_a_repair_of_a_partly_unmounted_archive_marks_nothing(archive: IngestedArchive) -> None:
    archive = archive._replace(config=replace(archive.config, vanish_limit=5))
    before = archive.documents()
    folder = archive.files("*_flt.fits")[0].parents[1]
    folder.rename(archive.config.filesystem.parent / "unmounted")
    result = archive.verify(fix=True)
    assert EXTRA in result.counts
    assert result.remaining == result.findings
    assert "none is marked as vanished" in result.notes[0]
    assert archive.documents() == before


def test_a_repair_renders_no_previews_into_a_folder_that_is_not_mounted(
    archive: IngestedArchive,
) -> None:
    archive = archive._replace(config=replace(archive.config, vanish_limit=5))
    before = archive.documents()
    folder = archive.config.jpeg_dir
    folder.rename(folder.parent / "unmounted")
    result = archive.verify(fix=True)
    assert set(result.counts) == {PREVIEW_MISSING}
    assert result.remaining == result.findings
    assert "none is rendered again" in result.notes[0]
    assert not list(folder.rglob("*.jpg"))
    assert archive.documents() == before


def test_a_repaired_archive_has_nothing_new_to_ingest(archive: IngestedArchive) -> None:
    archive.store.observations.delete_many({})
    result = archive.verify(fix=True)
    assert set(result.counts) == {MISSING, PREVIEW_EXTRA}
    assert result.remaining == ()
    assert run.ingest(archive.config, SYNCHRONOUS).observations == {"unchanged": 3}


def test_a_failed_file_is_found_and_not_retried(archive: IngestedArchive) -> None:
    path = archive.files("*_flt.fits")[0]
    whole = path.read_bytes()
    path.write_bytes(b"this is no FITS file" * 1000)
    os.utime(path, (OLD, OLD))
    result = archive.verify(fix=True)
    assert kinds_and_names(result.findings) == {(STALE, path.name)}
    assert kinds_and_names(result.remaining) == {(FAILED, path.name)}
    assert result.repaired == 0
    assert [failure.filename for failure in result.failures] == [path.name]
    result = archive.verify(fix=True)
    assert (
        kinds_and_names(result.findings)
        == kinds_and_names(result.remaining)
        == {(FAILED, path.name)}
    )
    assert "not a FITS file" in result.findings[0].reason
    assert not result.failures, "it was not retried"
    path.write_bytes(whole)
    assert kinds_and_names(archive.verify().findings) == {(STALE, path.name)}
    assert archive.verify(fix=True).remaining == ()
    assert run.ingest(archive.config, SYNCHRONOUS).known_failures == 0


def _documents_on_disk(archive: IngestedArchive) -> list[dict[str, Any]]:
    """Return the documents of which every file is on disk."""
    return [
        document
        for document in archive.store.observations.find().sort("_id")
        if all(
            (archive.config.filesystem / f["path"]).is_file() for f in document["files"].values()
        )
    ]


def delete_document(archive: IngestedArchive, rng: random.Random) -> None:
    for document in _documents_on_disk(archive)[:1]:
        if archive.store.observations.count_documents({}) > 1 and rng.random() < 0.5:
            archive.store.observations.delete_one({"_id": document["_id"]})


def remove_file_from_document(archive: IngestedArchive, rng: random.Random) -> None:
    for document in _documents_on_disk(archive)[-1:]:
        filetype = rng.choice(sorted(document["headers"]))
        parts = ("datasets", "files", "headers", "previews")
        archive.unset(document["_id"], *(f"{part}.{filetype}" for part in parts))


def alter_document(archive: IngestedArchive, rng: random.Random) -> None:
    documents = _documents_on_disk(archive)
    if documents:
        document = rng.choice(documents)
        filetype = rng.choice(sorted(document["headers"]))
        changes = [
            ("targname", "NOWHERE"),
            ("position", {"type": "Point", "coordinates": [0.0, 0.0]}),
            ("detector", "NONE"),
            ("path", "nowhere"),
            ("visit", "??"),
            ("proposal_type", "NONE"),
            (f"headers.{filetype}.0.rootname", "altered"),
            (f"headers.{filetype}.0.additional", 5),
            (f"headers.{filetype}.9", {"exptime": 5.0}),
            (f"datasets.{filetype}", "altered"),
            (f"files.{filetype}.size", 1),
        ]
        archive.store.observations.update_one(
            {"_id": document["_id"]}, {"$set": dict([rng.choice(changes)])}
        )


def delete_file(archive: IngestedArchive, rng: random.Random) -> None:
    if len(archive.files()) > 3:
        rng.choice(archive.files()).unlink()


def alter_file(archive: IngestedArchive, rng: random.Random) -> None:
    path = rng.choice([path for path in archive.files() if path.stem[10:] in ("raw", "flt", "spt")])
    before = path.stat()
    keyword, value = rng.choice([("TARGNAME", "THERE"), ("PROPOSID", 99999), ("NEWKEY", True)])
    fits.setval(path, keyword, value=value)
    # Its modification time shows the change, or it does not.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + rng.choice([0, 10**9])))


def add_file(archive: IngestedArchive, rng: random.Random) -> None:
    path = rng.choice([path for path in archive.files() if path.stem[10:] in ("raw", "flt", "spt")])
    name = f"jzz{rng.randrange(10)}01aaq"
    target = archive.config.filesystem / name[:4] / name / f"{name}{path.name[9:]}"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)
    fits.setval(target, "ROOTNAME", value=name)


def delete_preview(archive: IngestedArchive, rng: random.Random) -> None:
    rng.choice(sorted(archive.previews())).unlink()


def alter_preview(archive: IngestedArchive, rng: random.Random) -> None:
    content = rng.choice([b"", b"no picture", jpeg(200, 3)])
    rng.choice(sorted(archive.previews())).write_bytes(content)


def add_preview(archive: IngestedArchive, rng: random.Random) -> None:
    path = rng.choice(sorted(archive.previews()))
    path.with_name(f"j{rng.randrange(10)}zz99zzq{path.name[9:]}").write_bytes(b"no picture")


DAMAGES = [
    delete_document,
    remove_file_from_document,
    alter_document,
    alter_document,
    delete_file,
    alter_file,
    add_file,
    delete_preview,
    alter_preview,
    add_preview,
]


@contextmanager
def ingested_elsewhere(archive: IngestedArchive, specs: KeywordSpecs) -> Iterator[IngestedArchive]:
    """Ingest the same files into another database, with previews in another place."""
    folder = archive.config.data_dir.parent / "elsewhere"
    uri = archive.config.connection_string.replace("/test_", "/test_elsewhere_")
    config = replace(
        archive.config, jpeg_dir=folder / "jpegs", thumbnail_dir=folder / "thumbnails"
    ).at(uri)
    assert not run.ingest(config, SYNCHRONOUS).failures
    with Store(uri, specs) as store:
        yield IngestedArchive(config, store)
        store.client.drop_database(store.database.name)


@pytest.mark.parametrize("seed", range(4))
def test_repairing_random_damage_equals_ingesting_the_files_on_disk(
    archive: IngestedArchive, specs: KeywordSpecs, seed: int
) -> None:
    rng = random.Random(seed)
    for _ in range(2):
        for _ in range(10):
            rng.choice(DAMAGES)(archive, rng)
        on_disk = {path: path.read_bytes() for path in archive.files()}
        remaining = archive.verify(full=True, fix=True).remaining
        # Files that vanished cannot be repaired.
        vanished = _vanished_files(archive)
        assert {(f.rootname, Path(f.what).stem[10:]) for f in remaining} <= vanished
        assert {path: path.read_bytes() for path in archive.files()} == on_disk
    with ingested_elsewhere(archive, specs) as clean:
        _assert_same(archive, clean, vanished)


def _vanished_files(archive: IngestedArchive) -> set[tuple[str, str]]:
    return {
        (rootname, filetype)
        for rootname, document in archive.documents().items()
        for filetype, file in document["files"].items()
        if "vanished" in file
    }


def _assert_same(
    repaired: IngestedArchive, clean: IngestedArchive, vanished: set[tuple[str, str]]
) -> None:
    """Compare two archives, of which one also has documents of vanished files."""
    stored, expected = repaired.documents(), clean.documents()
    for rootname, document in stored.items():
        filetypes = {filetype for name, filetype in vanished if name == rootname}
        if not filetypes:
            assert document == expected.pop(rootname)
        elif filetypes != document["files"].keys():
            there = expected.pop(rootname)
            for part in ("datasets", "files", "headers", "previews"):
                known = {name: v for name, v in document[part].items() if name not in filetypes}
                if part == "previews":
                    # A raw file needs no thumbnail while that of a vanished file is kept.
                    for entry in (known.get("raw", {}), there[part].get("raw", {})):
                        entry.pop("thumbnail", None)
                assert known == there[part]
    assert not expected
    kept = _below(repaired.previews(), repaired.config.jpeg_dir.parent)
    made = {
        path: content
        for path, content in _below(clean.previews(), clean.config.jpeg_dir.parent).items()
        if path.name[9:] != "_raw.thumb" or path.name[:8] not in dict(vanished)
    }
    assert {path: kept.get(path) for path in made} == made
    assert {(path.name[:8], path.stem[10:]) for path in kept.keys() - made.keys()} <= vanished


def _below(files: dict[Path, bytes], folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): content for path, content in files.items()}
