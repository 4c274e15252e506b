"""The image named in a URL: what is found, and what browsers may keep of it."""

import pytest
from flask import Flask, Response

import acsql
from acsql.errors import DatasetNotFound, QueryError
from acsql.web.app import create_app
from acsql.web.image_request import (
    ExtensionParameters,
    cached,
    image_file,
    image_plane,
    image_planes,
)


@pytest.fixture
def app(sample_archive: acsql.Archive) -> Flask:
    """The site of the sample archive."""
    return create_app(sample_archive)


@pytest.fixture
def name(sample_archive: acsql.Archive) -> str:
    """An observation with a calibrated image of two chips."""
    rows = sample_archive.where("detector=WFC", "subarray=no").columns("rootname").rows()
    found = (sample_archive.observation(row["rootname"]) for row in rows)
    return next(each.rootname for each in found if "flt" in each.datasets)


def test_the_planes_of_a_file_are_read_once(app: Flask, name: str) -> None:
    with app.test_request_context():
        file = image_file(name, "flt")
        assert image_planes(file) is image_planes(image_file(name, "flt"))
        assert [plane.extname for plane in image_planes(file)] == ["SCI", "ERR", "DQ"]


def test_a_chip_can_be_requested_alone(app: Flask, name: str) -> None:
    with app.test_request_context():
        file = image_file(name, "flt")
        both = image_plane(file, ExtensionParameters(extname=["DQ"]))
        upper = image_plane(file, ExtensionParameters(extname=["DQ"], extver=["2"]))
        assert (both.flags, upper.pixels * 2) == (True, both.pixels)
        with pytest.raises(QueryError, match=r"extver: .*'7'"):
            image_plane(file, ExtensionParameters(extver=["7"]))


def test_a_file_without_an_image_is_not_found(app: Flask, name: str) -> None:
    with app.test_request_context(), pytest.raises(DatasetNotFound, match="contains no image"):
        image_file(name, "spt")


def test_a_response_is_kept_by_the_browser_only_with_the_version(app: Flask, name: str) -> None:
    with app.test_request_context():
        file = image_file(name, "flt")
        parameters = ExtensionParameters(version=[file.version])
        assert cached(parameters, file, Response).cache_control.max_age > 3600
        assert cached(ExtensionParameters(), file, Response).cache_control.no_cache
