"""The command `monitor`."""

import json
import re
import shutil
from pathlib import Path

import pytest

import acsql
from acsql.cli.exit_status import ExitStatus


@pytest.fixture(scope="module")
def settings(
    measured_archive: acsql.Archive, write_settings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return write_settings(measured_archive.config, tmp_path_factory.mktemp("settings"))


def test_monitors_are_listed_with_their_states(
    printed, settings: Path, measured_archive: acsql.Archive
) -> None:
    rows = json.loads(printed(settings, "monitor", "list", "--format", "json"))
    states = measured_archive.monitors()
    assert [(row["name"], row["state"], row["rows"], row["failed"]) for row in rows] == [
        (name, each.state, each.numbers.rows, each.numbers.failed) for name, each in states.items()
    ]


def test_a_monitor_is_shown_with_documentation_columns_alerts_and_failures(
    printed, settings: Path
) -> None:
    shown = printed(settings, "monitor", "show", "exposure")
    assert "Return the exposure time, from the primary header." in shown
    assert "  seconds: exposure time (s)\n" in shown
    assert "Alert (open since 20" in shown
    assert "ValueError: no shutter" in shown
    record = json.loads(printed(settings, "monitor", "show", "exposure", "--format", "json"))
    assert record["columns"][2] == {
        "name": "seconds", "type": "float", "unit": "s", "description": "exposure time"
    }  # fmt: skip
    assert {alert["monitor"] for alert in record["alerts"]} == {"exposure"}


def test_the_table_is_printed_in_every_format_with_conditions(
    printed, settings: Path, measured_archive: acsql.Archive
) -> None:
    command = ("monitor", "table", "exposure", "detector=WFC", "--since", "2004")
    rows = json.loads(printed(settings, *command, "--format", "json"))
    table = measured_archive.monitor("exposure").table("detector=WFC", since="2004")
    assert [row["rootname"] for row in rows] == list(table["rootname"])
    assert "unit: s" in printed(settings, *command, "--format", "ecsv")
    assert "superseded" in printed(settings, *command, "--older", "--format", "csv")


def test_a_run_ends_with_1_if_something_failed_or_an_alert_is_open(
    config, write_settings, run, tmp_path: Path
) -> None:
    path = write_settings(config, tmp_path)
    assert run(path, "ingest", "--scheduler", "synchronous").exit_code == 0
    result = run(path, "monitor", "run", "--scheduler", "synchronous")
    assert result.exit_code == ExitStatus.OK
    assert (
        "pointing: 0 observations measured, 0 failed; 0 rows; 0 open alerts; no observation"
        in result.stdout
    )
    monitors = config.data_dir / "monitors"
    monitors.mkdir(parents=True)
    assert run(path, "monitor", "run", "none").exit_code == ExitStatus.ERROR


def test_the_monitors_of_the_configuration_run_after_an_ingest(
    config, sample_filesystem: Path, write_settings, run, tmp_path: Path
) -> None:
    folder = next(path for path in sorted(sample_filesystem.glob("*/*")) if path.is_dir())
    shutil.copytree(folder, config.filesystem / folder.parent.name / folder.name)
    path = write_settings(config, tmp_path)
    path.write_text(path.read_text() + "monitors: [archive_health]\n")
    result = run(path, "ingest", "--scheduler", "synchronous", "--format", "json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["observations"]["new"] == 1
    assert "archive_health: 1 observation measured" in result.stderr
    assert "pointing" not in result.stderr
    redone = run(path, "monitor", "redo", "archive_health", "--scheduler", "synchronous")
    assert "archive_health: 1 observation measured" in redone.stdout


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("exposure", "--since", "2100"), "that meet the conditions; the monitor has "),
        (("post_flash",), "no observation meets the condition of the monitor: imagetyp=DARK"),
    ],
)
def test_a_table_without_rows_says_why(run, settings: Path, command: tuple, words: str) -> None:
    result = run(settings, "monitor", "table", *command)
    assert words in result.stderr
    assert "monitor run" not in result.stderr


def test_a_monitor_of_the_configuration_that_does_not_exist_keeps_no_other_from_running(
    config, write_settings, run, tmp_path: Path
) -> None:
    path = write_settings(config, tmp_path)
    text = path.read_text()
    path.write_text(text + "monitors: [archive_helth, pointing]\n")
    result = run(path, "ingest", "--scheduler", "synchronous")
    assert result.exit_code == ExitStatus.FAILURES
    assert "no monitor 'archive_helth'" in result.stderr
    assert "did you mean archive_health?" in result.stderr
    assert "pointing: 0 observations measured" in result.stdout
    path.write_text(text + "monitors: [archive_helth]\n")
    assert run(path, "ingest", "--scheduler", "synchronous").exit_code == ExitStatus.FAILURES


def test_a_table_of_a_monitor_that_was_never_run_says_so(
    config, write_settings, run, tmp_path: Path
) -> None:
    result = run(write_settings(config, tmp_path), "monitor", "table", "bias")
    assert "No rows: run acsql monitor run bias" in result.stderr


def test_a_column_of_the_monitor_is_no_keyword(run, settings: Path) -> None:
    result = run(settings, "monitor", "table", "exposure", "seconds>3")
    assert result.exit_code == ExitStatus.ERROR
    assert "seconds is a column of the monitor exposure" in result.stderr


def test_alerts_are_marked_as_seen(printed, settings: Path) -> None:
    first = printed(settings, "monitor", "seen", "exposure", "--user", "ada")
    assert int(first.split()[0]) >= 2
    assert printed(settings, "monitor", "seen", "exposure", "--user", "ada").startswith("0 ")
    # Other tests may have seen them before.
    assert re.search(r"seen by .*\bada\b", printed(settings, "monitor", "show", "exposure"))


def test_a_new_monitor_is_written_into_its_folder(
    config, write_settings, printed, tmp_path: Path
) -> None:
    lines = printed(write_settings(config, tmp_path), "monitor", "new", "mine").splitlines()
    names = ["mine.py", "test_mine.py"]
    assert lines == [str(config.data_dir / "monitors" / name) for name in names]
    assert all(Path(line).is_file() for line in lines)
