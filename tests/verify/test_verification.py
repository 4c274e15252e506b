"""Verification: each kind of disagreement is found, and only it, and repaired on demand."""

import os
import random
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from astropy.io import fits
from click.testing import CliRunner
from PIL import Image

import acsql
from acsql import cli
from acsql.config import Config
from acsql.errors import ArchiveError, Busy, ConfigError, DatabaseError
from acsql.ingest import run
from acsql.keywords import KeywordSpecs
from acsql.store import lock
from acsql.store.client import Store
from acsql.verify.findings import (
    DIFFERENT,
    EXTRA,
    FAILED,
    MISSING,
    PREVIEW_EXTRA,
    PREVIEW_MISSING,
    PREVIEW_STALE,
    STALE,
    Finding,
)
from acsql.verify.verification import Verification, verify

HERE = run.Options(scheduler="synchronous")
# Older than a file that could still be on its way.
OLD = 1_300_000_000

# Kinds and names of what is to be found.
Found = set[tuple[str, str]]


class Ingested(NamedTuple):
    """An ingested archive that a test may damage."""

    config: Config
    store: Store

    def files(self, pattern: str = "*.fits") -> list[Path]:
        return sorted(self.config.filesystem.glob(f"*/*/{pattern}"))

    def jpeg(self) -> Path:
        return min(self.config.jpeg_dir.rglob("*_flt.jpg"))

    def thumbnail(self) -> Path:
        return min(self.config.thumbnail_dir.rglob("*_flt.thumb"))

    def pictures(self) -> dict[Path, bytes]:
        folders = (self.config.jpeg_dir, self.config.thumbnail_dir)
        return {p: p.read_bytes() for f in folders for p in f.rglob("*") if p.is_file()}

    def document(self, rootname: str) -> dict[str, Any]:
        return self.store.observations.find_one({"_id": rootname})

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return the documents without what tells when they were written."""
        when = {"first_ingest_date": 0, "last_ingest_date": 0}
        return {document["_id"]: document for document in self.store.observations.find({}, when)}

    def set(self, rootname: str, field: str, value: Any) -> None:
        change = {"$set": {field: value}}
        assert self.store.observations.update_one({"_id": rootname}, change).modified_count

    def unset(self, rootname: str, *fields: str) -> None:
        change = {"$unset": dict.fromkeys(fields, 1)}
        assert self.store.observations.update_one({"_id": rootname}, change).modified_count

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


@pytest.fixture(scope="module")
def database(database_uri: str, specs: KeywordSpecs) -> Iterator[Store]:
    """One database for all tests here: to make its indexes takes longer than most of them."""
    base, _, options = database_uri.partition("?")
    uri = f"{base.rpartition('/')[0]}/test_{uuid.uuid4().hex}?{options}"
    with Store(uri, specs) as store:
        store.make_indexes()
        yield store
        store.client.drop_database(store.database.name)


@pytest.fixture
def archive(config: Config, database: Store, sample_archive: acsql.Archive) -> Ingested:
    """A copy of the sample archive with an observation of each detector."""
    for name in database.database.list_collection_names():
        database.database[name].delete_many({})
    kept: dict[str, str] = {}
    for row in sample_archive.iter("flt.0.exptime>=0", columns=["rootname", "detector"]):
        kept.setdefault(row["detector"], row["rootname"])
    assert len(kept) == 3
    for rootname in kept.values():
        _copy_observation(sample_archive, rootname, config, database)
    for name in ("proposals", "migrations"):
        database.database[name].insert_many(sample_archive.store.database[name].find())
    shutil.copy(sample_archive.config.proposals_file, config.proposals_file)
    return Ingested(config.at(database.connection_string), database)


def _copy_observation(source: acsql.Archive, rootname: str, config: Config, store: Store) -> None:
    document = source.store.observations.find_one({"_id": rootname})
    store.observations.insert_one(document)
    path = document["path"]
    shutil.copytree(source.config.filesystem / path, config.filesystem / path)
    for entry in document["previews"].values():
        for kind, folder in (("jpeg", "jpeg_dir"), ("thumbnail", "thumbnail_dir")):
            if entry.get(kind):
                target = getattr(config, folder) / entry[kind]
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(getattr(source.config, folder) / entry[kind], target)


def jpeg(width: int, height: int) -> bytes:
    buffer = BytesIO()
    Image.new("L", (width, height)).save(buffer, "JPEG")
    return buffer.getvalue()


def told(findings: Sequence[Finding]) -> Found:
    found = {(finding.kind, finding.what) for finding in findings}
    assert len(found) == len(findings), "nothing is told twice"
    return found


# What a look at names, sizes and times finds.


def no_document(archive: Ingested) -> Found:
    rootname = archive.files("*_flt.fits")[0].name[:8]
    document = archive.document(rootname)
    archive.store.observations.delete_one({"_id": rootname})
    pictures = [str(p) for p in archive.pictures() if p.name[:8] == rootname]
    return {(MISSING, filename) for filename in document["datasets"].values()} | {
        (PREVIEW_EXTRA, picture) for picture in pictures
    }


def file_not_stored(archive: Ingested) -> Found:
    path = archive.files("*_spt.fits")[0]
    archive.unset(path.name[:8], "files.spt", "headers.spt", "datasets.spt")
    return {(MISSING, path.name)}


def file_gone(archive: Ingested) -> Found:
    path = archive.files("*_flt.fits")[0]
    path.unlink()
    return {(EXTRA, path.name)}


def directory_gone(archive: Ingested) -> Found:
    path = archive.files("*_flt.fits")[0]
    shutil.rmtree(path.parent)
    return {(EXTRA, name) for name in archive.document(path.name[:8])["datasets"].values()}


def file_touched(archive: Ingested) -> Found:
    path = archive.files("*_flt.fits")[0]
    os.utime(path, (OLD, OLD))
    return {(STALE, path.name)}


def size_stored_wrong(archive: Ingested) -> Found:
    path = archive.files("*_flt.fits")[0]
    archive.set(path.name[:8], "files.flt.size", 5)
    return {(STALE, path.name)}


def delivered_again(archive: Ingested) -> Found:
    """The directory and the files, but for those of jitter, get another ninth character."""
    old = archive.files("*_flt.fits")[0].parent
    new = old.with_name(old.name[:8] + ("z" if old.name[8] != "z" else "y"))
    old.rename(new)
    for path in new.glob(f"{old.name}_*.fits"):
        path.rename(new / path.name.replace(old.name, new.name))
    datasets = archive.document(old.name[:8])["datasets"].values()
    return {(STALE, filename.replace(old.name, new.name)) for filename in datasets}


def marked_as_vanished(archive: Ingested) -> Found:
    path = archive.files("*_flt.fits")[0]
    archive.set(path.name[:8], "files.flt.vanished", datetime(2026, 1, 1))
    return {(STALE, path.name)}


def path_stored_wrong(archive: Ingested) -> Found:
    rootname = archive.files("*_flt.fits")[0].name[:8]
    archive.set(rootname, "path", "j000/j00000000")
    return {(STALE, rootname)}


def filename_stored_wrong(archive: Ingested) -> Found:
    path = archive.files("*_flt.fits")[0]
    archive.set(path.name[:8], "datasets.flt", "j00000000_flt.fits")
    return {(STALE, path.name)}


def jpeg_gone(archive: Ingested) -> Found:
    path = archive.jpeg()
    path.unlink()
    return {(PREVIEW_MISSING, str(path))}


def thumbnail_gone(archive: Ingested) -> Found:
    path = archive.thumbnail()
    path.unlink()
    return {(PREVIEW_MISSING, str(path))}


def jpeg_not_named(archive: Ingested) -> Found:
    path = archive.files("*_raw.fits")[0]
    picture = next(p for p in archive.pictures() if p.stem == path.stem)
    archive.unset(path.name[:8], "previews.raw")
    return {(PREVIEW_MISSING, path.name), (PREVIEW_EXTRA, str(picture))}


def thumbnail_not_named(archive: Ingested) -> Found:
    path = archive.thumbnail()
    archive.unset(path.name[:8], "previews.flt.thumbnail")
    return {(PREVIEW_MISSING, f"{path.stem}.fits"), (PREVIEW_EXTRA, str(path))}


def jpeg_of_another(archive: Ingested) -> Found:
    path = archive.jpeg().with_name("j9zz99zzq_flt.jpg")
    path.write_bytes(jpeg(5, 5))
    return {(PREVIEW_EXTRA, str(path))}


def thumbnail_under_another_proposal(archive: Ingested) -> Found:
    path = archive.config.thumbnail_dir / "unknown" / archive.thumbnail().name
    path.parent.mkdir()
    path.write_bytes(jpeg(5, 5))
    return {(PREVIEW_EXTRA, str(path))}


def picture_never_finished(archive: Ingested) -> Found:
    path = archive.jpeg()
    path = path.with_name(f".{path.name}.new")
    path.write_bytes(b"half")
    return {(PREVIEW_EXTRA, str(path))}


def jpeg_empty(archive: Ingested) -> Found:
    path = archive.jpeg()
    path.write_bytes(b"")
    return {(PREVIEW_STALE, str(path))}


# What only reading again finds.


def content_changed(archive: Ingested) -> Found:
    """The file holds another value, and its size and time do not tell."""
    path = archive.files("*_spt.fits")[0]
    before = path.stat()
    fits.setval(path, "NEW-KEY", value=4.5, ext=1)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    return {(DIFFERENT, path.name)}


def value_changed(archive: Ingested) -> Found:
    path = archive.files("*_flt.fits")[0]
    archive.set(path.name[:8], "headers.flt.1.extname", "ERR")
    return {(DIFFERENT, path.name)}


def type_changed(archive: Ingested) -> Found:
    """1.0 is not 1, although Python takes them for equal."""
    path = archive.files("*_flt.fits")[0]
    field = "headers.flt.1.extver"
    stored = archive.document(path.name[:8])["headers"]["flt"]["1"]["extver"]
    # MongoDB takes them for equal too, and would not write.
    archive.unset(path.name[:8], field)
    archive.set(path.name[:8], field, float(stored))
    return {(DIFFERENT, path.name)}


def keyword_not_stored(archive: Ingested) -> Found:
    path = archive.files("*_flt.fits")[0]
    archive.unset(path.name[:8], "headers.flt.1.extname")
    return {(DIFFERENT, path.name)}


def extension_not_stored(archive: Ingested) -> Found:
    path = archive.files("*_flt.fits")[0]
    archive.unset(path.name[:8], "headers.flt.1")
    return {(DIFFERENT, path.name)}


def promoted_keyword_changed(archive: Ingested) -> Found:
    rootname = archive.files("*_flt.fits")[0].name[:8]
    archive.set(rootname, "targname", "ELSEWHERE")
    return {(DIFFERENT, rootname)}


def position_changed(archive: Ingested) -> Found:
    rootname = archive.files("*_flt.fits")[0].name[:8]
    archive.set(rootname, "position", {"type": "Point", "coordinates": [1.0, 2.0]})
    return {(DIFFERENT, rootname)}


def proposal_type_changed(archive: Ingested) -> Found:
    rootname = archive.files("*_flt.fits")[0].name[:8]
    archive.set(rootname, "proposal_type", "NONE")
    return {(DIFFERENT, rootname)}


def jpeg_cut(archive: Ingested) -> Found:
    path = archive.jpeg()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return {(PREVIEW_STALE, str(path))}


def jpeg_of_another_size(archive: Ingested) -> Found:
    path = archive.jpeg()
    path.write_bytes(jpeg(300, 5))
    return {(PREVIEW_STALE, str(path))}


def thumbnail_is_no_jpeg(archive: Ingested) -> Found:
    path = archive.thumbnail()
    path.write_bytes(b"no picture")
    return {(PREVIEW_STALE, str(path))}


def thumbnail_too_large(archive: Ingested) -> Found:
    path = archive.thumbnail()
    path.write_bytes(jpeg(300, 5))
    return {(PREVIEW_STALE, str(path))}


# Those after whose repair all is not as it was before, but as it is on disk now.
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
    picture_never_finished,
    jpeg_empty,
]
FULL = [
    content_changed,
    value_changed,
    type_changed,
    keyword_not_stored,
    extension_not_stored,
    promoted_keyword_changed,
    position_changed,
    proposal_type_changed,
    jpeg_cut,
    jpeg_of_another_size,
    thumbnail_is_no_jpeg,
    thumbnail_too_large,
]


@pytest.mark.parametrize(("full", "scheduler"), [(False, "synchronous"), (True, "processes")])
def test_a_clean_archive_has_no_finding(
    sample_archive: acsql.Archive, full: bool, scheduler: str
) -> None:
    result = verify(sample_archive.config, full, scheduler=scheduler)
    assert result.findings == ()
    assert result.notes == ()
    assert result.observations == sample_archive.summary().observations


@pytest.mark.parametrize("damage", [*QUICK, *FULL], ids=lambda damage: damage.__name__)
def test_each_kind_is_found_and_only_it_and_repaired(
    archive: Ingested, damage: Callable[[Ingested], Found]
) -> None:
    clean = archive.documents(), archive.pictures()
    expected = damage(archive)
    before = archive.everything()
    quick = told(archive.verify().findings)
    assert quick == (expected if damage in QUICK else set())
    assert told(archive.verify(full=True).findings) == expected
    assert archive.everything() == before, "nothing is changed without fix"

    fixed = archive.verify(full=damage in FULL, fix=True)
    assert told(fixed.findings) == expected
    assert fixed.remaining == ()
    assert fixed.repaired == len(expected)
    assert str(fixed.findings[0]) in fixed.log.read_text()
    assert archive.verify(full=True).findings == ()
    if damage not in DISK_CHANGED:
        assert (archive.documents(), archive.pictures()) == clean
    assert not lock.is_held(archive.store)


def test_files_that_vanished_are_marked_and_kept(archive: Ingested) -> None:
    before = archive.documents()
    (_, filename), *_ = file_gone(archive)
    archive.verify(fix=True)
    after = archive.documents()
    assert after[filename[:8]]["files"]["flt"].pop("vanished")
    assert after == before


def test_after_a_repair_nothing_is_left_to_ingest(archive: Ingested) -> None:
    archive.store.observations.delete_many({})
    result = archive.verify(fix=True)
    assert set(result.counts) == {MISSING, PREVIEW_EXTRA}
    assert result.remaining == ()
    assert run.ingest(archive.config, HERE).observations == {"unchanged": 3}


def test_a_file_that_failed_is_told_and_left_alone(archive: Ingested) -> None:
    path = archive.files("*_flt.fits")[0]
    whole = path.read_bytes()
    path.write_bytes(b"this is no FITS file" * 1000)
    os.utime(path, (OLD, OLD))
    result = archive.verify(fix=True)
    assert told(result.findings) == {(STALE, path.name)}
    assert told(result.remaining) == {(FAILED, path.name)}
    assert result.repaired == 0
    assert [failure.filename for failure in result.failures] == [path.name]
    result = archive.verify(fix=True)
    assert told(result.findings) == told(result.remaining) == {(FAILED, path.name)}
    assert "not a FITS file" in result.findings[0].reason
    assert not result.failures, "it was not tried again"
    path.write_bytes(whole)
    assert told(archive.verify().findings) == {(STALE, path.name)}
    assert archive.verify(fix=True).remaining == ()
    assert run.ingest(archive.config, HERE).known_failures == 0


def test_a_file_that_cannot_be_read_again_is_different(archive: Ingested) -> None:
    path = archive.files("*_flt.fits")[0]
    before = path.stat()
    path.write_bytes(b"\0" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    result = archive.verify(full=True)
    assert told(result.findings) == {(DIFFERENT, path.name)}
    assert "can no longer be read" in result.findings[0].reason


def test_a_file_without_an_image_has_failed_and_has_a_reason(archive: Ingested) -> None:
    path = archive.files("*_flt.fits")[0]
    with fits.open(path, mode="update") as hdus:
        for hdu in hdus:
            if hdu.name == "SCI":
                hdu.name = "NOTSCI"
    os.utime(path, (OLD, OLD))
    archive.verify(fix=True)
    assert told(archive.verify(full=True).findings) == {(FAILED, path.name)}


def test_a_file_in_the_folder_of_another_is_told(archive: Ingested) -> None:
    here, elsewhere = archive.files("*_flt.fits")[:2]
    here.rename(elsewhere.parent / here.name)
    found = {(finding.kind, finding.rootname) for finding in archive.verify().findings}
    assert found == {(EXTRA, here.name[:8]), (FAILED, elsewhere.name[:8])}


@pytest.mark.parametrize("levels", [1, 2])
def test_what_cannot_be_looked_at_has_not_vanished(
    archive: Ingested, monkeypatch: pytest.MonkeyPatch, levels: int
) -> None:
    closed = archive.files()[0].parents[levels - 1]
    scandir = os.scandir

    def refuses(folder: Path) -> Any:
        if Path(folder) == closed:
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuses)
    before = archive.documents()
    assert told(archive.verify(fix=True).remaining) == {(FAILED, closed.name)}
    assert archive.documents() == before


@pytest.mark.parametrize("fix", [False, True])
def test_a_filesystem_that_is_not_mounted_is_no_archive_without_files(
    archive: Ingested, fix: bool
) -> None:
    shutil.rmtree(archive.config.filesystem)
    archive.config.filesystem.mkdir()
    before = archive.documents(), archive.pictures()
    with pytest.raises(ArchiveError, match="mounted"):
        archive.verify(fix=fix)
    assert (archive.documents(), archive.pictures()) == before


def test_things_of_others_among_the_pictures_are_told_and_kept(archive: Ingested) -> None:
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


def test_pictures_of_both_kinds_may_lie_in_one_folder(archive: Ingested) -> None:
    jpeg_dir = archive.config.jpeg_dir
    shutil.copytree(archive.config.thumbnail_dir, jpeg_dir, dirs_exist_ok=True)
    together = Ingested(replace(archive.config, thumbnail_dir=jpeg_dir), archive.store)
    assert together.verify().findings == ()
    extra = together.thumbnail().with_name("j9zz99zzq_flt.thumb")
    extra.write_bytes(jpeg(10, 10))
    assert together.verify(fix=True).repaired == 1
    assert not extra.exists()


def test_an_archive_that_was_never_ingested(config: Config, sample_filesystem: Path) -> None:
    source = min(sample_filesystem.glob("*/*/*_flt.fits")).parent
    shutil.copytree(source, config.filesystem / source.relative_to(sample_filesystem))
    assert set(verify(config).counts) == {MISSING}
    assert verify(config, full=True, fix=True, scheduler="synchronous").remaining == ()
    assert run.ingest(config, HERE).observations == {"unchanged": 1}


def test_an_archive_without_files_has_nothing_wrong(config: Config) -> None:
    assert verify(config, full=True).findings == ()


def test_one_repairs_and_all_may_look(archive: Ingested) -> None:
    with lock.hold(archive.store, "ingest"):
        result = archive.verify()
        assert result.findings == ()
        assert "being changed" in result.notes[0]
        with pytest.raises(Busy, match="acsql ingest"):
            archive.verify(fix=True)


@pytest.mark.parametrize("fix", [False, True])
def test_a_database_of_another_version_is_left_alone(archive: Ingested, fix: bool) -> None:
    archive.store.database["migrations"].delete_many({})
    with pytest.raises(DatabaseError, match="acsql migrate"):
        archive.verify(fix=fix)


def test_schedulers_agree(archive: Ingested) -> None:
    value_changed(archive)
    expected = archive.verify(full=True).findings
    assert expected
    done = []

    @contextmanager
    def progress(total: int) -> Iterator[Callable[[], None]]:
        yield lambda: done.append(total)

    result = verify(archive.config, True, scheduler="threads", workers=2, progress=progress)
    assert result.findings == expected
    assert done == [3, 3, 3]


def test_a_cluster_agrees(archive: Ingested) -> None:
    distributed = pytest.importorskip("distributed")
    value_changed(archive)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        result = verify(archive.config, full=True, scheduler=cluster.scheduler_address)
    assert result.findings == archive.verify(full=True).findings
    assert result.findings


def test_a_scheduler_that_is_none_is_named(archive: Ingested) -> None:
    with pytest.raises(ConfigError, match="nonsense"):
        verify(archive.config, full=True, scheduler="nonsense")


def test_the_command(archive: Ingested) -> None:
    named = ("filesystem", "data_dir", "jpeg_dir", "thumbnail_dir", "log_dir", "connection_string")
    environ = {f"ACSQL_{name.upper()}": str(getattr(archive.config, name)) for name in named}

    def command(*arguments: str) -> Any:
        options = ["verify", "--scheduler", "synchronous", *arguments]
        return CliRunner(env=environ).invoke(cli.acsql, options)

    assert command().exit_code == 0
    ((_, picture),) = jpeg_gone(archive)
    result = command()
    assert result.exit_code == 1
    assert f"preview missing: {Path(picture).name[:8]}: {picture}: " in result.stdout
    assert "Findings: 1 preview missing" in result.stdout
    result = command("--full", "--fix")
    assert result.exit_code == 0
    assert "Repaired: 1, remaining: 0" in result.stdout
    shutil.rmtree(archive.config.filesystem)
    assert command().exit_code == 2


# Random damage.  What vanished is only known to its document, so those documents stay.


def _documents_on_disk(archive: Ingested) -> list[dict[str, Any]]:
    """Return the documents of which every file is still there."""
    return [
        document
        for document in archive.store.observations.find().sort("_id")
        if all(
            (archive.config.filesystem / f["path"]).is_file() for f in document["files"].values()
        )
    ]


def delete_document(archive: Ingested, rng: random.Random) -> None:
    for document in _documents_on_disk(archive)[:1]:
        if archive.store.observations.count_documents({}) > 1 and rng.random() < 0.5:
            archive.store.observations.delete_one({"_id": document["_id"]})


def forget_file(archive: Ingested, rng: random.Random) -> None:
    for document in _documents_on_disk(archive)[-1:]:
        filetype = rng.choice(sorted(document["headers"]))
        parts = ("datasets", "files", "headers", "previews")
        archive.unset(document["_id"], *(f"{part}.{filetype}" for part in parts))


def alter_document(archive: Ingested, rng: random.Random) -> None:
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


def delete_file(archive: Ingested, rng: random.Random) -> None:
    if len(archive.files()) > 3:
        rng.choice(archive.files()).unlink()


def alter_file(archive: Ingested, rng: random.Random) -> None:
    path = rng.choice([path for path in archive.files() if path.stem[10:] in ("raw", "flt", "spt")])
    before = path.stat()
    keyword, value = rng.choice([("TARGNAME", "THERE"), ("PROPOSID", 99999), ("NEWKEY", True)])
    fits.setval(path, keyword, value=value)
    # The time tells, or it does not.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + rng.choice([0, 10**9])))


def add_file(archive: Ingested, rng: random.Random) -> None:
    path = rng.choice([path for path in archive.files() if path.stem[10:] in ("raw", "flt", "spt")])
    name = f"jzz{rng.randrange(10)}01aaq"
    target = archive.config.filesystem / name[:4] / name / f"{name}{path.name[9:]}"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)
    fits.setval(target, "ROOTNAME", value=name)


def delete_picture(archive: Ingested, rng: random.Random) -> None:
    rng.choice(sorted(archive.pictures())).unlink()


def alter_picture(archive: Ingested, rng: random.Random) -> None:
    content = rng.choice([b"", b"no picture", jpeg(200, 3)])
    rng.choice(sorted(archive.pictures())).write_bytes(content)


def add_picture(archive: Ingested, rng: random.Random) -> None:
    path = rng.choice(sorted(archive.pictures()))
    path.with_name(f"j{rng.randrange(10)}zz99zzq{path.name[9:]}").write_bytes(b"no picture")


DAMAGES = [
    delete_document,
    forget_file,
    alter_document,
    alter_document,
    delete_file,
    alter_file,
    add_file,
    delete_picture,
    alter_picture,
    add_picture,
]


@contextmanager
def ingested_elsewhere(archive: Ingested, specs: KeywordSpecs) -> Iterator[Ingested]:
    """Ingest the same files into another database, with pictures in another place."""
    folder = archive.config.data_dir.parent / "elsewhere"
    uri = archive.config.connection_string.replace("/test_", "/test_elsewhere_")
    config = replace(
        archive.config, jpeg_dir=folder / "jpegs", thumbnail_dir=folder / "thumbnails"
    ).at(uri)
    assert not run.ingest(config, HERE).failures
    with Store(uri, specs) as store:
        yield Ingested(config, store)
        store.client.drop_database(store.database.name)


@pytest.mark.parametrize("seed", range(4))
def test_a_repair_of_any_damage_gives_what_an_ingest_of_the_disk_gives(
    archive: Ingested, specs: KeywordSpecs, seed: int
) -> None:
    rng = random.Random(seed)
    for _ in range(2):
        for _ in range(10):
            rng.choice(DAMAGES)(archive, rng)
        on_disk = {path: path.read_bytes() for path in archive.files()}
        remaining = archive.verify(full=True, fix=True).remaining
        # Nothing can be made any more of what vanished.
        gone = _vanished(archive)
        assert {(f.rootname, Path(f.what).stem[10:]) for f in remaining} <= gone
        assert {path: path.read_bytes() for path in archive.files()} == on_disk
    with ingested_elsewhere(archive, specs) as clean:
        _assert_same(archive, clean, gone)


def _vanished(archive: Ingested) -> set[tuple[str, str]]:
    return {
        (rootname, filetype)
        for rootname, document in archive.documents().items()
        for filetype, file in document["files"].items()
        if "vanished" in file
    }


def _assert_same(repaired: Ingested, clean: Ingested, gone: set[tuple[str, str]]) -> None:
    """Compare two archives; one has also what it knows of files that are gone."""
    stored, expected = repaired.documents(), clean.documents()
    for rootname, document in stored.items():
        filetypes = {filetype for name, filetype in gone if name == rootname}
        if not filetypes:
            assert document == expected.pop(rootname)
        elif filetypes != document["files"].keys():
            there = expected.pop(rootname)
            for part in ("datasets", "files", "headers", "previews"):
                known = {name: v for name, v in document[part].items() if name not in filetypes}
                assert known == there[part]
    assert not expected
    kept = _below(repaired.pictures(), repaired.config.jpeg_dir.parent)
    made = _below(clean.pictures(), clean.config.jpeg_dir.parent)
    assert {path: kept.get(path) for path in made} == made
    assert {(path.name[:8], path.stem[10:]) for path in kept.keys() - made.keys()} <= gone


def _below(files: dict[Path, bytes], folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): content for path, content in files.items()}
