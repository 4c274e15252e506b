"""What the page of differences shows of two headers."""

from typing import Any

from flask.testing import FlaskClient
from web_pages import difference_rows, follow

import acsql
from acsql import export
from acsql.keywords import KeywordSpec


def test_a_difference_has_values_units_and_descriptions(
    client: FlaskClient, sample_archive: acsql.Archive, row: dict[str, Any]
) -> None:
    name = row["ipppssoot"]
    observation = sample_archive.observation(name)
    raw, flt = (observation.stored_header(filetype, 0) for filetype in ("raw", "flt"))
    rows = {
        r[0]: r[1:]
        for r in difference_rows(follow(client, f"/difference?a={name}.raw.0&b={name}.flt.0"))
    }
    assert rows
    for keyword, (a, b, unit, description) in rows.items():
        spec = sample_archive.specs.spec(keyword) or KeywordSpec(keyword, "str")
        assert (unit, description) == (spec.unit or "", spec.description or "")
        for shown_value, header in ((a, raw), (b, flt)):
            if shown_value == "absent":
                assert keyword not in header
            elif spec.name in header.get("_repeated", {}):
                assert shown_value.splitlines()[0] == str(header[keyword])
            elif not isinstance(header[keyword], list):
                column = acsql.query.Column(spec.name, spec)
                assert shown_value == (export.text(header[keyword], column) or "unknown")
