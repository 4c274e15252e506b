"""Links in an archive."""

import os
from pathlib import Path

import pytest

from acsql.ingest import links


@pytest.mark.parametrize(("target", "allowed"), [("other", True), ("../outside", False)])
def test_a_link_out_of_the_archive_is_refused(tmp_path: Path, target: str, allowed: bool) -> None:
    root = tmp_path / "archive"
    root.mkdir()
    (root / "link").symlink_to(target)
    if allowed:
        links.refuse_link_out(root, "link")
    else:
        with pytest.raises(OSError, match="leads out of the archive"):
            links.refuse_link_out(root, "link")


def test_a_link_to_nothing_is_broken(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "good").symlink_to("file")
    (tmp_path / "bad").symlink_to("nowhere")
    broken = {entry.name: links.is_broken(entry) for entry in os.scandir(tmp_path)}
    assert broken == {"file": False, "good": False, "bad": True}
