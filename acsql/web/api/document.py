"""The endpoints that describe the API itself."""

from typing import cast

from flask import request, url_for

from ... import __version__
from ..json_response import PREFIX
from . import openapi
from .answers import Document, Index
from .endpoint import endpoint


@endpoint(PREFIX)
def index() -> Index:
    """List the endpoints."""
    paths = [path for path in openapi.document()["paths"] if path.startswith(PREFIX)]
    return {
        "version": __version__,
        "document": url_for("api.openapi_document"),
        "paths": [path for path in paths if path != request.path],
    }


@endpoint(f"{PREFIX}openapi.json")
def openapi_document() -> Document:
    """Send the OpenAPI document."""
    return cast(Document, openapi.document())
