"""The examples of the documentation run, and print what it shows.

The tutorial is followed in an empty folder.  The examples of all other pages then run on the
archive that it leaves, as they promise.

- ``console`` blocks: each line after ``$`` is run in a shell; what stands below it is compared
  with its output, where ``...`` stands for anything.  A command without output below it has only
  to succeed.
- ``pycon`` blocks are doctests.
- ``sh`` blocks are not run, for they change a machine; their acsql commands have to be valid.
"""

import contextlib
import doctest
import os
import re
import shlex
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

import acsql
from acsql.cli import root
from acsql.mongod import server

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {str(page.relative_to(DOCS)): page for page in sorted(DOCS.rglob("*.rst"))}
TUTORIAL = "tutorial.rst"
BLOCK = re.compile(r"^( *)\.\. code-block:: (\w+)\n((?:\n|\1 +.*\n)+)", re.MULTILINE)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MARK = "@@@@"

pytestmark = pytest.mark.usefixtures("forked_acsql")


class Command(NamedTuple):
    """A command of a console block, and the output shown below it."""

    line: str
    output: str


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a language, without their indentation."""
    text = PAGES[page].read_text(encoding="utf-8") + "\n"
    return [textwrap.dedent(body) for _, name, body in BLOCK.findall(text) if name == language]


def commands(page: str) -> list[Command]:
    """Return the commands of the console blocks of a page."""
    parts = [
        part for body in blocks(page, "console") for part in re.split(r"^\$ ", body, flags=re.M)
    ]
    split = (part.partition("\n") for part in parts if part.strip())
    return [Command(line, output.strip("\n")) for line, _, output in split]


def run(folder: Path, lines: list[str]) -> list[tuple[int, str]]:
    """Run lines in one shell; return the exit status and the output of each."""
    script = "\n".join(f'{line}\nprintf "\\n{MARK}%s\\n" "$?"' for line in lines)
    environment = os.environ | {"ACSQL_CONFIG": str(folder / "acsql.yaml"), "COLUMNS": "100"}
    result = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    texts = re.split(rf"\n{MARK}(\d+)\n", "\n" + result.stdout)
    return [(int(status), text) for text, status in zip(texts[::2], texts[1::2], strict=False)]


def check(page: str, folder: Path) -> None:
    """Run the commands of a page and compare their output with what the page shows."""
    shown = commands(page)
    results = run(folder, [command.line for command in shown])
    assert len(results) == len(shown)
    checker = doctest.OutputChecker()
    for command, (status, output) in zip(shown, results, strict=True):
        label = f"{page}: {command.line}\n{output}"
        assert status == 0 or "Error: " in command.output, label
        if command.output:
            wanted, got = command.output + "\n", output.strip("\n") + "\n"
            assert checker.check_output(wanted, got, OPTIONS), f"{label}\nshown:\n{wanted}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder in which the tutorial has been followed."""
    path = tmp_path_factory.mktemp("tutorial")
    (path / "acsql.yaml").write_text(blocks(TUTORIAL, "yaml")[0])
    server.start(path / "data")
    try:
        check(TUTORIAL, path)
        server.start(path / "data")
        yield path
    finally:
        server.stop(path / "data")


@pytest.fixture
def archive(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[acsql.Archive]:
    """The archive of the tutorial, where `acsql.connect` finds it."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ACSQL_CONFIG", str(folder / "acsql.yaml"))
    with acsql.connect() as opened:
        yield opened


def test_the_commands_of_the_tutorial_run(folder: Path) -> None:
    assert len(commands(TUTORIAL)) > 10
    assert (folder / "archive").is_dir()


@pytest.mark.parametrize("page", [page for page in PAGES if page != TUTORIAL and commands(page)])
def test_the_commands_of_a_page_run(page: str, folder: Path) -> None:
    check(page, folder)


def run_doctests(test: doctest.DocTest) -> str:
    """Run a doctest; return its report, empty if all went well."""
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    report: list[str] = []
    with contextlib.suppress(doctest.UnexpectedException):
        runner.run(test, out=report.append)
    return "".join(report)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "pycon")])
def test_the_python_examples_of_a_page_run(page: str, archive: acsql.Archive) -> None:
    text = "\n".join(blocks(page, "pycon"))
    names = {"acsql": acsql, "archive": archive}
    test = doctest.DocTestParser().get_doctest(text, names, page, page, 0)
    assert test.examples
    assert run_doctests(test) == ""


def acsql_commands(text: str) -> list[list[str]]:
    """Return the arguments of the acsql commands in lines of shell."""
    text = re.sub(r"\\\n", " ", text)
    # What shells give a meaning to ends a command, but not in quotes.
    word = r"'[^']*'|[^|;&<>()\n#']"
    simple = re.findall(rf"(?:^|[|;&(]|\s)(?:/opt/acsql/bin/)?acsql ((?:{word})*)", text)
    return [shlex.split(line) for line in simple if line.strip()]


SHELL = [
    (page, arguments)
    for page in PAGES
    for body in blocks(page, "sh")
    for arguments in acsql_commands(body)
]


@pytest.mark.parametrize(("page", "arguments"), SHELL)
def test_a_command_that_is_not_run_is_valid(page: str, arguments: list[str]) -> None:
    assert page in PAGES
    command: click.Command = root.acsql
    context = click.Context(command)
    while isinstance(command, click.Group) and arguments:
        name, child, arguments = command.resolve_command(context, arguments)
        assert child is not None
        command, context = child, click.Context(child, parent=context, info_name=name)
    command.parse_args(context, list(arguments))
