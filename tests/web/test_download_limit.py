"""Downloads beyond the limit are refused with 503; each ends when it is sent or broken off."""

from collections.abc import Callable

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from acsql.web import download_limit


@pytest.fixture
def client() -> FlaskClient:
    """A client of a site with two simultaneous downloads."""
    app = Flask(__name__)
    download_limit.register(app, 2)

    @app.get("/file")
    @download_limit.limited
    def file() -> Response:
        return Response(iter([b"a", b"b"]))

    @app.get("/broken")
    @download_limit.limited
    def broken() -> Response:
        raise ValueError("broken")

    return app.test_client()


def test_a_download_beyond_the_limit_is_refused_until_another_ends(client: FlaskClient) -> None:
    first, second = (client.get("/file") for _ in range(2))
    refused = client.get("/file")
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == str(download_limit.RETRY_AFTER_S)
    first.close()
    assert client.get("/file").data == b"ab"
    second.close()


@pytest.mark.parametrize(
    "request_once",
    [
        lambda client: client.get("/file").close(),
        lambda client: client.head("/file").close(),
        lambda client: client.get("/broken"),
    ],
)
def test_every_download_ends_once(
    client: FlaskClient, request_once: Callable[[FlaskClient], object]
) -> None:
    for _ in range(5):
        request_once(client)
    first, second = (client.get("/file") for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert client.get("/file").status_code == 503
    first.close()
    second.close()
