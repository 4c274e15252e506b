"""All commands together: their help, their sections, and how they report errors."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from acsql import cli
from acsql.cli.root import SECTIONS


def commands(group: click.Group, prefix: str = "acsql") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full name, groups before their members."""
    for name, command in group.commands.items():
        yield f"{prefix} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")


COMMANDS = dict(commands(cli.acsql))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["find", "exptme>1"], ["exptme", "exptime"]),
        (["find", "exptime=abc"], ["exptime", "abc", "number"]),
        (["find", "goodmean>1"], ["flt.1.goodmean"]),
        (["find", "detector"], ["detector"]),
        (["find", "--columns", "nothing_like_it"], ["nothing_like_it"]),
        (["find", "--sort", "nothing_like_it"], ["nothing_like_it"]),
        (["show", "j9zz99zzq"], ["j9zz99zz"]),
        (["show", "../etc"], ["../etc"]),
        (["headers", "j9zz99zzq", "raw", "0"], ["j9zz99zz"]),
        (["differences", "j9zz99zzq", "j9zz99zyq"], ["j9zz99zz"]),
        (["db", "start"], ["connection_string"]),
        (["count", "exptme>1"], ["exptme", "exptime"]),
        (["values", "exptme"], ["exptme", "exptime"]),
        (["paths", "--filetype", "fit"], ["fit", "flt"]),
        (["find", "(detector=WFC"], ["detector"]),
        (["proposals", "1"], ["proposal 1"]),
        (["statistics", "nothing_like_it"], ["nothing_like_it", "filetypes"]),
        (["runs", "show", "999"], ["999"]),
        (["log", "999"], ["999"]),
        (["previews", "remake", "exptme>1"], ["exptme", "exptime"]),
        (["query", "filters_for_rootname", "j9zz99zz"], ["j9zz99zz"]),
        (["query", "filenames_for_calibration", "nothing_like_it", "x"], ["nothing_like_it"]),
        (["ingest", "--scheduler", "nonsense"], ["nonsense", "processes"]),
        (["fnd"], ["fnd", "find"]),
    ],
)
def test_mistakes_are_one_line_that_names_them(
    run, sample_settings: Path, arguments: list[str], words: list[str]
) -> None:
    result = run(sample_settings, *arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.stderr


def test_a_missing_setting_is_named(run, tmp_path: Path) -> None:
    settings = tmp_path / "acsql.yaml"
    settings.write_text("data_dir: data\n")
    result = run(settings, "status")
    assert result.exit_code == 2
    assert "filesystem" in result.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    assert COMMANDS[name].help
    examples = re.findall(r"^ +(acsql .*|.*\$\(acsql .*)$", COMMANDS[name].help, re.MULTILINE)
    assert any(name in example for example in examples)


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_have_the_options_and_arguments_of_their_command(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    for line in re.findall(r"^ +acsql (.*?)(?: \|.*)?$", COMMANDS[name].help, re.MULTILINE):
        command, arguments = cli.acsql, shlex.split(line)
        while arguments and arguments[0] in getattr(command, "commands", ()):
            command = command.commands[arguments.pop(0)]
        with command.make_context(name, arguments):
            """The arguments are valid."""


def test_the_summary_of_each_command_is_the_one_listed() -> None:
    for section in SECTIONS.values():
        for name, lazy in section.items():
            assert lazy.summary == COMMANDS[f"acsql {name}"].help.partition("\n")[0]


def test_the_package_runs_as_a_module(sample_settings: Path) -> None:
    command = [sys.executable, "-m", "acsql", "count"]
    environ = os.environ | {"ACSQL_CONFIG": str(sample_settings)}
    result = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "40\n", "")
