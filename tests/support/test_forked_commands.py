"""A forked command does what the command of the package does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from forked_commands import forked_commands


@pytest.fixture(scope="module")
def forked():
    with forked_commands() as folder:
        yield folder / "acsql"


@pytest.mark.parametrize("arguments", [["--version"], ["find", "a ="], ["nonsense"], ["config"]])
def test_status_and_output_are_those_of_the_command(forked, arguments, tmp_path):
    (tmp_path / "acsql.yaml").write_text("filesystem: archive\ndata_dir: data\n")
    started = Path(sys.executable).with_name("acsql")
    results = [
        subprocess.run(
            [command, *arguments],
            cwd=tmp_path,
            env=os.environ | {"ACSQL_CONFIG": "acsql.yaml"},
            capture_output=True,
            text=True,
            check=False,
        )
        for command in (started, forked)
    ]
    expected, got = [(each.returncode, each.stdout, each.stderr) for each in results]
    assert got == expected
    assert got[1] or got[2]


def test_what_is_piped_in_is_read(forked, tmp_path):
    script = f"""{forked} sample archive --observations 1 && {forked} config | grep -c data_dir"""
    (tmp_path / "acsql.yaml").write_text("filesystem: archive\ndata_dir: data\n")
    result = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"ACSQL_CONFIG": "acsql.yaml"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.endswith("\n1\n")
    assert (tmp_path / "archive").is_dir()
