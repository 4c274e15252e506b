"""The command `ingest`."""

import shutil
from pathlib import Path

import pytest

from acsql.config import Config


def test_ingest_reports_and_exits_by_what_happened(
    printed, run, config: Config, write_settings, sample_filesystem: Path, tmp_path: Path
) -> None:
    settings = write_settings(config, tmp_path)
    source = min(sample_filesystem.glob("*/*/*_flt.fits")).parent
    target = config.filesystem / source.relative_to(sample_filesystem)
    shutil.copytree(source, target)
    result = run(settings, "ingest", "--scheduler", "synchronous")
    assert result.exit_code == 0, result.output
    assert "Observations: 1 new, 0 updated, 0 unchanged, 0 failed" in result.stdout
    assert "Observations: 0 new, 0 updated, 1 unchanged" in printed(settings, "ingest")
    broken = target / f"{source.name}_flt.fits"
    broken.write_bytes(b"junk")
    result = run(settings, "ingest", "--scheduler", "synchronous")
    assert result.exit_code == 1
    assert broken.name in result.stderr
    config.filesystem.rename(tmp_path / "away")
    result = run(settings, "ingest")
    assert result.exit_code == 2
    assert str(config.filesystem) in result.stderr


def test_ingest_of_a_file_list(
    printed, run, config: Config, write_settings, sample_filesystem: Path, tmp_path: Path
) -> None:
    settings = write_settings(config, tmp_path)
    sources = sorted({path.parent for path in sample_filesystem.glob("*/*/*_raw.fits")})[:3]
    for source in sources:
        shutil.copytree(source, config.filesystem / source.relative_to(sample_filesystem))
    names = tmp_path / "names.txt"
    names.write_text(f"# two of them\n{sources[0].name.upper()}\n\n{sources[2].name[:8]}\n")
    text = printed(settings, "ingest", "--file-list", str(names), "--filetype", "raw")
    assert "Observations: 2 new" in text
    assert "Files read: 2 raw" in text
    result = run(settings, "ingest", "--file-list", str(tmp_path / "nowhere.txt"))
    assert result.exit_code == 2
    assert "nowhere.txt" in result.stderr


@pytest.mark.parametrize(
    "text",
    [
        "jcp001kw\n",
        "\ufeffjcp001kw\r\n\r\n",
        "\ufeffrootname\r\njcp001kw\r\n \r\n",
        "# mine\n\nexptime,rootname\n5.0,jcp001kw\n",
        'targname,rootname\n"A, B #1",jcp001kw\n',
    ],
)
def test_a_file_list_may_come_from_a_spreadsheet_or_from_acsql(
    run, config: Config, write_settings, tmp_path: Path, text: str
) -> None:
    names = tmp_path / "names.csv"
    names.write_text(text, encoding="utf-8", newline="")
    result = run(write_settings(config, tmp_path), "ingest", "--file-list", str(names))
    # The archive is empty: each rootname of the list is named.
    assert result.stderr.splitlines() == ["jcp001kw: jcp001kw has no folder in the archive"]


def test_a_refused_proposals_file_makes_every_ingest_exit_with_1(
    run, config: Config, write_settings, tmp_path: Path
) -> None:
    config.proposals_file.parent.mkdir(parents=True, exist_ok=True)
    config.proposals_file.write_text("- 9019\n")
    settings = write_settings(config, tmp_path)
    for _ in range(2):
        result = run(settings, "ingest")
        assert result.exit_code == 1
        assert f"Problem: {config.proposals_file}: expected lines like" in result.stderr
    config.proposals_file.unlink()
    assert run(settings, "ingest").exit_code == 0
