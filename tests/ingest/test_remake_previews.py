"""Rendering previews again."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from archive_files import SYNCHRONOUS

import acsql
from acsql.config import Config
from acsql.errors import QueryError
from acsql.ingest import run
from acsql.ingest.remake_previews import remake_previews
from acsql.store import runs


@pytest.fixture
def ingested(archive_copy: Config) -> Config:
    """An ingested archive."""
    run.ingest(archive_copy, SYNCHRONOUS)
    return archive_copy


def altered_previews(config: Config) -> dict[Path, bytes]:
    """Alter all previews; return what was in them."""
    previews = {
        path: path.read_bytes()
        for folder in (config.jpeg_dir, config.thumbnail_dir)
        for path in folder.rglob("*")
        if path.is_file()
    }
    for path in previews:
        path.write_bytes(b"of an older stretch")
    return previews


def test_all_previews_are_rendered_again(ingested: Config) -> None:
    before = altered_previews(ingested)
    report = remake_previews(ingested, scheduler="synchronous")
    assert report.observations == {"updated": 3}
    assert {"raw", "flt"} <= set(report.files) <= {"raw", "flt", "flc"}
    assert report.files == report.previews
    assert {path: path.read_bytes() for path in before} == before
    with acsql.connect(ingested) as archive:
        assert archive.summary().last_run["state"] == runs.SUCCEEDED


def test_conditions_select_observations(ingested: Config) -> None:
    before = altered_previews(ingested)
    report = remake_previews(ingested, "detector=HRC", scheduler="synchronous")
    assert report.observations == {"updated": 1}
    with acsql.connect(ingested) as archive:
        hrc = archive.where("detector=HRC").distinct("rootname")
    remade = {path.name[:8] for path, content in before.items() if path.read_bytes() == content}
    assert remade == set(hrc)


def test_observations_whose_files_have_vanished_keep_their_previews(ingested: Config) -> None:
    directory = min(ingested.filesystem.glob("*/*"))
    shutil.rmtree(directory)
    run.ingest(ingested, replace(SYNCHRONOUS, confirm_vanished=True))
    report = remake_previews(ingested, "exptime>=0", scheduler="synchronous")
    assert not report.failures
    assert report.observations == {"updated": 2}
    assert list(ingested.jpeg_dir.glob(f"*/{directory.name}_raw.jpg"))


def test_an_unknown_keyword_is_an_error(ingested: Config) -> None:
    with pytest.raises(QueryError, match="nokeyword"):
        remake_previews(ingested, "nokeyword=1", scheduler="synchronous")
