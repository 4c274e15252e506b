"""Running commands in this process, on the sample archive or on one of the test's own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import acsql
from acsql import cli


@pytest.fixture(scope="session")
def sample_settings(
    sample_archive: acsql.Archive, write_settings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The configuration file of the sample archive, only to be read."""
    return write_settings(sample_archive.config, tmp_path_factory.mktemp("settings"))


@pytest.fixture(scope="session")
def run() -> Callable[..., Result]:
    """Run a command with a configuration file; returns its output and exit status."""

    def run_command(settings: Path, *arguments: str) -> Result:
        return CliRunner().invoke(cli.acsql, ["--config", str(settings), *arguments])

    return run_command


@pytest.fixture(scope="session")
def printed(run: Callable[..., Result]) -> Callable[..., str]:
    """Run a command that must succeed; returns what it prints on stdout."""

    def stdout_of(settings: Path, *arguments: str) -> str:
        result = run(settings, *arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    return stdout_of
