"""The command `config`."""

import json
from pathlib import Path

import pytest

from acsql.settings import SETTINGS


def test_config_shows_each_setting_and_its_source(
    printed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "acsql.yaml"
    settings.write_text(
        "filesystem: archive\nconnection_string: mongodb://user:s3cr@et@host:1/acsql\nproxies:\n"
        "trusted_hosts: [a.example, b.example]\n"
    )
    monkeypatch.setenv("ACSQL_NCORES", "3")
    text = printed(settings, "config", "--format", "json")
    assert "s3cr" not in text
    rows = {row["setting"]: row for row in json.loads(text)}
    assert list(rows) == [setting.name for setting in SETTINGS]
    assert rows["filesystem"]["value"] == str(tmp_path / "archive")
    assert rows["filesystem"]["source"] == str(settings)
    assert rows["connection_string"]["value"] == "mongodb://user:***@host:1/acsql"
    assert (rows["ncores"]["value"], rows["ncores"]["source"]) == ("3", "ACSQL_NCORES")
    assert (rows["proxies"]["value"], rows["proxies"]["source"]) == ("0", "default")
    assert rows["trusted_hosts"]["value"] == "a.example, b.example"
    assert rows["cors_origins"]["value"] is None
    assert rows["read_connection_string"]["value"] is None
