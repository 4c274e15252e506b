"""The command `specs`."""

import shutil
from pathlib import Path

from click.testing import CliRunner

from acsql import cli
from acsql.config import Config


def test_specs_check() -> None:
    result = CliRunner().invoke(cli.acsql, ["specs", "check"])
    assert result.exit_code == 0
    assert "consistent" in result.stdout


def test_specs_check_finds_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "keywords.yaml").write_text("EXPTIME: {type: number}\n")
    result = CliRunner().invoke(cli.acsql, ["specs", "check", str(tmp_path)])
    assert result.exit_code == 1
    assert "EXPTIME" in result.stdout


def test_specs_make(sample_filesystem: Path, tmp_path: Path) -> None:
    source = min(sample_filesystem.glob("*/*/*_raw.fits")).parent
    arguments = ["specs", "make", str(source), "--output", str(tmp_path / "specs")]
    result = CliRunner().invoke(cli.acsql, arguments)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "specs" / "keywords.yaml").is_file()


def test_specs_update(
    printed, config: Config, write_settings, sample_filesystem: Path, tmp_path: Path
) -> None:
    from astropy.io import fits

    settings = write_settings(config, tmp_path)
    source = min(sample_filesystem.glob("*/*/*_raw.fits"))
    target = config.filesystem / source.relative_to(sample_filesystem)
    target.parent.mkdir(parents=True)
    shutil.copy(source, target)
    fits.setval(target, "NEWKEY", value=1.5)
    detector = fits.getval(target, "DETECTOR")
    assert "Keywords not in the specs: 1" in printed(settings, "ingest")
    line = f"+ {detector} raw 0: NEWKEY (float)"
    assert line in printed(settings, "specs", "update", "--dry-run")
    assert line in printed(settings, "specs", "update")
    assert "The specs name every keyword" in printed(settings, "specs", "update")
    assert "Keywords not in the specs: 0" in printed(settings, "ingest", "--all")
