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

from acsql.web.api import observations, openapi


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


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("path", openapi.document()["paths"])
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
