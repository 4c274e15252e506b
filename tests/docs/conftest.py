"""One build of the documentation for all tests, and the commands that its examples run."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock
import pytest
from forked_commands import forked_commands

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Site:
    """A build of the documentation: its folder, and what Sphinx printed."""

    html: Path
    man: Path
    output: str

    def pages(self) -> list[Path]:
        """Return the pages, without those that Sphinx adds."""
        added = {"genindex.html", "search.html", "py-modindex.html"}
        return [page for page in sorted(self.html.rglob("*.html")) if page.name not in added]

    def page(self, name: str) -> str:
        """Return the HTML of a page, such as ``reference/http``."""
        return (self.html / f"{name}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Site:
    """The documentation, built once for all processes that run tests."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "documentation"
    log = folder / "output.txt"
    with filelock.FileLock(f"{folder}.lock"):
        if not log.exists():
            folder.mkdir(exist_ok=True)
            output = "".join(_build(folder, builder) for builder in ("html", "man"))
            log.write_text(output, encoding="utf-8")
    return Site(folder / "html", folder / "man", log.read_text(encoding="utf-8"))


def _build(folder: Path, builder: str) -> str:
    options = (
        "--keep-going",
        "--quiet",
        "--doctree-dir",
        folder / "doctrees",
        "--builder",
        builder,
    )
    result = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, ROOT / "docs", folder / builder],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.fixture(scope="module")
def forked_acsql() -> Iterator[None]:
    """Let shells find the command `acsql`, and the others of this Python."""
    scripts = Path(sys.executable).parent
    with forked_commands() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([str(folder), str(scripts), os.environ["PATH"]]))
        yield
