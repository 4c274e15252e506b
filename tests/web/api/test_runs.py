"""The API sends the run records."""

from flask.testing import FlaskClient
from web_pages import get_json

import acsql
from acsql.store import runs


def test_the_summary_and_the_runs_have_the_state_of_the_last_ingest(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    summary = get_json(client, "summary")
    assert summary["observations"] == sample_archive.summary().observations
    assert summary["last_run"]["state"] == runs.SUCCEEDED
    assert summary["overdue"] is False
    (run,) = get_json(client, "runs")["runs"]
    assert run["number"] == summary["last_run"]["number"]
    answer = get_json(client, f"runs/{run['number']}")
    assert answer["failures"] == []
    # Not where it lies on the server.
    assert answer["log"] == summary["last_run"]["log"] == f"/ingest/{run['number']}/log"
    with client.get(answer["log"]) as response:
        assert response.mimetype == "text/plain"
    assert get_json(client, "runs", before=run["number"])["runs"] == []
