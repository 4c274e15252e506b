"""The API has the data of the library and conforms to its OpenAPI document."""

import json
import re
from datetime import datetime
from typing import Any

import pytest
import schemathesis
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

import acsql
from acsql.migrations import runner
from acsql.store import runs
from acsql.store.derived import statistics
from acsql.web.api import observations, openapi
from acsql.web.app import create_app


@pytest.fixture(scope="module")
def site(sample_archive: acsql.Archive) -> Flask:
    """The site of the sample archive."""
    statistics.refresh(sample_archive.store, sample_archive.specs)
    return create_app(sample_archive)


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    """A client of the site."""
    return site.test_client()


@pytest.fixture(scope="module")
def document(site: Flask) -> Any:
    """The OpenAPI document of the site."""
    document = schemathesis.openapi.from_wsgi("/api/openapi.json", site)
    # 414 is how an address is refused that is too long before anything in it is looked at.
    document.config.checks.negative_data_rejection.expected_statuses = ["400", "404", "405", "414"]
    return document


CHECKS = [
    checks.not_a_server_error,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


def get(client: FlaskClient, address: str, **query: Any) -> Any:
    """Return the JSON response of an endpoint."""
    response = client.get(f"/api/{address}", query_string=query)
    assert response.status_code == 200, response.text
    assert response.mimetype == "application/json"
    return json.loads(response.data)


@pytest.fixture(scope="module")
def rootname(sample_archive: acsql.Archive) -> str:
    """An observation with an flt."""
    rows = sample_archive.where().thumbnails().rows
    return next(row["rootname"] for row in rows if not row["no_thumbnail"])


def test_the_openapi_document_has_every_route_and_no_other(site: Flask) -> None:
    routes = {
        re.sub(r"<(?:[^:<>]*:)?(\w+)>", r"{\1}", rule.rule)
        for rule in site.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
    }
    assert set(openapi.document()["paths"]) == routes


def test_the_openapi_document_has_all_formats() -> None:
    parameters = openapi.document()["paths"]["/api/observations"]["get"]["parameters"]
    (format_,) = (entry for entry in parameters if entry.get("name") == "format")
    assert sorted(format_["schema"]["enum"]) == sorted(["json", *observations.FILE_FORMATS])


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("path", openapi.document()["paths"])
def test_responses_conform_to_the_openapi_document(
    document: Any, path: str, mode: GenerationMode
) -> None:
    operation = document[path]["GET"]
    if mode.is_negative and not (operation.query or operation.path_parameters):
        return

    @settings(
        max_examples=20, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def fuzz(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    fuzz()


def test_pages_of_a_search_have_the_rows_of_the_library(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    expected = [
        {"rootname": row["rootname"]}
        for row in sample_archive.where("exptime>0").columns("rootname").sort("-exptime").rows()
    ]
    found, query = [], {"q": "exptime>0", "columns": "rootname", "sort": "-exptime", "size": 7}
    answer = get(client, "observations", **query)
    found += answer["observations"]
    while answer["next"]:
        following = json.loads(client.get(answer["next"]).data)
        assert following == get(client, "observations", **query, after=answer["after"])
        answer = following
        found += answer["observations"]
    assert found == expected
    assert get(client, "count", q="exptime>0") == {"observations": len(expected), "exact": True}


def test_a_search_can_be_downloaded_in_any_format(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    total = int(sample_archive.count())
    response = client.get("/api/observations?format=csv&columns=rootname")
    assert response.mimetype == "text/csv"
    assert len(response.text.splitlines()) == total + 1
    assert client.get("/api/observations?format=csv&size=3").status_code == 400


def test_an_observation_and_its_headers_are_as_stored(
    client: FlaskClient, sample_archive: acsql.Archive, rootname: str
) -> None:
    known = sample_archive.observation(rootname)
    found = get(client, f"observations/{rootname}")
    assert found["exptime"] == known["exptime"]
    assert found["date_obs"] == known["date_obs"].date().isoformat()
    assert found["datasets"] == known.datasets
    headers = get(client, f"observations/{rootname}/headers")
    assert list(headers) == list(known.datasets)
    assert get(client, f"observations/{rootname}/headers/flt") == headers["flt"]
    primary = get(client, f"observations/{rootname}/headers/flt/0")
    assert primary == headers["flt"]["0"]
    # In the order of the file.
    assert list(primary) == list(known.stored_header("flt", 0))


def test_facets_proposals_keywords_and_statistics(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    facets = get(client, "facets/detector")["values"]
    expected = sample_archive.facets("detector")
    assert {row["value"]: row["observations"] for row in facets} == expected
    proposals = get(client, "proposals")["proposals"]
    assert [row["proposid"] for row in proposals] == [
        p.proposid for p in sample_archive.proposals()
    ]
    assert get(client, f"proposals/{proposals[0]['proposid']}") == proposals[0]
    keywords = get(client, "keywords", q="exposure duration")["keywords"]
    assert "exptime" in [row["address"] for row in keywords]
    names = [row["name"] for row in get(client, "statistics")["statistics"]]
    assert names == list(sample_archive.statistics())


def test_the_summary_and_the_runs_have_the_state_of_the_last_ingest(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    summary = get(client, "summary")
    assert summary["observations"] == sample_archive.summary().observations
    assert summary["last_run"]["state"] == runs.SUCCEEDED
    assert summary["overdue"] is False
    (run,) = get(client, "runs")["runs"]
    assert run["number"] == summary["last_run"]["number"]
    answer = get(client, f"runs/{run['number']}")
    assert answer["failures"] == []
    # Not where it lies on the server.
    assert answer["log"] == summary["last_run"]["log"] == f"/ingest/{run['number']}/log"
    with client.get(answer["log"]) as response:
        assert response.mimetype == "text/plain"
    assert get(client, "runs", before=run["number"])["runs"] == []


@pytest.mark.parametrize(
    ("address", "status", "message"),
    [
        ("/api/observations?q=exptime>>3", 400, "exptime"),
        ("/api/observations?q=nonsense=3", 400, "nonsense"),
        ("/api/observations?columns=nonsense", 400, "nonsense"),
        ("/api/observations?size=0", 400, "size"),
        ("/api/observations?size=1e3", 400, "size"),
        ("/api/observations?size=", 400, "size"),
        ("/api/observations?after=x", 400, "x"),
        ("/api/observations?format=pdf", 400, "pdf"),
        ("/api/observations?q[$ne]=1", 400, "q[$ne]"),
        ("/api/observations/x", 400, "'x'"),
        ("/api/observations/j8zzzzzz", 404, "j8zzzzzz"),
        ("/api/proposals/1", 404, "1"),
        ("/api/facets/nonsense", 400, "nonsense"),
        ("/api/runs/77", 404, "77"),
        ("/api/nowhere", 404, "There is no page at this URL"),
    ],
)
def test_errors_have_a_message_and_the_request_id(
    client: FlaskClient, address: str, status: int, message: str
) -> None:
    response = client.get(address, headers={"X-Request-ID": "abc-123"})
    assert response.status_code == status
    answer = json.loads(response.data)
    assert answer.keys() == {"error", "message", "request_id"}
    assert message in answer["message"]
    assert answer["request_id"] == response.headers["X-Request-ID"] == "abc-123"


def test_a_timeout_is_503_and_not_400(
    empty_archive: acsql.Archive,
) -> None:
    header = {"raw": {"0": {"exptime": 1.0, "history": ["x" * 500]}}}
    empty_archive.store.observations.insert_many(
        {"_id": f"j{number:07d}", "headers": header} for number in range(20_000)
    )
    client = create_app(empty_archive).test_client()
    # On the way of a download, of a page and of facets; a count comes as an estimate then.
    empty_archive.time_limit = 0.001
    for address in ("observations?", "observations?format=csv&", "facets/raw.0.exptime?"):
        response = client.get(f"/api/{address}q=raw.0.exptime=7")
        assert response.status_code == 503
        assert "time limit" in json.loads(response.data)["message"]


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


def test_pages_link_to_their_data_in_the_api(
    client: FlaskClient, sample_archive: acsql.Archive, rootname: str
) -> None:
    known = sample_archive.observation(rootname)
    observation = f"/archive/{known['proposid']}/{known.ipppssoot}/"
    pages = {
        "/": "/api/summary",
        "/archive/": "/api/proposals",
        f"/archive/{known['proposid']}/": f"/api/proposals/{known['proposid']}",
        observation: f"/api/observations/{known.ipppssoot}",
        f"{observation}headers/flt/1/": f"/api/observations/{known.ipppssoot}/headers/flt/1",
        "/ingest/": "/api/runs",
        "/ingest/1/": "/api/runs/1",
        "/statistics/": "/api/statistics",
    }
    for page, expected in pages.items():
        link = BeautifulSoup(client.get(page).text, "html.parser").find("link", rel="alternate")
        assert link["href"] == expected
        assert client.get(expected).status_code == 200
