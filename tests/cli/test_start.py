"""The process: its start, its signals and its exit status."""

import subprocess
import sys
from pathlib import Path


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
