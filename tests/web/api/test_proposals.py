"""The API has the proposals of the library."""

from flask.testing import FlaskClient
from web_pages import get_json

import acsql


def test_proposals_are_those_of_the_library(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    proposals = get_json(client, "proposals")["proposals"]
    assert [row["proposid"] for row in proposals] == [
        p.proposid for p in sample_archive.proposals()
    ]
    assert get_json(client, f"proposals/{proposals[0]['proposid']}") == proposals[0]
