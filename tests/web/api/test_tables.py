"""The API sends tables of files as JSON and as files."""

import pytest
from astropy.table import Table
from flask.testing import FlaskClient
from web_pages import get_json

import acsql
from acsql.observation import Observation


@pytest.fixture(scope="module")
def observed(sample_archive: acsql.Archive) -> Observation:
    """An observation with a jitter table."""
    row = next(sample_archive.where("jit.1.naxis2=10..400").columns("rootname").rows())
    return sample_archive.observation(row["rootname"])


def test_a_table_has_columns_and_rows(client: FlaskClient, observed: Observation) -> None:
    whole = observed.table("jit")
    answer = get_json(client, f"observations/{observed.rootname}/tables/jit/1")
    assert [column["name"] for column in answer["columns"]] == whole.colnames
    assert answer["columns"][0]["unit"] == "s"
    assert [row["Seconds"] for row in answer["rows"]] == list(whole["Seconds"])


def test_a_table_is_sent_as_a_file(client: FlaskClient, observed: Observation) -> None:
    address = f"/api/observations/{observed.rootname}/tables/jit/1"
    response = client.get(address, query_string={"format": "ecsv"})
    read = Table.read(response.text.splitlines(), format="ascii.ecsv")
    assert len(read) == len(observed.table("jit"))
    assert response.mimetype == "application/x-ecsv"


@pytest.mark.parametrize("path", ["spt/1", "jit/99", "nothing/1"])
def test_what_is_no_table_is_not_found(
    client: FlaskClient, observed: Observation, path: str
) -> None:
    assert client.get(f"/api/observations/{observed.rootname}/tables/{path}").status_code == 404
