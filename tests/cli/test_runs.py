"""The commands `runs` and `log`, on runs of which one had failures."""

import json
import shutil
from pathlib import Path

import pytest

import acsql


@pytest.fixture
def settings(config, write_settings, run, sample_filesystem: Path, tmp_path: Path) -> Path:
    """The configuration of an archive with two runs; in the second one a file failed."""
    path = write_settings(config, tmp_path)
    source = min(sample_filesystem.glob("*/*/*_flt.fits")).parent
    target = config.filesystem / source.relative_to(sample_filesystem)
    shutil.copytree(source, target)
    assert run(path, "ingest", "--scheduler", "synchronous").exit_code == 0
    (target / f"{source.name}_flt.fits").write_bytes(b"junk")
    assert run(path, "ingest", "--scheduler", "synchronous").exit_code == 1
    return path


def test_runs_are_listed_and_summarized(settings: Path, printed) -> None:
    newest, oldest = json.loads(printed(settings, "runs", "--format", "json"))
    assert (newest["run"], newest["state"], newest["failures"]) == (
        2,
        "succeeded with failures",
        1,
    )
    assert (oldest["run"], oldest["state"], oldest["new"]) == (1, "succeeded", 1)
    assert len(json.loads(printed(settings, "runs", "--limit", "1", "--format", "json"))) == 1
    assert "succeeded with failures" in printed(settings, "runs")

    summary = printed(settings, "runs", "show", "2")
    assert "Failed files by reason:" in summary
    assert "_flt.fits:" not in summary
    assert len(summary.splitlines()) < 40
    failures = printed(settings, "runs", "show", "2", "--failures")
    assert "_flt.fits:" in failures
    everything = printed(settings, "runs", "show", "2", "--all")
    assert "_flt.fits:" in everything
    assert "Keywords not in the specs:" in everything
    with acsql.connect(settings) as archive:
        record = json.loads(printed(settings, "runs", "show", "2", "--format", "json"))
        assert record.keys() == archive.run(2).keys()
        assert len(record["failures"]) == 1
        assert printed(settings, "log", "1") == archive.run_log(1).read_text()


def test_the_entries_that_only_the_log_has_are_counted(settings: Path, printed) -> None:
    with acsql.connect(settings) as archive:
        longer = {"$set": {"listed.failures": 100_000}}
        archive.store.ingest_runs.update_one({"_id": 2}, longer)
    for option in ([], ["--failures"], ["--all"]):
        summary = printed(settings, "runs", "show", "2", *option)
        assert "Failed files 100000" in " ".join(summary.split())
        assert "  and 99999 more: acsql log 2" in summary
    assert json.loads(printed(settings, "runs", "--format", "json"))[0]["failures"] == 100_000


def test_without_runs_the_list_says_how_to_start_one(config, write_settings, run, tmp_path) -> None:
    result = run(write_settings(config, tmp_path), "runs")
    assert result.exit_code == 0
    assert "acsql ingest" in result.stderr
