"""The command `status`."""

import json
from pathlib import Path

import acsql


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
