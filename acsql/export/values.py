"""Values as people read them, and as JSON has them."""

import math
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from ..query import Column


def text(value: Any, column: Column | None = None) -> str:
    """Return a value as people read it: dates in ISO 8601, T and F, nothing for unknown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, datetime):
        if column is not None and column.spec.type == "date":
            return value.date().isoformat()
        return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    if isinstance(value, list):
        return "; ".join(text(part, column) for part in value)
    return str(value)


def plain(value: Any, column: Column | None = None) -> Any:
    """Return a value as JSON has it: numbers, truth values and null stay what they are.

    JSON has no infinity and no NaN: they are null.
    """
    if isinstance(value, datetime | time):
        return text(value, column)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [plain(part, column) for part in value]
    if isinstance(value, Mapping):
        return {key: plain(part, column) for key, part in value.items()}
    return value
