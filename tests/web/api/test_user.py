"""The API says who the user of a request is."""

from flask.testing import FlaskClient

import acsql
from acsql.accounts.roles import Role


def test_a_script_checks_its_token(empty_client: FlaskClient, empty_archive: acsql.Archive) -> None:
    empty_archive.accounts.add("monitor", Role.ANNOTATE)
    token = empty_archive.accounts.add_token("monitor", "nightly")
    answer = empty_client.get("/api/user", headers={"Authorization": f"Bearer {token}"})
    assert answer.json == {"name": "monitor", "role": "annotate"}
    assert empty_client.get("/api/user").json == {"name": None, "role": None}
