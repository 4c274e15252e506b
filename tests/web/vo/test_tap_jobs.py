"""Asynchronous TAP answers pyvo, keeps the jobs of users apart, and never holds the site up."""

import gc
import io
from collections.abc import Iterator
from datetime import datetime
from itertools import product
from time import monotonic
from xml.etree import ElementTree

import pytest
import pyvo
from astropy.io import votable
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import acsql
from acsql.vo.tap_job import UNFINISHED
from acsql.web import identity
from acsql.web.app import create_app
from acsql.web.vo import tap_jobs

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning",
    "ignore::pyvo.utils.prototype.PrototypeWarning",
    "ignore::pyvo.utils.xml.exceptions.UnknownElementWarning",
)
QUERY = "SELECT detector, COUNT(*) AS n FROM acsql.observations GROUP BY detector"
# It would take years.
ENDLESS = "SELECT COUNT(*) AS n FROM " + ", ".join(f"ivoa.obscore AS t{n}" for n in range(6))
UWS = "{http://www.ivoa.net/xml/UWS/v1.0}"


def made(client: FlaskClient, **parameters: str) -> str:
    """Return the address of a new job."""
    response = client.post("/vo/tap/async", data={"LANG": "ADQL", "QUERY": QUERY} | parameters)
    assert response.status_code == 303, response.text
    return response.location


def document(client: FlaskClient, address: str) -> ElementTree.Element:
    """Return an XML document."""
    response = client.get(address)
    assert (response.status_code, response.mimetype) == (200, "text/xml")
    return ElementTree.fromstring(response.data)


def finished(client: FlaskClient, address: str) -> ElementTree.Element:
    """Return a job that has ended."""
    # A request waits for 10 s at most.
    while (job := document(client, f"{address}?WAIT=-1")).findtext(f"{UWS}phase") in UNFINISHED:
        continue
    return job


@pytest.fixture
def service(site: str) -> Iterator[pyvo.dal.TAPService]:
    """The service as pyvo has it."""
    with pyvo.utils.http.create_session() as session:
        yield pyvo.dal.TAPService(f"{site}/vo/tap", session=session)
    # pyvo leaves connections open; they are closed while their warning is ignored.
    gc.collect()


def test_pyvo_groups_as_facets_do(
    service: pyvo.dal.TAPService, sample_archive: acsql.Archive
) -> None:
    found = service.run_async(QUERY)
    assert {row["detector"]: row["n"] for row in found} == sample_archive.facets("detector")


def test_pyvo_submits_changes_lists_and_removes_a_job(service: pyvo.dal.TAPService) -> None:
    job = service.submit_job("SELECT 1 FROM nothing", maxrec=7)
    job.query = QUERY
    job.execution_duration = 100
    before, job.destruction = job.destruction, datetime(2100, 1, 1)
    assert job.destruction > before
    assert (job.phase, job.query, job.uws_version) == ("PENDING", QUERY, "1.1")
    assert job.execution_duration.to_value("s") == 100
    assert [each.jobid for each in service.get_job_list(last=1)] == [job.job_id]
    job.run().wait()
    assert job.phase == "COMPLETED"
    assert len(job.fetch_result()) == 3
    address = job.url
    job.delete()
    with pytest.raises(pyvo.dal.DALServiceError, match="404"):
        pyvo.dal.AsyncTAPJob(address)


def test_pyvo_raises_the_error_of_a_job(service: pyvo.dal.TAPService) -> None:
    job = service.submit_job("SELECT foo FROM ivoa.obscore")
    job.run().wait()
    with pytest.raises(pyvo.dal.DALQueryError, match="foo"):
        job.raise_if_error()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("phase", "COMPLETED"),
        ("executionduration", "300"),
        ("quote", ""),
        ("parameters", QUERY),
        ("results", "/results/result"),
        ("destruction", "Z"),
    ],
)
def test_a_part_of_a_job_has_an_address(client: FlaskClient, name: str, expected: str) -> None:
    address = made(client, PHASE="RUN", RUNID="mine")
    job = finished(client, address)
    assert job.findtext(f"{UWS}runId") == "mine"
    assert expected in client.get(f"{address}/{name}").text


def test_a_result_is_sent_in_the_format_of_the_query(client: FlaskClient) -> None:
    address = made(client, PHASE="RUN", RESPONSEFORMAT="csv")
    assert client.get(f"{made(client)}/results/result").status_code == 404
    (result,) = finished(client, address).iter(f"{UWS}result")
    assert result.get("mime-type") == "text/csv"
    with client.get(result.get("{http://www.w3.org/1999/xlink}href")) as response:
        assert response.mimetype == "text/csv"
        assert response.text.startswith("detector,n")


def test_an_error_is_a_votable_that_names_it(client: FlaskClient) -> None:
    address = made(client, PHASE="RUN", QUERY="SELECT \x07foo FROM ivoa.obscore")
    job = finished(client, address)
    assert job.findtext(f"{UWS}phase") == "ERROR"
    response = client.get(f"{address}/error")
    read = votable.parse(io.BytesIO(response.data), verify="exception")
    assert read.resources[0].infos[0].value == "ERROR"
    assert "foo" in job.find(f"{UWS}errorSummary").findtext(f"{UWS}message")
    assert client.get(f"{made(client)}/error").status_code == 404


@pytest.mark.parametrize("method", ["post", "delete"])
def test_a_job_is_removed_in_both_ways(client: FlaskClient, method: str) -> None:
    address = made(client)
    response = getattr(client, method)(address, data={"ACTION": "DELETE"})
    assert (response.status_code, response.location) == (303, address.rpartition("/")[0])
    assert client.get(address).status_code == 404


def test_a_request_waits_until_the_phase_changes_or_the_time_is_over(client: FlaskClient) -> None:
    address = made(client, QUERY=ENDLESS, PHASE="RUN")
    before = monotonic()
    assert document(client, f"{address}?WAIT=-1&PHASE=COMPLETED") is not None
    assert monotonic() - before < tap_jobs._LONGEST_WAIT_S, "the job is in another phase"
    while document(client, f"{address}?WAIT=-1&PHASE=QUEUED").findtext(f"{UWS}phase") == "QUEUED":
        continue
    assert client.get(f"{address}/phase").text == "EXECUTING"
    before = monotonic()
    document(client, f"{address}?WAIT=1")
    assert monotonic() - before >= 1
    assert client.post(f"{address}/phase", data={"PHASE": "ABORT"}).status_code == 303
    assert document(client, address).findtext(f"{UWS}phase") == "ABORTED"


def test_at_most_two_requests_wait(client: FlaskClient) -> None:
    address = made(client)
    with tap_jobs._waiting, tap_jobs._waiting:
        before = monotonic()
        document(client, f"{address}?WAIT=-1")
        assert monotonic() - before < tap_jobs._LONGEST_WAIT_S


def test_a_list_has_the_jobs_that_were_asked_for(client: FlaskClient) -> None:
    def listed(query: str) -> list[str]:
        found = document(client, f"/vo/tap/async?{query}")
        return [each.get("id") for each in found]

    ids = [made(client).rpartition("/")[2] for _ in range(3)]
    found = listed("")
    assert set(ids) <= set(found)
    assert len(listed("LAST=2")) == 2
    assert listed("LAST=0") == listed("AFTER=2100-01-01T00:00:00") == []
    assert set(ids) <= set(listed("PHASE=PENDING&PHASE=ERROR"))
    assert not set(ids) & set(listed("PHASE=COMPLETED"))


def test_a_job_is_the_matter_of_its_user(
    sample_archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(sample_archive, host="0.0.0.0")
    users = {"ann": app.test_client(), "ben": app.test_client(), None: app.test_client()}

    def become(name: str | None) -> FlaskClient:
        user = name and identity.User(name, identity.Role.READ)
        monkeypatch.setattr(identity, "_identify", lambda: user)
        return users[name]

    addresses = {name: made(become(name)) for name in users}
    for name, owner in product(users, users):
        client, address = become(name), addresses[owner]
        may_see = owner in (None, name)
        assert client.get(address).status_code == (200 if may_see else 404)
        is_listed = address.rpartition("/")[2] in client.get("/vo/tap/async").text
        assert is_listed == (owner is not None and owner == name)
    assert become("ben").delete(addresses["ann"]).status_code == 404
    assert become("ann").get(f"{addresses['ann']}/owner").text == "ann"


def test_a_site_with_many_jobs_refuses_more(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = client.application.extensions["acsql.tap_jobs"]
    monkeypatch.setattr(type(runner), "is_full", True)
    response = client.post("/vo/tap/async", data={"QUERY": QUERY, "PHASE": "RUN"})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "60"


NAMES = ("PHASE", "WAIT", "LAST", "AFTER", "ACTION", "EXECUTIONDURATION", "DESTRUCTION", "MAXREC",
         "QUERY", "RUNID", "RESPONSEFORMAT")  # fmt: skip
VALUES = ("RUN", "ABORT", "DELETE", "PENDING", "-1", "0", "1e9", "nan", "9" * 30, "\x00",
          "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", QUERY)  # fmt: skip
PARTS = ("", "/phase", "/executionduration", "/destruction", "/quote", "/owner", "/parameters",
         "/results", "/results/result", "/error", "/nothing")  # fmt: skip


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    part=st.sampled_from(PARTS),
    sent=st.dictionaries(
        st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=10), max_size=3
    ),
    method=st.sampled_from(["GET", "POST"]),
    is_list=st.booleans(),
)
def test_no_request_is_an_error_of_the_server(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    sent: dict[str, str],
    method: str,
    is_list: bool,
) -> None:
    monkeypatch.setattr(tap_jobs, "_LONGEST_WAIT_S", 0)
    client.application.testing = False
    address = "/vo/tap/async" if is_list else f"{made(client)}{part}"
    where = {"query_string": sent} if method == "GET" else {"data": sent}
    response = client.open(address, method=method, **where)
    assert response.status_code in (200, 303, 400, 404, 405), response.text
    if response.mimetype == "text/xml":
        ElementTree.fromstring(response.data)
