"""Groups list their commands by task without importing them."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from acsql import cli
from acsql.cli.exit_status import MEANINGS, ExitStatus
from acsql.cli.root import SECTIONS


def test_help_lists_commands_by_task_and_exit_statuses_in_a_table() -> None:
    text = CliRunner().invoke(cli.acsql, ["-h"]).stdout
    assert text == CliRunner().invoke(cli.acsql, ["--help"]).stdout
    titles = [f"{title}:" for title in SECTIONS]
    assert [line for line in text.splitlines() if line in titles] == titles
    for status, meaning in MEANINGS.items():
        assert f"    {status:<4d} {meaning}\n" in text
    assert list(MEANINGS) == list(ExitStatus)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["find", "nonsense", "-h"]])
def test_help_is_quick(arguments: list[str]) -> None:
    script = "\n".join(
        [
            "import atexit, sys",
            "from acsql.cli import main",
            "heavy = {'pymongo', 'dask', 'flask', 'gunicorn'}",
            "heavy |= set() if sys.argv[1:2] == ['find'] else {'astropy', 'numpy'}",
            "atexit.register(lambda: print(sorted(heavy & sys.modules.keys()), file=sys.stderr))",
            "main()",
        ]
    )
    command = [sys.executable, "-c", script, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stderr == "[]\n"
