"""Every endpoint checks its path and its parameters, and explains what is wrong."""

import json

import pytest
from flask.testing import FlaskClient


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
