"""The command `ingest`."""

import shutil
from pathlib import Path

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
