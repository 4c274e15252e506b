"""The OpenAPI document of the API, generated from the endpoints, and the endpoints that send it.

Parameters come from their pydantic models, paths and responses from type annotations, summaries
from docstrings.
"""

import re
from functools import cache
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from flask import Response, request, url_for
from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from ... import __version__
from ..json_response import PREFIX
from .answers import Document, Error, Index
from .endpoint import ENDPOINTS, Endpoint, endpoint

DESCRIPTION = (
    "Every header of every observation with Hubble's Advanced Camera for Surveys. "
    "Dates are UT in ISO 8601; null means unknown."
)
_ANSWER: JsonSchemaMode = "serialization"
_BODY: JsonSchemaMode = "validation"
Schemas = dict[tuple[str, JsonSchemaMode], dict[str, Any]]
_SCHEMAS = "#/components/schemas/{model}"
_ERROR = {"$ref": "#/components/responses/Error"}


@endpoint(PREFIX)
def index() -> Index:
    """List the endpoints."""
    paths = [path for path in document()["paths"] if path.startswith(PREFIX)]
    prefix = request.script_root
    return {
        "version": __version__,
        "document": url_for("api.openapi_document"),
        "paths": [f"{prefix}{path}" for path in paths if path != request.path],
    }


@endpoint(f"{PREFIX}openapi.json")
def openapi_document() -> Document:
    """Send the OpenAPI document."""
    # Relative to the site, which may be under a prefix.
    return cast(Document, document() | {"servers": [{"url": request.script_root or "/"}]})


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document, version 3.1."""
    schemas, definitions = _all_schemas()
    paths: dict[str, dict[str, Any]] = {}
    for each in ENDPOINTS:
        paths.setdefault(path_of(each), {})[each.method.lower()] = _operation(each, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "ACS Quicklook", "version": __version__, "description": DESCRIPTION},
        "paths": paths,
        "components": {
            "responses": {"Error": _response(_summary(Error), schemas["", _ANSWER])},
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _all_schemas() -> tuple[Schemas, dict[str, Any]]:
    """Return the schemas of what endpoints answer and read, and the definitions in them."""
    answers = {each.view.__name__: _answer(each) for each in ENDPOINTS} | {"": Error}
    bodies = {each.view.__name__: each.body for each in ENDPOINTS if each.body}
    adapters: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [
        *((name, _ANSWER, TypeAdapter(answer)) for name, answer in answers.items()),
        *((name, _BODY, TypeAdapter(body)) for name, body in bodies.items()),
    ]
    return TypeAdapter.json_schemas(adapters, ref_template=_SCHEMAS)


def _operation(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    name = endpoint.view.__name__
    operation = {
        "operationId": name,
        "summary": _summary(endpoint.view),
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint)],
        "responses": _responses(endpoint, schemas[name, _ANSWER]),
    }
    if endpoint.body:
        content = {"application/json": {"schema": schemas[name, _BODY]}}
        operation["requestBody"] = {"required": True, "content": content}
    if endpoint.method != "GET":
        operation["security"] = [{"token": []}]
    return operation


def path_of(endpoint: Endpoint) -> str:
    """Return the path of an endpoint, with its variable parts in braces."""
    return re.sub(r"<(?:[^:<>]*:)?(\w+)>", r"{\1}", endpoint.rule)


def _summary(documented: Any) -> str:
    """Return the first line of a docstring."""
    return str(documented.__doc__ or "").strip().partition("\n")[0]


def _answer(endpoint: Endpoint) -> Any:
    """Return the type of the JSON response: what the function returns beside a ``Response``."""
    annotation = get_type_hints(endpoint.view, include_extras=True)["return"]
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    (answer,) = (part for part in get_args(annotation) if part is not Response)
    return answer


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    hints = get_type_hints(endpoint.view, include_extras=True)
    return [
        _parameter("path", name, TypeAdapter(hints[name]).json_schema(), required=True)
        for name in re.findall(r"\{(\w+)\}", path_of(endpoint))
    ]


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    schema = endpoint.model.model_json_schema()
    required = schema.get("required", [])
    return [
        _parameter("query", name, part, required=name in required)
        for name, part in schema.get("properties", {}).items()
    ]


def _parameter(place: str, name: str, schema: dict[str, Any], required: bool) -> dict[str, Any]:
    """Return the description of a parameter, without a default that means that it is missing."""
    schema = {key: value for key, value in schema.items() if key != "title"}
    description = schema.pop("description", None)
    if schema.get("default") in ("", None):
        schema.pop("default", None)
    if schema.get("type") == "string" and "enum" not in schema:
        schema.setdefault("minLength", 1)
    described = {"description": description} if description else {}
    return {"name": name, "in": place, "required": required, "schema": schema} | described


def _responses(endpoint: Endpoint, schema: dict[str, Any]) -> dict[str, Any]:
    answer = _response(_summary(_answer(endpoint)) or "The answer.", schema)
    for media_type in endpoint.file_types:
        answer["content"][media_type] = {"schema": {"type": "string"}}
    if endpoint.view.__name__ == "health":
        # The state is described also when the site cannot serve.
        return {"200": answer, "503": answer, "default": _ERROR}
    return {"200": answer, "default": _ERROR}


def _response(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
