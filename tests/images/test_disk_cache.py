"""The cache on disk returns what was made, and stays within its limit."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acsql.images.disk_cache import KEPT, DiskCache


def fail() -> bytes:
    raise AssertionError("made again")


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_an_entry_is_made_once_and_shared_between_processes(tmp_path: Path) -> None:
    assert DiskCache(tmp_path / "cache", 1000).get("a", lambda: b"content") == b"content"
    assert DiskCache(tmp_path / "cache", 1000).get("a", fail) == b"content"
    assert "a" in DiskCache(tmp_path / "cache", 1000)
    assert "b" not in DiskCache(tmp_path / "cache", 1000)
    assert [path.read_bytes() for path in files(tmp_path)] == [b"content"]


def test_an_error_of_making_passes_through_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="made again"):
        DiskCache(tmp_path, 1000).get("a", fail)
    assert files(tmp_path) == []


def test_the_least_recently_used_entries_are_removed(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 1000)
    for number in range(10):
        cache.get(str(number), lambda: bytes(100))
        for path in files(tmp_path):
            status = path.stat()
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - 10**9))
    cache.get("0", fail)
    cache.get("new", lambda: bytes(100))
    cache.get("0", fail)
    cache.get("new", fail)
    with pytest.raises(AssertionError, match="made again"):
        cache.get("1", fail)
    assert sum(path.stat().st_size for path in files(tmp_path)) <= KEPT * 1000


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 300)), max_size=60))
def test_the_content_is_always_that_of_the_key_and_the_size_within_the_limit(
    tmp_path_factory: pytest.TempPathFactory, requests: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    cache = DiskCache(folder, 1000)
    for key, size in requests:
        assert cache.get(f"{key} {size}", lambda s=size: bytes(s)) == bytes(size)
        assert sum(path.stat().st_size for path in files(folder)) <= 1050


@pytest.mark.parametrize("obstacle", ["file", "folder"])
def test_a_cache_that_cannot_be_used_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, obstacle: str
) -> None:
    cache = DiskCache(tmp_path / "cache", 1000)
    cache.get("a", lambda: b"old")
    (entry,) = files(tmp_path)
    entry.unlink()
    if obstacle == "folder":
        entry.mkdir()
    else:
        entry.parent.rmdir()
        entry.parent.write_text("in the way")
    assert cache.get("a", lambda: b"content") == b"content"
    assert "the cache cannot be" in caplog.text
