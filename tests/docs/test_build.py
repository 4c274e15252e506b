"""The documentation builds without a warning."""

import re
import subprocess
import sys
from pathlib import Path

from acsql import named_queries

DOCS = Path(__file__).parents[2] / "docs"


def test_the_documentation_builds(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-q", "-d", tmp_path / "cache", DOCS, tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    page = (tmp_path / "api.html").read_text()
    assert "acsql.archive.Archive.search" in page
    assert [
        name for name in named_queries.QUERIES if f"acsql.named_queries.{name}" not in page
    ] == []
    assert "def bias_levels" in plain(tmp_path / "monitor.html")
    assert "db.observations.countDocuments" in plain(tmp_path / "cookbook.html")


def plain(page: Path) -> str:
    """Return the text of a page without its tags."""
    return re.sub(r"<[^>]*>", "", page.read_text())
