"""The monitor that `acsql monitor new` writes can be used as it is."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import acsql
from acsql.config import Config
from acsql.errors import MonitorError
from acsql.monitors.discovery import Found, find_monitors
from acsql.monitors.template import write_new

NONE = Found({}, ())


def test_the_new_monitor_measures_and_its_test_passes(
    sample_archive: acsql.Archive, write_settings: Callable[[Config, Path], Path], tmp_path: Path
) -> None:
    module, test = write_new("flat_lamp", tmp_path / "monitors", NONE)
    config = replace(sample_archive.config, monitors_dir=tmp_path / "monitors")
    monitor = find_monitors(config).named("flat_lamp")
    assert module.name == "flat_lamp.py"
    assert monitor.title == "Flat lamp"
    assert "The page of the monitor shows this text" in monitor.documentation
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, test],
        env=os.environ | {"ACSQL_CONFIG": str(write_settings(config, tmp_path))},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in result.stdout, result.stdout


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    module, _ = write_new("mine", tmp_path, NONE)
    module.write_text("mine")
    with pytest.raises(MonitorError, match=r"mine\.py exists"):
        write_new("mine", tmp_path, NONE)
    assert module.read_text() == "mine"


@pytest.mark.parametrize("name", ["../up", "Upper", "a b", ""])
def test_a_bad_name_writes_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(MonitorError, match="lower-case"):
        write_new(name, tmp_path / "monitors", NONE)
    assert not list(tmp_path.iterdir())


def test_a_name_under_which_it_would_not_be_found_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MonitorError, match="begin with test_ are tests"):
        write_new("test_lamp", tmp_path, NONE)
    assert not list(tmp_path.iterdir())


def test_the_name_of_a_monitor_is_refused(config: Config, tmp_path: Path) -> None:
    with pytest.raises(MonitorError, match="already"):
        write_new("pointing", tmp_path, find_monitors(config))


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MonitorError, match=r"cannot write|exists"):
        write_new("mine", tmp_path / "file", NONE)
