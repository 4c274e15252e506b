"""The API describes the whole archive as the library does."""

from flask.testing import FlaskClient
from web_pages import get_json

import acsql


def test_facets_proposals_keywords_and_statistics(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    facets = get_json(client, "facets/detector")["values"]
    expected = sample_archive.facets("detector")
    assert {row["value"]: row["observations"] for row in facets} == expected
    proposals = get_json(client, "proposals")["proposals"]
    assert [row["proposid"] for row in proposals] == [
        p.proposid for p in sample_archive.proposals()
    ]
    assert get_json(client, f"proposals/{proposals[0]['proposid']}") == proposals[0]
    keywords = get_json(client, "keywords", q="exposure duration")["keywords"]
    assert "exptime" in [row["address"] for row in keywords]
    names = [row["name"] for row in get_json(client, "statistics")["statistics"]]
    assert names == list(sample_archive.statistics())
