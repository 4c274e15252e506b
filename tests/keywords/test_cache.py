"""Specs that an earlier process has checked are read from the cache if nothing has changed."""

from pathlib import Path

import platformdirs
import pytest

from acsql.errors import SpecError
from acsql.keywords import cache, load


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of specs, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    specs = tmp_path / "specs"
    (specs / "lists").mkdir(parents=True)
    (specs / "keywords.yaml").write_text("NEWKEY: {type: int}\n")
    (specs / "lists" / "wfc.yaml").write_text("raw: {0: {keywords: [NEWKEY]}}\n")
    return specs


def made_again(folder: Path) -> bool:
    """Return whether the cache has no value for a folder."""
    made = []
    value = cache.remembered([folder], lambda: made.append(1) or {"a": {1: (None, "b")}})
    assert value == {"a": {1: (None, "b")}}
    return bool(made)


def files(folder: Path) -> list[Path]:
    """Return the files of the cache."""
    return list((folder.parent / "cache" / "acsql").iterdir())


def test_a_value_is_made_once(folder: Path) -> None:
    assert made_again(folder)
    assert not made_again(folder)
    (file,) = files(folder)
    assert file.stat().st_mode & 0o077 == 0


def test_a_value_is_made_again_after_any_change(folder: Path) -> None:
    made_again(folder)
    changed = folder / "lists" / "wfc.yaml"
    for change in (
        lambda: changed.write_text("raw: {0: {keywords: []}}\n"),
        lambda: changed.rename(folder / "lists" / "hrc.yaml"),
        lambda: (folder / "promoted.yaml").touch(),
        lambda: (folder / "promoted.yaml").unlink(),
    ):
        change()
        assert made_again(folder)
        assert not made_again(folder)
    assert len(files(folder)) == 1


@pytest.mark.parametrize(
    "content", [b"", b"x", b"\xdb", b"i\x01\x00\x00\x00", b"(\xff\xff\xff\x7f"]
)
def test_a_damaged_cache_is_replaced(folder: Path, content: bytes) -> None:
    made_again(folder)
    (file,) = files(folder)
    file.write_bytes(content)
    assert made_again(folder)
    assert not made_again(folder)


def test_specs_are_read_where_no_cache_can_be_written(folder: Path) -> None:
    (folder.parent / "cache").touch()
    assert made_again(folder)
    assert load(folder).keywords["newkey"].type == "int"


def test_nothing_is_kept_for_an_account_without_a_home(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _name: Path("~/.cache/acsql"))
    monkeypatch.chdir(tmp_path)
    assert made_again(folder)
    assert made_again(folder)
    assert not (tmp_path / "~").exists()


def test_cached_specs_equal_those_of_the_files_and_errors_stay_errors(folder: Path) -> None:
    assert load(folder) == load(folder)
    (folder / "keywords.yaml").write_text("NEWKEY: {type: wrong}\n")
    for _ in range(2):
        with pytest.raises(SpecError, match="NEWKEY"):
            load(folder)
