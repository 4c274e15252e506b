"""Every stage of an ingest against every fault outside a file that can happen there.

After the fault is gone, one plain ingest must leave what a run without any fault leaves.  Faults
are put in where acsql calls the system, a full disk is a real one where it can be mounted, and
refused writes are refused by the database.  The quick part has one fault for each stage;
ALL_FAULTS=1 has all.  Kills are in ``test_faults.py``, the death of the database is in
``test_outages.py``, and reads that hang are in ``test_hanging.py``.
"""

import contextlib
import errno
import io
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archive_files import SYNCHRONOUS, aged
from private_server import drop
from small_disk import fill, small_disk

from acsql.config import Config
from acsql.errors import ArchiveError
from acsql.images import stretch
from acsql.ingest import run, scan
from acsql.keywords import KeywordSpecs
from acsql.store import runs, schema
from acsql.store.client import Store
from acsql.verify.findings import OWED
from acsql.verify.verification import verify

READ = ("EACCES", "EPERM", "EIO", "ESTALE", "ENFILE", "EMFILE", "MemoryError")
TRANSFER = ("EIO", "ESTALE", "MemoryError")
WRITE = ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO", "ESTALE", "ENFILE", "MemoryError")
SYNC = ("ENOSPC", "EDQUOT", "EIO")
COMPUTE = ("MemoryError", "RuntimeError")
# Fields that differ between two clean runs, and those of the file system's own numbering.
VOLATILE = ("first_ingest_date", "last_ingest_date", "first_seen")

Fail = Callable[[Any], None]
Put = Callable[[pytest.MonkeyPatch, Config, Fail], None]


def error_of(name: str, path: Any = "") -> Exception:
    """Return the exception that Python raises for a fault."""
    if name == "MemoryError":
        return MemoryError()
    if name == "RuntimeError":
        return RuntimeError("a bug")
    number = getattr(errno, name)
    return OSError(number, os.strerror(number), str(path))


def before(
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    fail: Fail,
    applies: Callable[..., bool] = lambda *_: True,
) -> None:
    """Let a function fail before it does anything, where its arguments apply."""
    original = getattr(owner, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        if applies(*args):
            fail(args[0] if args else "")
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, call)


def at_folder(monkeypatch: pytest.MonkeyPatch, config: Config, fail: Fail) -> None:
    """Fail at listing the folders of observations."""
    deep = len(config.filesystem.parts) + 2
    before(monkeypatch, os, "scandir", fail, lambda path: len(Path(path).parts) == deep)


def at_status(monkeypatch: pytest.MonkeyPatch, _: Config, fail: Fail) -> None:
    """Fail at the size and time of each FITS file."""
    before(monkeypatch, scan, "_file", fail)
    before(monkeypatch, Path, "stat", fail, lambda path, *_: path.suffix == ".fits")
    before(monkeypatch, scan, "_file", fail)


def in_file(moment: str) -> Put:
    """Fail at opening a FITS file, at reading its headers, or at reading pixels."""

    def put(monkeypatch: pytest.MonkeyPatch, _: Config, fail: Fail) -> None:
        if moment == "headers":
            before(monkeypatch, os, "pread", fail)

        class Failing(io.FileIO):
            def __init__(self, path: Any) -> None:
                if moment == "open":
                    fail(path)
                super().__init__(path)

            def readinto(self, buffer: Any, /) -> int | None:
                # Astropy reads headers through the buffer of the file, pixels are read without.
                if (len(buffer) > io.DEFAULT_BUFFER_SIZE) == (moment == "pixels"):
                    fail(self.name)
                return super().readinto(buffer)

        monkeypatch.setattr(io, "FileIO", Failing)

    return put


def at_rendering(monkeypatch: pytest.MonkeyPatch, _: Config, fail: Fail) -> None:
    """Fail where the grey levels are computed."""
    before(monkeypatch, stretch, "to_grey", fail)


def at_opening_in(folder: str) -> Put:
    """Fail at opening a picture for writing."""

    def put(monkeypatch: pytest.MonkeyPatch, config: Config, fail: Fail) -> None:
        root = getattr(config, folder)
        before(monkeypatch, Path, "open", fail, lambda path, *_: path.is_relative_to(root))

    return put


def at_renaming(monkeypatch: pytest.MonkeyPatch, _: Config, fail: Fail) -> None:
    """Fail at moving a finished picture to its place."""
    before(monkeypatch, Path, "replace", fail, lambda path, *_: path.suffix == ".new")


def at_synchronising(monkeypatch: pytest.MonkeyPatch, _: Config, fail: Fail) -> None:
    """Fail at writing a picture to the disk itself."""
    before(monkeypatch, os, "fsync", fail)


STAGES: dict[str, tuple[Put, tuple[str, ...]]] = {
    "folder": (at_folder, READ),
    "status": (at_status, ("EACCES", "EIO", "ESTALE")),
    "open": (in_file("open"), READ),
    "headers": (in_file("headers"), TRANSFER),
    "pixels": (in_file("pixels"), TRANSFER),
    "render": (at_rendering, COMPUTE),
    "jpeg": (at_opening_in("jpeg_dir"), WRITE),
    "thumbnail": (at_opening_in("thumbnail_dir"), WRITE),
    "rename": (at_renaming, WRITE),
    "sync": (at_synchronising, SYNC),
}
CASES = [
    pytest.param(put, fault, id=f"{stage}-{fault}")
    for stage, (put, faults) in STAGES.items()
    for fault in (faults if "ALL_FAULTS" in os.environ else faults[:1])
]


@pytest.fixture
def archive(new_archive_copy: Config) -> Config:
    """An archive of files that are too old to be still arriving."""
    for path in new_archive_copy.filesystem.glob("*/*/*.fits"):
        aged(path)
    return new_archive_copy


def content(config: Config, specs: KeywordSpecs) -> dict[str, Any]:
    """Return all that an ingest leaves, without what differs between two clean runs."""
    hidden = dict.fromkeys(VOLATILE, 0)
    found: dict[str, Any] = {}
    with Store(config.connection_string, specs) as store:
        for name in (schema.OBSERVATIONS, schema.HEADERLESS, schema.KEYWORDS_NOT_IN_SPECS):
            found[name] = list(store.database[name].find({}, hidden).sort("_id"))
        found[schema.FAILURES] = list(store.failures.find())
    for folder in (config.jpeg_dir, config.thumbnail_dir):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            found[f"{folder.name}/{path.relative_to(folder)}"] = path.read_bytes()
    return found


def clean_content(config: Config, specs: KeywordSpecs) -> dict[str, Any]:
    """Remove everything that was ingested, and return what a run without a fault leaves."""
    with Store(config.connection_string, specs) as store:
        drop(store)
    for folder in (config.jpeg_dir, config.thumbnail_dir):
        shutil.rmtree(folder, ignore_errors=True)
    assert run.ingest(config, SYNCHRONOUS).state == runs.SUCCEEDED
    return content(config, specs)


def assert_recovers(config: Config, specs: KeywordSpecs) -> None:
    """Assert that one plain ingest leaves what a run without any fault leaves."""
    report = run.ingest(config, SYNCHRONOUS)
    assert not report.is_incomplete
    assert not verify(config, scheduler="synchronous").findings
    recovered = content(config, specs)
    clean = clean_content(config, specs)
    assert recovered.keys() == clean.keys()
    assert [name for name in clean if clean[name] != recovered[name]] == []


@pytest.mark.parametrize(("put", "fault"), CASES)
def test_after_a_fault_is_gone_one_ingest_equals_a_clean_run(
    archive: Config, specs: KeywordSpecs, monkeypatch: pytest.MonkeyPatch, put: Put, fault: str
) -> None:
    hits = []

    def fail(path: Any) -> None:
        hits.append(path)
        raise error_of(fault, path)

    with monkeypatch.context() as patch:
        put(patch, archive, fail)
        try:
            report = run.ingest(archive, SYNCHRONOUS)
        except Exception as error:
            # A fault outside the observations ends the run, which its record says.
            assert str(error) or isinstance(error, MemoryError)
            with Store(archive.connection_string, specs) as store:
                last = runs.last(store)
            assert last is not None
            assert last["state"] == runs.FAILED
        else:
            assert report.state == runs.SUCCEEDED_WITH_FAILURES
            assert report.failures
            assert all(failure.owed for failure in report.failures)
            named = {found.what for found in verify(archive, scheduler="synchronous").findings}
            assert named >= {each.filename for each in report.failures if each.stage != "scan"}
    assert hits
    assert_recovers(archive, specs)


def test_a_repair_does_what_is_owed(
    archive: Config, specs: KeywordSpecs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Any) -> None:
        raise error_of("ENOSPC", path)

    with monkeypatch.context() as patch:
        at_synchronising(patch, archive, fail)
        report = run.ingest(archive, SYNCHRONOUS)
    result = verify(archive, fix=True, scheduler="synchronous")
    assert {found.kind for found in result.findings} == {OWED}
    assert len(result.findings) == report.owed > 0
    assert result.remaining == ()
    assert_recovers(archive, specs)


@contextlib.contextmanager
def refusing(
    config: Config, specs: KeywordSpecs, name: str, rule: dict[str, Any]
) -> Iterator[None]:
    """Let the database refuse the documents of a collection that break a rule."""
    with Store(config.connection_string, specs) as store:
        if name not in store.database.list_collection_names():
            store.database.create_collection(name)
        store.database.command("collMod", name, validator=rule)
        yield
        store.database.command("collMod", name, validator={})


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        (schema.OBSERVATIONS, {"never": 1}),
        (schema.FAILURES, {"never": 1}),
        (schema.INGEST_RUNS, {"state": runs.RUNNING}),
        (schema.HEADERLESS, {"never": 1}),
    ],
)
def test_after_writes_were_refused_one_ingest_equals_a_clean_run(
    archive: Config, specs: KeywordSpecs, name: str, rule: dict[str, Any]
) -> None:
    with refusing(archive, specs, name, rule):
        try:
            report = run.ingest(archive, SYNCHRONOUS)
        except ArchiveError as error:
            assert "validation" in str(error)
        else:
            assert report.is_incomplete or name == schema.FAILURES
    assert_recovers(archive, specs)


@pytest.mark.parametrize("places", [("jpeg_dir", "thumbnail_dir"), ("log_dir",)])
def test_after_a_disk_was_full_one_ingest_equals_a_clean_run(
    archive: Config, specs: KeywordSpecs, tmp_path: Path, places: tuple[str, ...]
) -> None:
    disk = tmp_path / "disk"
    config = replace(archive, **{place: disk / place for place in places})
    blocker = disk / "blocker"
    with small_disk(disk, 1):
        fill(blocker, 1)
        report = run.ingest(config, SYNCHRONOUS)
        assert bool(report.owed) == ("jpeg_dir" in places)
        blocker.unlink()
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        assert_recovers(config, specs)
