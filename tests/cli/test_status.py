"""The command `status`."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import acsql
from acsql.mongod import server


def test_status(printed, sample_settings: Path, sample_archive: acsql.Archive) -> None:
    text = printed(sample_settings, "status")
    assert str(sample_archive.summary().observations) in text
    assert "succeeded" in text


def test_status_as_json_exits_with_1_when_overdue(
    printed, run, sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    status = json.loads(printed(sample_settings, "status", "--format", "json"))
    assert status["observations"] == sample_archive.summary().observations
    assert status["overdue"] is False
    assert status["last_run"]["state"] == "succeeded"
    result = run(sample_settings, "status", "--overdue-after", "0", "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["overdue"] is True


def test_status_exits_with_1_while_the_ingest_of_a_file_is_owed(
    printed, run, config, write_settings, sample_filesystem: Path, tmp_path: Path
) -> None:
    settings = write_settings(config, tmp_path)
    source = min(sample_filesystem.glob("*/*/*_flt.fits")).parent
    shutil.copytree(source, config.filesystem / source.relative_to(sample_filesystem))
    config.jpeg_dir.write_text("a file where the folder should be")
    assert run(settings, "ingest", "--scheduler", "synchronous").exit_code == 1
    result = run(settings, "status")
    assert result.exit_code == 1
    assert re.search(r"Owed files +[1-9]\d* \(see acsql failures\)", result.stdout)
    rows = json.loads(printed(settings, "failures", "--format", "json"))
    assert {(row["owed"], row["stage"]) for row in rows} == {(True, "preview")}
    assert "(jpeg_dir)" in rows[0]["reason"]
    assert re.search(r"Owed files after the run +[1-9]", printed(settings, "runs", "show", "1"))
    config.jpeg_dir.unlink()
    assert run(settings, "ingest", "--scheduler", "synchronous").exit_code == 0
    assert run(settings, "status").exit_code == 0
    assert json.loads(printed(settings, "failures", "--format", "json")) == []


def test_status_exits_with_1_while_the_last_ingest_has_a_problem(
    run, config, write_settings, sample_filesystem: Path, tmp_path: Path
) -> None:
    settings = write_settings(config, tmp_path)
    sources = sorted(sample_filesystem.glob("*/*/*_flt.fits"))[:2]
    for source in sources:
        folder = source.parent.relative_to(sample_filesystem)
        shutil.copytree(source.parent, config.filesystem / folder)
    ingest = ("ingest", "--scheduler", "synchronous")
    assert run(settings, *ingest).exit_code == 0
    shutil.rmtree(config.filesystem / sources[0].parent.relative_to(sample_filesystem))
    assert run(settings, *ingest).exit_code == 1
    result = run(settings, "status")
    assert result.exit_code == 1
    assert "are not on disk, more than the 5 % that vanish_limit allows" in result.stdout
    assert run(settings, *ingest, "--confirm-vanished").exit_code == 0
    assert run(settings, "status").exit_code == 0


def test_status_names_the_monitors_that_need_attention(
    printed, measured_archive: acsql.Archive, write_settings, tmp_path: Path
) -> None:
    settings = write_settings(measured_archive.config, tmp_path)
    assert "Monitors failing: exposure (see acsql monitor list)" in printed(settings, "status")
    status = json.loads(printed(settings, "status", "--format", "json"))
    assert status["monitors"]["failing"] == ["exposure"]


def test_status_exits_with_1_while_the_user_who_annotates_lacks_rights(
    run, sample_archive: acsql.Archive, write_settings, tmp_path: Path
) -> None:
    # The reader of another server, which has the users of acsql.
    reader = server.start(tmp_path / "data").reader_uri
    try:
        config = replace(sample_archive.config, annotation_connection_string=reader)
        settings = write_settings(config, tmp_path)
        result = run(settings, "status")
        assert result.exit_code == 1
        assert "may not insert in annotations (see acsql db roles)" in result.stdout
        answer = json.loads(run(settings, "status", "--format", "json").stdout)
        assert "update in monitor_alerts" in answer["missing_rights"]
    finally:
        server.stop(tmp_path / "data")
