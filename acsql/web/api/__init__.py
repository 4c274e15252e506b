"""The HTTP API: the archive for programs, as JSON.

Each module adds the endpoints of one group of resources; the OpenAPI document is generated from
their signatures.
"""

from . import (
    annotations,
    flags,
    grouping,
    headers,
    health,
    monitors,
    observations,
    openapi,
    overview,
    proposals,
    runs,
    tables,
    user,
)
from .endpoint import blueprint

__all__ = [
    "annotations",
    "blueprint",
    "flags",
    "grouping",
    "headers",
    "health",
    "monitors",
    "observations",
    "openapi",
    "overview",
    "proposals",
    "runs",
    "tables",
    "user",
]
