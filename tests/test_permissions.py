"""Files get the configured mode and group, and one that may not be read is named as such."""

import grp
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from stat import S_IMODE

import pytest
from ordinary_user import NOBODY, as_ordinary_user

from acsql.config import Config
from acsql.errors import AccessDenied, ConfigError
from acsql.permissions import (
    BY_UMASK,
    Permissions,
    is_readable_file,
    may_read,
    permissions_of,
    replace_file,
)
from acsql.settings import FILE_MODES


@pytest.fixture
def umask_027() -> Iterator[None]:
    """The umask of many servers: files of mode 0640, folders of mode 0750."""
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask_027")
@pytest.mark.parametrize(
    ("mode", "file_mode", "folder_mode"),
    [
        (None, 0o640, 0o750),
        ("0600", 0o600, 0o700),
        ("0640", 0o640, 0o750),
        ("0644", 0o644, 0o755),
        ("0664", 0o664, 0o775),
        ("0666", 0o666, 0o777),
    ],
)
def test_files_and_folders_get_the_mode_whatever_the_umask(
    tmp_path: Path, mode: str | None, file_mode: int, folder_mode: int
) -> None:
    tmp_path.chmod(0o700)
    permissions = Permissions(mode)
    permissions.make_folder(tmp_path / "jpegs" / "9019")
    file = tmp_path / "jpegs" / "9019" / "picture.jpg"
    file.touch()
    permissions.apply(file)
    assert S_IMODE(file.stat().st_mode) == file_mode
    assert S_IMODE(file.parent.stat().st_mode) == folder_mode
    assert S_IMODE(file.parent.parent.stat().st_mode) == folder_mode
    assert S_IMODE(tmp_path.stat().st_mode) == 0o700, "an existing folder changed"


@pytest.mark.parametrize("mode", FILE_MODES)
def test_a_folder_can_be_searched_by_all_who_may_read_its_files(tmp_path: Path, mode: str) -> None:
    Permissions(mode).make_folder(tmp_path / "folder")
    searchable = S_IMODE((tmp_path / "folder").stat().st_mode)
    assert [bool(searchable & bit) for bit in (0o100, 0o010, 0o001)] == [
        digit != "0" for digit in mode[1:]
    ]


def test_files_get_the_group(config: Config, tmp_path: Path) -> None:
    group = grp.getgrgid(os.getgroups()[-1] if os.geteuid() else NOBODY)
    for name in (group.gr_name, str(group.gr_gid)):
        permissions = permissions_of(replace(config, file_group=name))
        permissions.make_folder(tmp_path / name)
        assert (tmp_path / name).stat().st_gid == group.gr_gid
        assert (tmp_path / name).stat().st_uid == os.geteuid()


def test_a_group_that_does_not_exist_is_named(config: Config) -> None:
    with pytest.raises(ConfigError, match="file_group: this machine has no group 'nosuchgroup'"):
        permissions_of(replace(config, file_group="nosuchgroup"))


def test_a_group_of_others_is_refused_before_the_first_file(config: Config) -> None:
    with as_ordinary_user(), pytest.raises(ConfigError, match="is not a member of '4'"):
        permissions_of(replace(config, file_group="4"))


def test_without_settings_the_umask_decides(config: Config) -> None:
    assert permissions_of(config) == BY_UMASK


@pytest.mark.parametrize("denying", ["picture.jpg", "."])
def test_a_file_that_may_not_be_read_is_named_with_the_user(public: Path, denying: str) -> None:
    file = public / "folder" / "picture.jpg"
    file.parent.mkdir()
    file.touch()
    with as_ordinary_user():
        assert may_read(file)
        assert is_readable_file(file, "the picture")
    (file.parent / denying).chmod(0)
    reason = "^the picture may not be read by the user '.+' of this process: ask$"
    with as_ordinary_user(), pytest.raises(AccessDenied, match=reason):
        assert not may_read(file)
        is_readable_file(file, "the picture", "ask")
    file.parent.chmod(0o700)


def test_a_file_that_does_not_exist_is_no_denial(tmp_path: Path) -> None:
    assert not is_readable_file(tmp_path / "missing", "the picture")
    assert not is_readable_file(tmp_path, "the picture")


def test_a_replaced_file_is_private_and_leaves_no_other(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    for text in ("one", "two"):
        replace_file(file, text)
        assert file.read_text() == text
    assert S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]
