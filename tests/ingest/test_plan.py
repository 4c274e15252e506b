"""Planning: which files are read, and which are skipped."""

import os
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from archive_files import (
    SYNCHRONOUS,
    aged,
    documents,
    not_fits,
    of_another_rootname,
    one_file,
    truncated,
)
from astropy.io import fits

import acsql
from acsql.config import Config
from acsql.ingest import process_pool, read, run
from acsql.ingest.changed_files import Selection
from acsql.ingest.on_disk import FileOnDisk, ObservationOnDisk, ScanProblem
from acsql.ingest.plan import (
    Plan,
    Stored,
    make_plan,
)
from acsql.keywords import KeywordSpecs
from acsql.names import Filename
from acsql.store import runs
from acsql.store.recorded_files import RecordedFiles


def test_unchanged_files_are_not_opened(
    archive_copy: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    monkeypatch.setattr(read, "open_headers", None)
    monkeypatch.setattr(read, "checksum", None)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.observations == {"unchanged": 3}
    assert report.state == runs.NOTHING_NEW


def test_an_ingest_of_unchanged_files_starts_no_processes(
    archive_copy: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    # The process from which workers are forked would hold the standard output of the command.
    monkeypatch.setattr(process_pool, "prepare", None)
    assert run.ingest(archive_copy).state == runs.NOTHING_NEW


def test_a_changed_file_is_read_again(archive_copy: Config, specs: KeywordSpecs) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    before = documents(archive_copy, specs)
    path = one_file(archive_copy, "*_flt.fits")
    fits.setval(path, "TARGNAME", value="ELSEWHERE")
    os.utime(path, (0, 2_000_000_000))
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.observations == {"updated": 1, "unchanged": 2}
    assert report.files == {"flt": 1}
    rootname = path.name[:8]
    after = documents(archive_copy, specs)[rootname]
    assert after["headers"]["flt"]["0"]["targname"] == "ELSEWHERE"
    assert after["first_ingest_date"] == before[rootname]["first_ingest_date"]
    others = {name for name in after["headers"] if name != "flt"}
    assert {n: after["headers"][n] for n in others} == {
        n: before[rootname]["headers"][n] for n in others
    }


def test_a_filetype_that_arrives_later_is_added(archive_copy: Config) -> None:
    report = run.ingest(archive_copy, replace(SYNCHRONOUS, filetypes=("flt",)))
    assert set(report.files) == {"flt"}
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.observations == {"updated": 3}
    assert "flt" not in report.files
    assert {"raw", "spt"} <= set(report.files)
    with acsql.connect(archive_copy) as archive:
        observation = archive.observation(one_file(archive_copy, "*_flt.fits").name[:9])
        assert {"raw", "flt", "spt"} <= set(observation.datasets)


def test_a_run_can_be_limited_to_rootnames(archive_copy: Config) -> None:
    rootname = one_file(archive_copy, "*_flt.fits").name[:9].upper()
    report = run.ingest(archive_copy, replace(SYNCHRONOUS, rootnames=(rootname,)))
    assert report.observations == {"new": 1}


@pytest.mark.parametrize("damage", [not_fits, truncated, of_another_rootname])
def test_a_failed_file_is_skipped_until_it_changes(archive_copy: Config, damage) -> None:
    path = one_file(archive_copy, "*_flt.fits")
    whole = path.read_bytes()
    damage(path)
    aged(path)
    assert len(run.ingest(archive_copy, SYNCHRONOUS).failures) == 1
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert not report.failures
    assert report.known_failures == 1
    assert report.state == runs.NOTHING_NEW
    report = run.ingest(archive_copy, replace(SYNCHRONOUS, retry_failed=True))
    assert len(report.failures) == 1
    path.write_bytes(whole)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.observations["updated"] == 1
    assert run.ingest(archive_copy, SYNCHRONOUS).known_failures == 0


def test_young_files_can_be_left_for_the_next_run(archive_copy: Config) -> None:
    young = one_file(archive_copy, "*_raw.fits")
    for path in archive_copy.filesystem.glob("*/*/*.fits"):
        aged(path)
    young.touch()
    report = run.ingest(archive_copy, replace(SYNCHRONOUS, min_age=600))
    assert report.waiting == [young.name]
    assert f"Skipped {young.name}: still being written" in report.log.read_text(encoding="utf-8")
    assert young.name in "\n".join(report.lines())
    assert report.observations == {"new": 3}
    aged(young)
    assert run.ingest(archive_copy, replace(SYNCHRONOUS, min_age=600)).files == {"raw": 1}


# The comparison itself, as values.

NOW = datetime(2026, 1, 1)
EARLIER = datetime(2020, 1, 1)


def on_disk(rootname: str = "j8bt05nj", *filetypes: str, **fields) -> ObservationOnDisk:
    """Return an observation with a file of each filetype."""
    files = {
        filetype: FileOnDisk(
            Filename(f"{rootname}q", filetype),
            f"{rootname[:4]}/{rootname}q/{rootname}q_{filetype}.fits",
            2880,
            EARLIER,
        )
        for filetype in filetypes
    }
    path = f"{rootname[:4]}/{rootname}q"
    return ObservationOnDisk(rootname, f"{rootname}q", path, files, **fields)


def stored(*observations: ObservationOnDisk, **failures) -> Stored:
    """Return what a database holds after these observations were ingested."""
    documents = {
        one.rootname: {
            "files": {
                name: {
                    "path": file.path,
                    "size": file.size,
                    "mtime": file.mtime,
                    "ctime_ns": file.ctime_ns,
                    "inode": file.inode,
                }
                for name, file in one.files.items()
            }
        }
        for one in observations
    }
    return Stored(RecordedFiles(documents), failures)


def plan(scanned: list[ObservationOnDisk], before: Stored, specs: KeywordSpecs, **options) -> Plan:
    selection = Selection(tuple(specs.filetypes), NOW, **options)
    return make_plan(scanned, before, selection, specs, whole=True)


def test_an_unchanged_observation_has_no_task(specs: KeywordSpecs) -> None:
    observation = on_disk("j8bt05nj", "raw", "flt", ignored=3)
    assert plan([observation], stored(observation), specs) == Plan(unchanged=1, ignored=3)


def test_only_new_and_changed_files_are_read(specs: KeywordSpecs) -> None:
    before = on_disk("j8bt05nj", "raw", "flt")
    changed = replace(before.files["flt"], size=5760)
    after = replace(before, files={**on_disk("j8bt05nj", "raw", "spt").files, "flt": changed})
    (task,) = plan([after], stored(before), specs).tasks
    assert task.observation == after
    assert task.filetypes == ("flt", "spt")


def test_a_file_of_another_path_is_read_again(specs: KeywordSpecs) -> None:
    before = on_disk("j8bt05nj", "raw")
    moved = replace(before.files["raw"], path="j8bt/j8bt05njs/j8bt05njs_raw.fits")
    assert plan([replace(before, files={"raw": moved})], stored(before), specs).tasks


def test_checksums_are_compared_on_request(specs: KeywordSpecs) -> None:
    observation = on_disk("j8bt05nj", "raw", "flt")
    before = stored(observation)
    before.files.documents["j8bt05nj"]["files"]["raw"]["sha256"] = "ab"
    (task,) = plan([observation], before, specs, checksum=True).tasks
    assert task.filetypes == ()
    assert task.checksums == {"raw": "ab", "flt": None}


def failed(rootname: str, filetype: str, *, owed: bool) -> dict[str, dict[str, Any]]:
    entry = {"rootname": rootname, "owed": owed, "size": 2880, "mtime": EARLIER}
    return {f"{rootname}q_{filetype}.fits": entry}


DAMAGED = failed("j8bt05nj", "raw", owed=False)


def test_checksums_of_files_that_were_never_ingested_are_not_compared(specs: KeywordSpecs) -> None:
    observation = on_disk("j8bt05nj", "raw")
    result = plan([observation], Stored(RecordedFiles({}), DAMAGED), specs, checksum=True)
    assert result == Plan(unchanged=1, known_failures=1)


def test_an_implausible_loss_also_keeps_the_failures_of_the_missing_files(
    specs: KeywordSpecs,
) -> None:
    before = stored(on_disk("j8bt05nj", "raw", "flt"), on_disk("j8bt06nj", "raw", "flt"))
    failure = {"rootname": "j8bt06nj", "owed": True}
    before = replace(before, failures={"j8bt06njq_spt.fits": failure})
    result = plan([on_disk("j8bt05nj", "raw", "flt")], before, specs, vanish_limit=5)
    assert (result.vanished, result.settled) == ((), ())
    assert result.problems
    result = plan([on_disk("j8bt05nj", "raw", "flt")], before, specs)
    assert len(result.vanished) == 2
    assert result.settled == ("j8bt06njq_spt.fits",)


def test_vanished_files_are_listed_once(specs: KeywordSpecs) -> None:
    before = stored(on_disk("j8bt05nj", "raw", "flt"), on_disk("j8bt06nj", "raw"))
    scanned = [on_disk("j8bt05nj", "flt")]
    assert plan(scanned, before, specs).vanished == (("j8bt05nj", "raw"), ("j8bt06nj", "raw"))
    for document in before.files.documents.values():
        document["files"]["raw"]["vanished"] = NOW
    assert plan(scanned, before, specs).vanished == ()


def test_an_observation_whose_files_wait_does_not_count_as_unchanged(specs: KeywordSpecs) -> None:
    result = plan([on_disk("j8bt05nj", "raw")], Stored(RecordedFiles({}), {}), specs, min_age=1e9)
    assert result == Plan(waiting=("j8bt05njq_raw.fits",))


def test_a_damaged_file_is_left_and_one_whose_ingest_is_owed_is_read(specs: KeywordSpecs) -> None:
    observation = on_disk("j8bt05nj", "raw", "flt")
    owed = failed("j8bt05nj", "flt", owed=True)
    (task,) = plan([observation], Stored(RecordedFiles({}), DAMAGED | owed), specs).tasks
    assert task.filetypes == ("flt",)


def test_failures_of_files_that_are_gone_are_settled(specs: KeywordSpecs) -> None:
    others = failed("j8bt05nj", "flt", owed=True) | failed("j8bt06nj", "raw", owed=True)
    stored = Stored(RecordedFiles({}), DAMAGED | others)
    result = plan([on_disk("j8bt05nj", "raw")], stored, specs)
    assert set(result.settled) == others.keys()


def test_failures_in_folders_that_cannot_be_read_are_kept(specs: KeywordSpecs) -> None:
    problem = ScanProblem("j8bt", "j8bt", "the folder j8bt cannot be read")
    folder = ObservationOnDisk("j8bt", "j8bt", "j8bt", problems=(problem,), unreadable=True)
    assert plan([folder], Stored(RecordedFiles({}), DAMAGED), specs).settled == ()


def test_a_file_replaced_by_its_compressed_copy_is_named_and_not_only_gone(
    archive_copy: Config,
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    path = one_file(archive_copy, "*_flt.fits")
    path.rename(path.with_name(f"{path.name}.gz"))
    for _ in range(2):
        report = run.ingest(archive_copy, SYNCHRONOUS)
        assert report.state == runs.SUCCEEDED_WITH_FAILURES
        (failure,) = report.failures
        assert failure.filename == f"{path.name}.gz"
        assert f"decompress it to {path.name}" in failure.reason
    path.with_name(f"{path.name}.gz").rename(path)
    assert not run.ingest(archive_copy, SYNCHRONOUS).is_incomplete
