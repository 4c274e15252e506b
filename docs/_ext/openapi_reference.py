"""The reference of the HTTP API, from its OpenAPI document."""

import re
from typing import Any

from docutils import nodes
from reference_nodes import code, paragraph, section, table

from acsql.web.api import openapi


def http_api() -> list[nodes.Node]:
    """Return a section for each operation of the HTTP API."""
    document = openapi.document()
    return [
        _operation(document, path, method, operation)
        for path, operations in sorted(document["paths"].items())
        for method, operation in operations.items()
        if isinstance(operation, dict) and "responses" in operation
    ]


def _operation(document: Any, path: str, method: str, operation: Any) -> nodes.section:
    content: list[nodes.Node] = [paragraph(operation.get("summary", ""))]
    if operation.get("description"):
        content.append(paragraph(operation["description"]))
    parameters = [_resolved(document, each) for each in operation.get("parameters", ())]
    if parameters:
        rows = [
            (code(p["name"]), _schema(document, p), p.get("description", "")) for p in parameters
        ]
        content.append(table(("Parameter", "Value", "Meaning"), rows, (18, 32, 50)))
    if body := operation.get("requestBody"):
        content.append(_object(document, body["content"]["application/json"]["schema"]))
    responses = [
        (code(status), _resolved(document, response).get("description", ""))
        for status, response in operation["responses"].items()
    ]
    content.append(table(("Status", "Response"), responses, (18, 82)))
    label = re.sub(r"\W+", "-", f"http-{method}-{path}".lower()).strip("-")
    return section(f"{method.upper()} {path}", label, *content)


def _object(document: Any, schema: Any) -> nodes.table:
    """Return a table of the fields of the JSON object that an operation reads."""
    object_ = _resolved(document, schema)
    required = object_.get("required", ())
    rows = []
    for name, field in object_["properties"].items():
        described = {"schema": field, "required": name in required}
        rows.append((code(name), _schema(document, described), field.get("description", "")))
    return table(("Field", "Value", "Meaning"), rows, (18, 32, 50))


def _resolved(document: Any, item: Any) -> dict[str, Any]:
    """Return what a ``$ref`` points to, or the item itself."""
    if "$ref" not in item:
        return dict(item)
    found = document
    for key in item["$ref"].removeprefix("#/").split("/"):
        found = found[key]
    return _resolved(document, found)


def _schema(document: Any, parameter: Any) -> str:
    """Return the type, limits and default of a parameter in words."""
    schema = _resolved(document, parameter.get("schema", {}))
    choices = [_resolved(document, each) for each in schema.get("anyOf", ())]
    schema = next((each for each in choices if each.get("type") != "null"), {}) | schema
    words = [schema.get("type", "")]
    if "enum" in schema:
        words = [" or ".join(map(str, schema["enum"]))]
    if "minimum" in schema or "maximum" in schema:
        words.append(f"{schema.get('minimum', '')}..{schema.get('maximum', '')}")
    if parameter.get("required"):
        words.append("required")
    elif schema.get("default") is not None:
        words.append(f"default {schema['default']}")
    return ", ".join(filter(None, words))
