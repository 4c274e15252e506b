"""What a process that was killed has left does not fail the next one."""

import pytest
from pymongo import MongoClient
from shared_archives import fill, once


class Killed(BaseException):
    """Ends a function in the middle, as a signal ends a process."""


def test_a_folder_that_a_killed_process_has_begun_is_made_anew(tmp_path):
    def begin(folder):
        folder.mkdir()
        (folder / "begun").touch()
        raise Killed

    def make(folder):
        folder.mkdir()
        (folder / "whole").touch()

    with pytest.raises(Killed):
        once(tmp_path / "sample", begin)
    made = once(tmp_path / "sample", make)
    assert [path.name for path in made.iterdir()] == ["whole"]


def test_an_archive_that_a_killed_process_has_begun_to_keep_is_kept_anew(
    tmp_path, connection_string, monkeypatch
):
    def make(folder, number):
        folder.mkdir()
        (folder / f"file {number}").touch()
        with MongoClient(connection_string) as client:
            client.get_default_database()["numbers"].replace_one({}, {"is": number}, upsert=True)

    def kill(*_):
        raise Killed

    model, first, second, third = (tmp_path / name for name in ("model", "1", "2", "3"))
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("shared_archives.dump", kill)
        fill(model, first, connection_string, lambda: make(first, 1))
    fill(model, second, connection_string, lambda: make(second, 2))
    with MongoClient(connection_string) as client:
        client.drop_database(client.get_default_database())
        fill(model, third, connection_string, kill)
        assert client.get_default_database()["numbers"].find_one()["is"] == 2
    assert [path.name for path in third.iterdir()] == ["file 2"]
