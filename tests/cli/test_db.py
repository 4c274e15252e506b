"""The command `db`."""

from pathlib import Path

import pytest


def test_the_private_database_from_start_to_stop(printed, run, tmp_path: Path) -> None:
    settings = tmp_path / "acsql.yaml"
    settings.write_text("filesystem: archive\ndata_dir: data\n")
    (tmp_path / "archive").mkdir()
    assert run(settings, "db", "status").exit_code == 1
    assert run(settings, "db", "uri").exit_code == 2
    try:
        assert "mongodb://127.0.0.1" in printed(settings, "db", "start")
        uri = printed(settings, "db", "uri").strip()
        assert uri in printed(settings, "db", "status")
        assert "rootname" in printed(settings, "find")
    finally:
        assert "stopped" in printed(settings, "db", "stop")
    assert "not running" in printed(settings, "db", "stop")


def test_without_mongosh_the_shell_says_how_to_get_it(
    run, sample_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = run(sample_settings, "db", "shell")
    assert result.exit_code == 2
    assert "npm install" in result.stderr
