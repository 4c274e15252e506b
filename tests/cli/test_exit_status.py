"""Exit statuses: each has its meaning, its line in the help and its row in the documentation."""

import re
from pathlib import Path

from acsql.cli.exit_status import ExitStatus


def test_every_exit_status_is_documented() -> None:
    page = Path(__file__).parents[2] / "docs/reference/exit-codes.rst"
    statuses = re.findall(r"^   \* - (\d+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(status) for status in statuses] == list(ExitStatus)
