"""A folder for a private server, and a system without mongod."""

import pytest

from acsql.mongod import launch, server


@pytest.fixture
def data_dir(tmp_path):
    """A folder whose name needs care, and whose server does not outlive the test."""
    folder = tmp_path / "données d'acsql"
    yield folder
    server.stop(folder)


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """An empty folder that is the whole PATH, and no wheel installed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(launch, "DISTRIBUTION", "a-wheel-that-nobody-has-installed")
    return folder
