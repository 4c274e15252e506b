"""The API sends headers as they are stored."""

from flask.testing import FlaskClient
from web_pages import get_json

import acsql


def test_headers_are_as_stored(
    client: FlaskClient, sample_archive: acsql.Archive, rootname: str
) -> None:
    known = sample_archive.observation(rootname)
    headers = get_json(client, f"observations/{rootname}/headers")
    assert list(headers) == list(known.datasets)
    assert get_json(client, f"observations/{rootname}/headers/flt") == headers["flt"]
    primary = get_json(client, f"observations/{rootname}/headers/flt/0")
    assert primary == headers["flt"]["0"]
    # In the order of the file.
    assert list(primary) == list(known.stored_header("flt", 0))
