"""Filling in the statistics of images that were ingested without them."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from archive_files import SYNCHRONOUS

import acsql
from acsql.config import Config
from acsql.errors import PreviewError
from acsql.ingest import fill_statistics as filling
from acsql.ingest import run
from acsql.ingest.fill_statistics import FillReport, fill_statistics
from acsql.store import lock


@pytest.fixture
def ingested(archive_copy: Config) -> Config:
    """An ingested archive."""
    run.ingest(archive_copy, SYNCHRONOUS)
    return archive_copy


def stored(config: Config) -> dict[str, Any]:
    """Return the statistics of all observations."""
    with acsql.connect(config) as archive:
        return {
            rootname: archive.observation(rootname).image_statistics
            for rootname in archive.where().distinct("rootname")
        }


def forget(config: Config) -> None:
    """Make the documents those of an acsql without statistics of images."""
    with acsql.connect(config) as archive:
        archive.store.observations.update_many({}, {"$unset": {"stats": 1}})


def fill(config: Config) -> FillReport:
    return fill_statistics(config, scheduler="synchronous")


def test_a_fill_stores_what_an_ingest_stores(ingested: Config) -> None:
    before = stored(ingested)
    forget(ingested)
    assert set(map(len, stored(ingested).values())) == {0}
    report = fill(ingested)
    assert (report.observations, report.failures, report.changed) == (3, [], [])
    assert stored(ingested) == before
    assert report.files == sum(map(len, before.values()))
    # Nothing is left to do.
    assert fill(ingested) == FillReport()


def test_a_fill_that_was_killed_continues(
    ingested: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored(ingested)
    forget(ingested)
    read, calls = filling.read_statistics, []

    def killed(*args: Any) -> Any:
        calls.append(args)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return read(*args)

    monkeypatch.setattr(filling, "read_statistics", killed)
    with pytest.raises(KeyboardInterrupt):
        fill(ingested)
    monkeypatch.undo()
    assert 0 < sum(map(bool, stored(ingested).values())) < 3
    fill(ingested)
    assert stored(ingested) == before


def test_an_ingest_is_let_in(ingested: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stored(ingested)
    forget(ingested)
    path = min(ingested.filesystem.glob("*/*/*_flt.fits"))
    path.touch()
    read, ingests = filling.read_statistics, []

    def read_while_an_ingest_waits(*args: Any) -> Any:
        if not ingests:
            thread = threading.Thread(
                target=lambda: ingests.append(run.ingest(ingested, SYNCHRONOUS).observations)
            )
            ingests.append(thread)
            thread.start()
            with acsql.connect(ingested) as archive:
                while not lock.is_wanted(archive.store):
                    assert thread.is_alive()
        return read(*args)

    monkeypatch.setattr(filling, "read_statistics", read_while_an_ingest_waits)
    monkeypatch.setattr(filling, "PAUSE", 1.0)
    fill(ingested)
    ingests[0].join()
    assert ingests[1]["updated"] == 1
    assert stored(ingested) == before


def test_a_changed_file_is_left_to_the_next_ingest(ingested: Config) -> None:
    forget(ingested)
    path = min(ingested.filesystem.glob("*/*/*_flt.fits"))
    path.touch()
    report = fill(ingested)
    assert report.changed == [path.name]
    run.ingest(ingested, SYNCHRONOUS)
    assert fill(ingested) == FillReport()


def test_a_file_that_cannot_be_read_is_a_failure_that_the_next_fill_tries_again(
    ingested: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(ingested)

    def refused(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(filling, "open_headers", refused)
    report = fill(ingested)
    assert report.files == 0
    assert all("Permission denied" in failure.reason for failure in report.failures)
    monkeypatch.undo()
    assert fill(ingested).observations == 3


def make_older(config: Config) -> None:
    """Make the archive that of an acsql without statistics of images."""
    forget(config)
    with acsql.connect(config) as archive:
        archive.store.database["ingest_runs"].update_many({}, {"$unset": {"statistics_listed": 1}})


def test_ingests_compute_what_an_older_acsql_has_not(ingested: Config) -> None:
    before = stored(ingested)
    make_older(ingested)
    waiting = run.ingest(replace(ingested, statistics_minutes=0), SYNCHRONOUS)
    assert any("observations for later runs: 3" in note for note in waiting.notes)
    report = run.ingest(ingested, SYNCHRONOUS)
    files = sum(map(len, before.values()))
    assert report.notes[0].startswith(f"Statistics of older images, in files: {files};")
    assert stored(ingested) == before
    # Nothing is listed any more, nor again.
    forget(ingested)
    assert not any("older images" in note for note in run.ingest(ingested, SYNCHRONOUS).notes)


def test_an_ingest_tries_damaged_images_once_and_refused_ones_again(
    ingested: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = sum(map(len, stored(ingested).values()))
    make_older(ingested)
    refused, damaged = PermissionError(13, "Permission denied"), PreviewError("damaged")
    for error, reason, left in ((refused, "Permission denied", 3), (damaged, "damaged", 0)):

        def fail(*_: Any, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(filling, "read_statistics", fail)
        report = run.ingest(ingested, SYNCHRONOUS)
        assert len([each for each in report.warnings if reason in each]) == files
        assert any(f"later runs: {left}" in note for note in report.notes) is (left > 0)
    # They are irregularities of older images, not failures of the run.
    assert report.failures == []


def test_statistics_are_queried_as_keywords(ingested: Config) -> None:
    with acsql.connect(ingested) as archive:
        address = "stats.raw.1.c.overscan_mean"
        (rootname,) = archive.where("detector=HRC").distinct("rootname")
        level = archive.observation(rootname)[address]
        assert 2000 < level < 3000
        rows = archive.where(f"{address}>2000", "detector=HRC").columns(address).rows()
        assert [row[address] for row in rows] == [level]
        assert archive.where(f"{address}>3000").count() == 0
        assert "stats" not in archive.store.headerless.find_one({})


def test_a_file_that_is_read_again_replaces_its_statistics_alone(ingested: Config) -> None:
    before = stored(ingested)
    with acsql.connect(ingested) as archive:
        archive.store.observations.update_many({}, {"$set": {"stats.raw.1.all.mean": -1.0}})
    run.ingest(ingested, replace(SYNCHRONOUS, everything=True, filetypes=("flt",)))
    after = stored(ingested)
    for rootname, statistics in after.items():
        assert statistics["flt"] == before[rootname]["flt"]
        assert statistics["raw"]["1"]["all"]["mean"] == -1.0
