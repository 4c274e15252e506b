"""Files have their name when they are complete, and what killed processes leave is removed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from acsql.whole_files import written_whole

WRITE_AND_WAIT = """
import pathlib, sys, time
from acsql.whole_files import written_whole
with written_whole(pathlib.Path(sys.argv[1])) as unfinished:
    unfinished.write_text("half")
    print(unfinished, flush=True)
    time.sleep(600)
"""


def test_a_file_has_its_name_when_it_is_complete(tmp_path: Path):
    file = tmp_path / "rows.csv"
    file.write_text("old")
    with pytest.raises(ValueError, match="too slow"), written_whole(file) as unfinished:
        unfinished.write_text("half")
        raise ValueError("too slow")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("rows.csv", "old")]
    with written_whole(file) as unfinished:
        unfinished.write_text("new")
        assert file.read_text() == "old"
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("rows.csv", "new")]


def test_what_a_killed_process_left_is_removed_and_what_a_live_one_writes_is_not(tmp_path: Path):
    file = tmp_path / "rows[1].csv"
    command = [sys.executable, "-c", WRITE_AND_WAIT, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        half = Path(writer.stdout.readline().strip())
        with written_whole(file) as unfinished:
            unfinished.write_text("whole")
        assert half.read_text() == "half"
        os.kill(writer.pid, signal.SIGKILL)
    assert half.exists()
    with written_whole(file) as unfinished:
        unfinished.write_text("again")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(file.name, "again")]


def test_what_processes_of_other_machines_write_is_not_removed(tmp_path: Path):
    other = tmp_path / f".rows.csv.elsewhere-{2**22 + 1}.new"
    other.write_text("half")
    with written_whole(tmp_path / "rows.csv") as unfinished:
        unfinished.write_text("whole")
    assert other.exists()
