"""JSON responses keep the order of their keys, and only paths for programs answer with JSON."""

import json
import math
from datetime import datetime
from typing import Any

import pytest

from acsql.web.json_response import is_api_path, json_response


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"simple": True, "bitpix": 16, "naxis": 0}, '{"simple": true, "bitpix": 16, "naxis": 0}'),
        ({"exptime": math.nan, "history": [math.inf]}, '{"exptime": null, "history": [null]}'),
        ({"targname": "Ω Cen"}, r'{"targname": "\u03a9 Cen"}'),
        ([], "[]"),
    ],
)
def test_a_value_is_json_with_its_keys_in_their_order(value: Any, expected: str) -> None:
    response = json_response(value)
    assert response.get_data(as_text=True) == expected
    assert (response.status_code, response.mimetype) == (200, "application/json")


def test_dates_are_iso_8601() -> None:
    response = json_response({"started": datetime(2026, 1, 2, 3, 4, 5)}, 503)
    assert datetime.fromisoformat(json.loads(response.data)["started"]) == datetime(
        2026, 1, 2, 3, 4, 5
    )
    assert response.status_code == 503


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/health", True),
        ("/api/", True),
        ("/api/observations", True),
        ("/pixels/j8bt05njq/flt/", True),
        ("/", False),
        ("/api", False),
        ("/healthy", False),
        ("/archive/9019/", False),
    ],
)
def test_paths_for_programs_are_known(path: str, expected: bool) -> None:
    assert is_api_path(path) is expected
