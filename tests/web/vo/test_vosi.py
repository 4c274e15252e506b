"""VOSI: what clients learn of the services."""

from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from acsql.web.vo.vosi import SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_available_while_the_database_answers(
    client: FlaskClient, service: str
) -> None:
    response = client.get(f"/vo/{service}/availability")
    assert response.mimetype == "text/xml"
    root = ElementTree.fromstring(response.data)
    assert root.tag == "{http://www.ivoa.net/xml/VOSIAvailability/v1.0}availability"
    assert [child.text for child in root] == ["true"]


def test_another_service_is_not_found(client: FlaskClient) -> None:
    assert client.get("/vo/other/availability").status_code == 404
