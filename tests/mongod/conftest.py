"""A folder for a private server, and a system without mongod."""

from pathlib import Path

import pytest

from acsql.mongod import launch, server


@pytest.fixture
def data_dir(tmp_path):
    """A folder with a difficult name, whose server is stopped after the test."""
    folder = tmp_path / "données d'acsql"
    yield folder
    server.stop(folder)


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """An empty folder as PATH, without the wheel that has mongod."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(launch, "PACKAGED", Path("a-package-that-is-not-installed"))
    return folder
