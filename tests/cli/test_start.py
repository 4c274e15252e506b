"""The process: its start, its signals and its exit status."""

import subprocess
import sys
from pathlib import Path

import pytest

# Runs the command line with a fault in it.
FAULT = """
from acsql.cli import main, root

def fails(path):
    {fault}

root.acsql.callback = fails
main()
"""


def test_the_installed_command_runs(sample_settings: Path) -> None:
    command = Path(sys.executable).with_name("acsql")
    result = subprocess.run(
        [command, "--config", sample_settings, "find", "--limit", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("rootname")


@pytest.mark.parametrize(
    "fault",
    ["1 / 0", "raise MemoryError", "raise OSError(5, 'Input/output error')", "import nowhere"],
)
def test_an_unforeseen_exception_is_not_taken_for_success(
    sample_settings: Path, fault: str
) -> None:
    command = [sys.executable, "-c", FAULT.format(fault=fault), "--config", sample_settings, "find"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "Traceback" in result.stderr


@pytest.mark.parametrize("arguments", [["config"], ["find", "--format", "json"]])
def test_output_to_a_full_disk_is_an_error(sample_settings: Path, arguments: list[str]) -> None:
    command = [Path(sys.executable).with_name("acsql"), "--config", sample_settings, *arguments]
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert result.returncode == 2
    assert "No space left on device" in result.stderr
