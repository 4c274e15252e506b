"""Locks of files: one holder at a time, in a folder that stays deleted."""

from pathlib import Path
from stat import S_IMODE
from threading import Event, Thread

import pytest

from acsql import file_lock


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with file_lock.held(file), pytest.raises(BlockingIOError), file_lock.held(file, wait=False):
        pass
    with file_lock.held(file, wait=False):
        assert S_IMODE(file.stat().st_mode) == 0o600


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    file, is_held = tmp_path / "lock", Event()

    def wait() -> None:
        with file_lock.held(file):
            is_held.set()

    waiting = Thread(target=wait)
    with file_lock.held(file):
        waiting.start()
        assert not is_held.wait(0.1)
    waiting.join(60)
    assert is_held.is_set()


def test_an_error_of_the_holder_releases_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), file_lock.held(tmp_path / "lock"):
        raise ZeroDivisionError
    with file_lock.held(tmp_path / "lock", wait=False):
        pass


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), file_lock.held(tmp_path / "deleted" / "lock"):
        pass
    assert list(tmp_path.iterdir()) == []
