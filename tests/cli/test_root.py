"""All commands together: their help, and how they report errors."""

from pathlib import Path

import pytest

from acsql import cli


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
        (["db", "start"], ["connection_string"]),
        (["count", "exptme>1"], ["exptme", "exptime"]),
        (["values", "exptme"], ["exptme", "exptime"]),
        (["find", "(detector=WFC"], ["detector"]),
        (["query", "filters_for_rootname", "j9zz99zz"], ["j9zz99zz"]),
        (["query", "filenames_for_calibration", "nothing_like_it", "x"], ["nothing_like_it"]),
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


def test_every_command_has_help() -> None:
    def walk(command, name: str) -> None:
        assert command.help, name
        for sub, child in getattr(command, "commands", {}).items():
            walk(child, f"{name} {sub}")

    walk(cli.acsql, "acsql")
