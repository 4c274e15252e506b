"""The command `sample`."""

from pathlib import Path

from click.testing import CliRunner

from acsql import cli


def test_sample_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    result = CliRunner().invoke(cli.acsql, ["sample", str(tmp_path)])
    assert result.exit_code == 2
    assert str(tmp_path) in result.stderr
