"""The key of the sessions is made once, and only its owner reads it."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from acsql.accounts.session_key import session_key
from acsql.errors import ConfigError


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "data" / "session.key"
    key = session_key(file)
    assert len(key) == 64
    assert session_key(file) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_processes_that_make_it_at_the_same_time_have_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(session_key, [tmp_path / "session.key"] * 32))
    assert len(keys) == 1


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 64])
def test_a_damaged_key_is_an_error_that_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "session.key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(ConfigError, match=r"damaged.*remove it"):
        session_key(file)


def test_a_key_that_every_account_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "session.key"
    key = session_key(file)
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod o=") as caught:
        session_key(file)
    assert key not in str(caught.value)
    # As a container mounts a secret for the group of a service.
    file.chmod(0o440)
    assert session_key(file) == key


def test_a_folder_in_place_of_the_file_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="session_key_file"):
        session_key(tmp_path)
