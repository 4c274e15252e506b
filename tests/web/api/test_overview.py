"""The API describes the whole archive as the library does."""

from flask.testing import FlaskClient
from web_pages import get_json

import acsql
from acsql.store import runs


def test_keywords_are_found_by_their_description(client: FlaskClient) -> None:
    keywords = get_json(client, "keywords", q="exposure duration")["keywords"]
    assert "exptime" in [row["address"] for row in keywords]


def test_the_statistics_are_those_of_the_library(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    names = [row["name"] for row in get_json(client, "statistics")["statistics"]]
    assert names == list(sample_archive.statistics())


def test_the_summary_has_the_state_of_the_last_ingest(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    summary = get_json(client, "summary")
    assert summary["observations"] == sample_archive.summary().observations
    assert summary["last_run"]["state"] == runs.SUCCEEDED
    assert summary["overdue"] is False
