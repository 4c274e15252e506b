"""Verification: each kind of inconsistency is found, and only it, and repaired on request."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from archive_files import SYNCHRONOUS
from click.testing import CliRunner
from inconsistencies import (
    DISK_CHANGED,
    FULL,
    QUICK,
    Expected,
    IngestedArchive,
    jpeg_gone,
    kinds_and_names,
)

import acsql
from acsql import cli
from acsql.config import Config
from acsql.errors import Busy, ConfigError, DatabaseError
from acsql.ingest import run
from acsql.store import lock
from acsql.verify.findings import (
    MISSING,
)
from acsql.verify.verification import verify


@pytest.mark.parametrize(("full", "scheduler"), [(False, "synchronous"), (True, "processes")])
def test_a_clean_archive_has_no_finding(
    sample_archive: acsql.Archive, full: bool, scheduler: str
) -> None:
    result = verify(sample_archive.config, full, scheduler=scheduler)
    assert result.findings == ()
    assert result.notes == ()
    assert result.observations == sample_archive.summary().observations


@pytest.mark.parametrize("damage", [*QUICK, *FULL], ids=lambda damage: damage.__name__)
def test_an_inconsistency_is_the_only_finding_and_can_be_repaired(
    archive: IngestedArchive, damage: Callable[[IngestedArchive], Expected]
) -> None:
    clean = archive.documents(), archive.previews()
    expected = damage(archive)
    before = archive.everything()
    quick = kinds_and_names(archive.verify().findings)
    assert quick == (expected if damage in QUICK else set())
    assert kinds_and_names(archive.verify(full=True).findings) == expected
    assert archive.everything() == before, "nothing is changed without fix"

    fixed = archive.verify(full=damage in FULL, fix=True)
    assert kinds_and_names(fixed.findings) == expected
    assert fixed.remaining == ()
    assert fixed.repaired == len(expected)
    assert str(fixed.findings[0]) in fixed.log.read_text()
    assert archive.verify(full=True).findings == ()
    if damage not in DISK_CHANGED:
        assert (archive.documents(), archive.previews()) == clean
    assert not lock.is_held(archive.store)


def test_an_archive_that_was_never_ingested_can_be_repaired(
    config: Config, sample_filesystem: Path
) -> None:
    source = min(sample_filesystem.glob("*/*/*_flt.fits")).parent
    shutil.copytree(source, config.filesystem / source.relative_to(sample_filesystem))
    assert set(verify(config).counts) == {MISSING}
    assert verify(config, full=True, fix=True, scheduler="synchronous").remaining == ()
    assert run.ingest(config, SYNCHRONOUS).observations == {"unchanged": 1}


def test_an_empty_archive_has_no_finding(config: Config) -> None:
    assert verify(config, full=True).findings == ()


def test_a_repair_is_exclusive_and_a_comparison_is_not(archive: IngestedArchive) -> None:
    with lock.hold(archive.store, "ingest"):
        result = archive.verify()
        assert result.findings == ()
        assert "being changed" in result.notes[0]
        with pytest.raises(Busy, match="acsql ingest"):
            archive.verify(fix=True)


@pytest.mark.parametrize("fix", [False, True])
def test_a_database_of_another_version_is_left_alone(archive: IngestedArchive, fix: bool) -> None:
    archive.store.database["migrations"].delete_many({})
    with pytest.raises(DatabaseError, match="acsql migrate"):
        archive.verify(fix=fix)


def test_an_invalid_scheduler_is_named(archive: IngestedArchive) -> None:
    with pytest.raises(ConfigError, match="nonsense"):
        verify(archive.config, full=True, scheduler="nonsense")


def test_the_verify_command(archive: IngestedArchive) -> None:
    named = ("filesystem", "data_dir", "jpeg_dir", "thumbnail_dir", "log_dir", "connection_string")
    environ = {f"ACSQL_{name.upper()}": str(getattr(archive.config, name)) for name in named}

    def command(*arguments: str) -> Any:
        options = ["verify", "--scheduler", "synchronous", *arguments]
        return CliRunner(env=environ).invoke(cli.acsql, options)

    assert command().exit_code == 0
    ((_, picture),) = jpeg_gone(archive)
    result = command()
    assert result.exit_code == 1
    assert f"preview missing: {Path(picture).name[:8]}: {picture}: " in result.stdout
    assert "Findings: 1 preview missing" in result.stdout
    result = command("--full", "--fix")
    assert result.exit_code == 0
    assert "Repaired: 1, remaining: 0" in result.stdout
    shutil.rmtree(archive.config.filesystem)
    assert command().exit_code == 2
