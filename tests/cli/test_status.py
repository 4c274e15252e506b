"""The command `status`."""

from pathlib import Path

import acsql


def test_status(printed, sample_settings: Path, sample_archive: acsql.Archive) -> None:
    text = printed(sample_settings, "status")
    assert str(sample_archive.summary().observations) in text
    assert "succeeded" in text
