"""The health check says whether the site can serve and whether an ingest is overdue."""

import json
from datetime import datetime

from flask.testing import FlaskClient

import acsql
from acsql.migrations import runner
from acsql.web.app import create_app


def test_health(client: FlaskClient) -> None:
    response = client.get("/health")
    answer = json.loads(response.data)
    assert response.status_code == 200
    assert answer["status"] == "ok"
    assert answer["overdue"] is False
    assert answer["hours_since_success"] < 1


def test_health_without_a_successful_ingest_is_overdue(empty_archive: acsql.Archive) -> None:
    runner.migrate_if_empty(empty_archive.store, empty_archive.specs)
    answer = json.loads(create_app(empty_archive).test_client().get("/health").data)
    assert answer["status"] == "ok"
    assert answer["overdue"] is True
    assert answer["hours_since_success"] is None


def test_health_fails_if_the_database_schema_is_newer(empty_archive: acsql.Archive) -> None:
    empty_archive.store.database["migrations"].insert_one(
        {"_id": 9999, "name": "m9999_later", "applied": datetime(2026, 1, 1)}
    )
    response = create_app(empty_archive).test_client().get("/health")
    answer = json.loads(response.data)
    assert response.status_code == 503
    assert answer["schema"] is False
    assert answer["message"]


def test_health_fails_if_the_database_does_not_answer(empty_archive: acsql.Archive) -> None:
    client = create_app(empty_archive).test_client()
    empty_archive.close()
    response = client.get("/health")
    assert response.status_code == 503
    assert json.loads(response.data)["status"] == "failing"


def test_visitors_do_not_learn_the_address_of_the_database(empty_archive: acsql.Archive) -> None:
    client = create_app(empty_archive).test_client()
    address = empty_archive.store.address.partition("://")[2].partition("/")[0]
    empty_archive.store.database["migrations"].insert_one({"_id": 9999, "name": "m9999_later"})
    for lost in (False, True):
        if lost:
            empty_archive.close()
        for path in ("/health", "/", "/api/summary", "/ingest/"):
            text = client.get(path).text
            assert address not in text
            assert "mongodb://" not in text
