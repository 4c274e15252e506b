"""The site of the sample archive, for the tests of the API."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

import acsql
from acsql.web.app import create_app


@pytest.fixture(scope="module")
def site(sample_archive: acsql.Archive) -> Flask:
    """The site of the sample archive."""
    return create_app(sample_archive)


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    """A client of the site."""
    return site.test_client()


@pytest.fixture(scope="module")
def rootname(sample_archive: acsql.Archive) -> str:
    """An observation with an flt."""
    rows = sample_archive.where().thumbnails().rows
    return next(
        row["rootname"] for row in rows if not row["no_thumbnail"] and len(row["rootname"]) == 8
    )
