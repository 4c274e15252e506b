"""The home page: numbers of the archive and the state of the last ingest."""

from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from web_pages import soup, words

import acsql


def test_home_shows_the_contents_of_the_archive(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    summary = sample_archive.summary()
    text = words(soup(client, "/"))
    assert f"{summary.observations} observations" in text
    assert f"{summary.files} files" in text
    assert f"{summary.previews} previews" in text
    for detector, number in summary.detectors.items():
        assert f"{detector} {sample_archive.specs.detectors[detector]} {number}" in text
    for filetype, held in summary.filetypes.items():
        description = sample_archive.specs.filetypes[filetype].description
        assert f"{filetype} {description} {held['files']} " in text
    assert "up to date Last successful ingest: " in text
    assert f"( run {summary.last_run['_id']} ). {summary.last_run['state']}" in text


def test_home_links_to_the_observations_of_each_detector(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    for detector, number in sample_archive.summary().detectors.items():
        link = soup(client, "/").find("a", string=detector)
        assert f"{number} observations" in words(soup(client, link["href"]))


def test_home_of_an_empty_archive(empty_client: FlaskClient) -> None:
    text = words(soup(empty_client, "/"))
    assert "The archive is empty" in text
    assert "No ingest has been run yet" in text


@pytest.mark.parametrize(
    "record",
    [
        {"_id": 1, "state": "running", "started": datetime(2026, 1, 1, 2, 3)},
        {
            "_id": 2,
            "state": "failed",
            "started": datetime(2026, 1, 1, 2, 3),
            "finished": datetime(2026, 1, 1, 3),
            "seconds": 3420.0,
            "observations": {},
            "reason": "the disk is full",
            "failures": [
                {"filename": f"j8bt05n{letter}q_raw.fits", "reason": "is truncated"}
                for letter in "abcdefghijklmnopqrstuvwxyz"
            ],
        },
    ],
)
def test_home_shows_the_last_run(
    empty_client: FlaskClient, empty_archive: acsql.Archive, record: dict[str, Any]
) -> None:
    empty_archive.store.ingest_runs.insert_one(dict(record))
    text = words(soup(empty_client, "/"))
    # An open record without a process is that of a dead run.
    assert empty_archive.summary().last_run["state"] in text
    assert "2026-01-01 02:03:00" in text
    if record.get("failures"):
        assert "the disk is full" in text
        assert "26 failures" in text
        assert "j8bt05naq_raw.fits is truncated" in text
        assert "and 6 more" in text
