"""The command `db`."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from acsql import config
from acsql.mongod import server, users


def test_the_private_database_from_start_to_stop(printed, run, mongosh, tmp_path: Path) -> None:
    settings = tmp_path / "acsql.yaml"
    settings.write_text("filesystem: archive\ndata_dir: data\n")
    (tmp_path / "archive").mkdir()
    assert run(settings, "db", "status").exit_code == 1
    assert run(settings, "db", "uri").exit_code == 2
    try:
        assert "mongodb://127.0.0.1" in printed(settings, "db", "start")
        reader, writer = (
            printed(settings, "db", "uri", *options).strip() for options in ([], ["--writer"])
        )
        insert = "db.notes.insertOne({}).acknowledged"
        assert mongosh(writer, [insert]) == [True]
        with pytest.raises(AssertionError, match="not authorized"):
            mongosh(reader, [insert])
        assert "rootname" in printed(settings, "find")
        passwords = {re.search(":([0-9a-f]+)@", uri)[1] for uri in (reader, writer)}
        assert len(passwords) == 2
        for shown in (["start"], ["status"], ["status", "--format", "json"]):
            output = printed(settings, "db", *shown)
            assert "mongodb://127.0.0.1" in output
            assert shown == ["start"] or re.search(r"\d+\.\d+\.\d+", output)
            assert not [password for password in passwords if password in output]
    finally:
        assert "stopped" in printed(settings, "db", "stop")
    assert "not running" in printed(settings, "db", "stop")


def test_a_server_without_passwords_is_named_as_such(
    printed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "acsql.yaml"
    settings.write_text("filesystem: archive\ndata_dir: data\n")
    (tmp_path / "archive").mkdir()
    credentials = users.load_credentials(tmp_path)
    state = server.ServerState(1, 27017, datetime.now(UTC), True, (), "6.0.27", False, credentials)
    monkeypatch.setattr(server, "status", lambda _data_dir: state)
    assert "It has no passwords" in printed(settings, "db", "status")
    assert json.loads(printed(settings, "db", "status", "--format", "json"))["secured"] is False


def test_the_shell_opens_on_the_database_as_the_user_that_reads(
    run, sample_settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its place a script that notes what every account of the machine can see."""
    seen = tmp_path / "seen"
    mongosh = tmp_path / "mongosh"
    mongosh.write_text(f'#!/bin/sh\necho "$@" > {seen}\necho "$MONGOSH_URI" >> {seen}\nexit 3\n')
    mongosh.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    uri = config.load(sample_settings, {}).connection_string
    reader = uri.replace("administrator:", "somebody:")
    monkeypatch.setenv("ACSQL_READ_CONNECTION_STRING", reader)
    for options, expected in (([], reader), (["--writer"], uri)):
        assert run(sample_settings, "db", "shell", *options).exit_code == 3
        arguments, secret = seen.read_text().splitlines()
        assert secret == expected
        assert "mongodb://" not in arguments


def test_the_shell_runs_what_is_typed(mongosh, sample_settings: Path) -> None:
    assert mongosh
    result = subprocess.run(
        [sys.executable, "-m", "acsql", "--config", sample_settings, "db", "shell"],
        input="print('Number:', db.observations.countDocuments(), process.env.MONGOSH_URI)\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search(r"Number: \d+ \n", result.stdout), result
    assert result.returncode == 0


def test_without_mongosh_the_shell_says_how_to_get_it(
    run, sample_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = run(sample_settings, "db", "shell")
    assert result.exit_code == 2
    assert "npm install" in result.stderr
