"""VOSI: what clients learn of the services."""

import io
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from pyvo.io.vosi import parse_capabilities

from acsql.web.vo.vosi import SERVICES

STANDARDS = {
    "scs": "ivo://ivoa.net/std/ConeSearch",
    "datalink": "ivo://ivoa.net/std/DataLink#links-1.1",
    "soda": "ivo://ivoa.net/std/SODA#sync-1.0",
    "sia2": "ivo://ivoa.net/std/SIA#query-2.0",
    "tap": "ivo://ivoa.net/std/TAP",
}


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


# pyvo knows neither cone searches nor the parameters of a service, which VODataService has.
@pytest.mark.filterwarnings("ignore:Unknown xsi.type cs.ConeSearch")
@pytest.mark.filterwarnings("ignore::pyvo.utils.xml.exceptions.UnknownElementWarning")
@pytest.mark.parametrize("service", SERVICES)
def test_pyvo_reads_what_a_service_can_do(client: FlaskClient, service: str) -> None:
    response = client.get(f"/vo/{service}/capabilities")
    read = parse_capabilities(io.BytesIO(response.data))
    identifiers = [capability.standardid for capability in read]
    assert identifiers[0].startswith(STANDARDS[service])
    assert {f"ivo://ivoa.net/std/VOSI#{name}" for name in ("availability", "capabilities")} <= {
        *identifiers
    }
    for capability in read:
        for interface in capability.interfaces:
            assert interface.accessurls[0].content.startswith(f"http://localhost/vo/{service}")


@pytest.mark.skipif(shutil.which("stilts") is None, reason="stilts is not installed")
def test_the_record_meets_the_schemas_of_the_ivoa(client: FlaskClient, tmp_path: Path) -> None:
    # It has the capabilities of all services; taplint checks the other documents of VOSI.
    record = client.get("/vo/resource").text
    # The schema of cone searches alone is not among those that stilts has.
    cone = r'<capability standardID="ivo://ivoa.net/std/ConeSearch".*?</capability>'
    (tmp_path / "record.xml").write_text(re.sub(cone, "", record, flags=re.DOTALL))
    command = ["stilts", "xsdvalidate", "uselocals=true", f"doc={tmp_path / 'record.xml'}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_record_names_the_archive_and_has_all_services(client: FlaskClient) -> None:
    response = client.get("/vo/resource")
    root = ElementTree.fromstring(response.data)
    assert root.findtext("identifier") == "ivo://localhost/acsql"
    found = {each.get("standardID", "").partition("#")[0] for each in root.iter("capability")}
    assert {standard.partition("#")[0] for standard in STANDARDS.values()} <= found
