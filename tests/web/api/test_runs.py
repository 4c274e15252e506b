"""The API sends the run records."""

from flask.testing import FlaskClient
from web_pages import get_json


def test_the_runs_and_the_summary_agree_on_the_last_run(client: FlaskClient) -> None:
    summary = get_json(client, "summary")
    (run,) = get_json(client, "runs")["runs"]
    assert run["number"] == summary["last_run"]["number"]
    answer = get_json(client, f"runs/{run['number']}")
    assert answer["failures"] == []
    # Not where it lies on the server.
    assert answer["log"] == summary["last_run"]["log"] == f"/ingest/{run['number']}/log"
    with client.get(answer["log"]) as response:
        assert response.mimetype == "text/plain"
    assert get_json(client, "runs", before=run["number"])["runs"] == []
