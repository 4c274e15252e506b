"""Addresses of pictures in the rendition that a browser has chosen."""

import pytest
from flask.testing import FlaskClient

from acsql.web.renditions import chosen_rendition, preview_url, thumbnail_url


@pytest.mark.parametrize(
    ("cookie", "rendition", "query"),
    [
        ("", "linear", ""),
        ("rendition=linear", "linear", ""),
        ("rendition=adaptive", "adaptive", "?rendition=adaptive"),
        ("rendition=<script>", "linear", ""),
    ],
)
def test_the_cookie_decides_and_anything_else_in_it_is_linear(
    client: FlaskClient, cookie: str, rendition: str, query: str
) -> None:
    with client.application.test_request_context("/", headers={"Cookie": cookie}):
        assert chosen_rendition() == rendition
        assert thumbnail_url("j8bt05nj") == f"/thumbnails/j8bt05nj.jpg{query}"
        assert preview_url("j8bt05nj", "flt") == f"/previews/j8bt05nj/flt.jpg{query}"
