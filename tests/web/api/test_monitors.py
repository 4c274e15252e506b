"""The endpoints of the monitors."""

import pytest
from flask.testing import FlaskClient

import acsql
from acsql.web.app import create_app


@pytest.fixture
def client(measured_archive: acsql.Archive) -> FlaskClient:
    """A client of the site of the measured archive."""
    return create_app(measured_archive).test_client()


def test_monitors_are_listed_with_their_states(
    client: FlaskClient, measured_archive: acsql.Archive
) -> None:
    records = {record["name"]: record for record in client.get("/api/monitors").json["monitors"]}
    for name, state in measured_archive.monitors().items():
        assert records[name]["state"] == state.state
        assert records[name]["rows"] == state.numbers.rows


def test_a_monitor_has_its_columns_alerts_and_failures(client: FlaskClient) -> None:
    answer = client.get("/api/monitors/exposure").json
    assert [column["name"] for column in answer["columns"]] == [
        "rootname", "expstart", "seconds", "detector"
    ]  # fmt: skip
    assert {alert["monitor"] for alert in answer["alerts"]} == {"exposure"}
    assert {failure["owed"] for failure in answer["failures"]} == {False}
    assert client.get("/api/monitors/none").status_code == 404


def test_rows_and_alerts_are_those_of_python(
    client: FlaskClient, measured_archive: acsql.Archive
) -> None:
    rows = client.get("/api/monitors/exposure/rows?observations=5").json["rows"]
    assert rows == measured_archive.monitor("exposure").latest(5)
    alerts = client.get("/api/alerts?limit=1").json["alerts"]
    assert [alert["key"] for alert in alerts] == [measured_archive.alerts()[0]["key"]]


def test_health_names_the_monitors_that_need_attention(client: FlaskClient) -> None:
    health = client.get("/health").json
    assert health["status"] == "ok"
    assert health["monitors"]["failing"] == ["exposure"]
    assert health["monitors"]["open_alerts"] >= 2
