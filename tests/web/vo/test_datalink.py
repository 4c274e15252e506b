"""The route of DataLink: every link leads to something of its media type."""

import io
from typing import Any
from urllib.parse import urlsplit

from astropy.io import votable
from flask.testing import FlaskClient


def test_every_link_answers_with_its_media_type(client: FlaskClient, row: dict[str, Any]) -> None:
    response = client.get("/vo/datalink", query_string={"ID": row["rootname"]})
    assert response.content_type == "application/x-votable+xml;content=datalink"
    table = votable.parse(io.BytesIO(response.data), verify="exception").get_first_table()
    found = table.to_table()
    urls = [link for link in found if link["access_url"]]
    assert len(urls) > 10
    for link in urls:
        url = urlsplit(link["access_url"])
        with client.get(f"{url.path}?{url.query}", follow_redirects=True) as target:
            assert target.status_code == 200, link
            assert target.mimetype == link["content_type"]
            size = link["content_length"]
            assert len(target.data) == size or link["content_type"] != "application/fits"
