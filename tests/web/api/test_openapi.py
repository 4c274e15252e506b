"""The OpenAPI document describes every endpoint, and the responses conform to it."""

import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

import acsql
from acsql.accounts.roles import Role
from acsql.web.api import observations, openapi
from acsql.web.app import create_app


@pytest.fixture(scope="module")
def document(site: Flask) -> Any:
    """The OpenAPI document of the site."""
    document = schemathesis.openapi.from_wsgi("/api/openapi.json", site)
    # 414 is how an address is refused that is too long before anything in it is looked at.
    document.config.checks.negative_data_rejection.expected_statuses = ["400", "404", "405", "414"]
    return document


CHECKS = [
    checks.not_a_server_error,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]

# An observation or a comment that does not exist makes a valid request fail.
WRITE_CHECKS = [
    checks.not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]


def test_the_openapi_document_has_every_route_and_no_other(site: Flask) -> None:
    routes = {
        re.sub(r"<(?:[^:<>]*:)?(\w+)>", r"{\1}", rule.rule)
        for rule in site.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
    }
    assert set(openapi.document()["paths"]) == routes


def test_the_openapi_document_has_all_formats() -> None:
    parameters = openapi.document()["paths"]["/api/observations"]["get"]["parameters"]
    (format_,) = (entry for entry in parameters if entry.get("name") == "format")
    assert sorted(format_["schema"]["enum"]) == sorted(["json", *observations.FILE_FORMATS])


READING = [path for path, methods in openapi.document()["paths"].items() if "get" in methods]
WRITING = [path for path, methods in openapi.document()["paths"].items() if "post" in methods]


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("path", READING)
def test_responses_conform_to_the_openapi_document(
    document: Any, path: str, mode: GenerationMode
) -> None:
    operation = document[path]["GET"]
    if mode.is_negative and not (operation.query or operation.path_parameters):
        return

    @settings(
        max_examples=20, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def fuzz(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    fuzz()


def test_what_writes_needs_a_token_and_reads_json() -> None:
    for path in WRITING:
        operation = openapi.document()["paths"][path]["post"]
        assert operation["security"] == [{"token": []}]
        assert "application/json" in operation["requestBody"]["content"]


@pytest.mark.parametrize("path", WRITING)
def test_responses_to_writes_conform_to_the_openapi_document(
    empty_archive: acsql.Archive, path: str
) -> None:
    empty_archive.accounts.add("anna", Role.ANNOTATE)
    headers = {"Authorization": f"Bearer {empty_archive.accounts.add_token('anna', 'fuzz')}"}
    site = create_app(empty_archive)
    next(iter(site.extensions["limiter"])).enabled = False
    document = schemathesis.openapi.from_wsgi("/api/openapi.json", site)
    operation = document[path]["POST"]

    @settings(
        max_examples=40, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(
        case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    )
    def fuzz(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, checks=WRITE_CHECKS)

    fuzz()
