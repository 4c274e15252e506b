"""Forms of the site as a browser sends them."""

import re
import uuid
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import acsql
from acsql.web.app import create_app


def client_of(archive: acsql.Archive) -> FlaskClient:
    """Return a client of the site of an archive, whose user is that of the operating system."""
    app = create_app(archive)
    app.testing = True
    return app.test_client()


def token(client: FlaskClient) -> str:
    """Return the token of the forms of this session."""
    page = client.get("/annotations/bulk").text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page
    return found[1]


def send(client: FlaskClient, address: str, status: int = 303, **fields: Any) -> TestResponse:
    """Send a form of a page, and check the status; without a ``key``, one not sent before."""
    protected = {"csrf_token": token(client), "key": uuid.uuid4().hex}
    response = client.post(address, data=protected | fields)
    assert response.status_code == status, response.text
    return response
