"""A dataset is located on disk only inside the archive."""

from datetime import datetime
from pathlib import Path

import pytest

from acsql.datasets import Dataset, datasets_of
from acsql.errors import DatasetNotFound, UnsafePath


def dataset(path: str, vanished: datetime | None = None) -> Dataset:
    return Dataset("j8bt05njq_raw.fits", "raw", "j8bt05njq", 9019, path, 1, vanished=vanished)


def test_a_file_is_located_below_the_root_of_the_archive(tmp_path: Path) -> None:
    (tmp_path / "j8bt").mkdir()
    (tmp_path / "j8bt/raw.fits").write_bytes(b"x")
    assert dataset("j8bt/raw.fits").locate(tmp_path) == tmp_path / "j8bt/raw.fits"


def test_a_vanished_file_is_reported_with_its_date(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFound, match=r"raw\.fits is no longer on disk$"):
        dataset("raw.fits").locate(tmp_path)
    with pytest.raises(DatasetNotFound, match="no longer on disk since 2026-01-02"):
        dataset("raw.fits", datetime(2026, 1, 2)).locate(tmp_path)


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "link/secret"])
def test_a_file_outside_the_archive_is_refused(tmp_path: Path, path: str) -> None:
    root = tmp_path / "archive"
    root.mkdir()
    (tmp_path / "secret").write_text("secret")
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(DatasetNotFound, match="leads out of its folder"):
        dataset(path).locate(root)


@pytest.mark.parametrize(
    ("ipppssoot", "filename"),
    [
        ("..", "j8bt05njq_raw.fits"),
        ("j8bt05njq", "../../.profile"),
        ("j8bt05njq", "/etc/j8bt05njq_raw.fits"),
        ("j8bt05njq/../..", "j8bt05njq_raw.fits"),
        ("j8bt05njq", ""),
        ("", "j8bt05njq_raw.fits"),
    ],
)
def test_a_downloaded_copy_has_the_name_of_an_acs_file(ipppssoot: str, filename: str) -> None:
    named = Dataset(filename, "raw", ipppssoot, 9019, "j8bt/raw.fits", 1)
    with pytest.raises(UnsafePath, match="in the database"):
        named.local_path  # noqa: B018


def test_a_downloaded_copy_is_in_the_folder_of_its_observation() -> None:
    assert dataset("any").local_path == "j8bt05njq/j8bt05njq_raw.fits"


def test_the_files_of_an_observation_come_in_the_order_of_the_filetypes() -> None:
    row = {
        "ipppssoot": "j8bt05njq",
        "proposid": None,
        "datasets": {"raw": "a_raw.fits", "flt": "a_flt.fits"},
        "files": {"raw": {"path": "raw", "size": 1}, "flt": {"path": "flt", "size": 2}},
    }
    files = list(datasets_of(row, ["flt", "spt", "raw"]))
    assert [(file.filetype, file.size) for file in files] == [("flt", 2), ("raw", 1)]
