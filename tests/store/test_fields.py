"""Addresses of keywords become paths in documents, and paths lead to values."""

import pytest
from stored_observation import DOCUMENT

from acsql import keywords as keyword_specs
from acsql import query
from acsql.store import fields


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("exptime", 60.0),
        ("_id", "j8bt05nj"),
        ("asn_id", None),
        ("no_such", None),
        ("headers.raw.0.exptime", 60.0),
        ("headers.raw.1.goodmean", 5.5),
        ("headers.raw.0.history", ["first", "second"]),
        ("headers.raw.7.exptime", None),
        ("headers.flt.0.exptime", None),
        ("exptime.0", None),
        ("time_obs.0", None),
        ("headers.raw.0.history.0", None),
    ],
)
def test_a_value_is_read_at_its_path(path, expected):
    assert fields.value_at(DOCUMENT, path.split(".")) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("headers.drz.0.dnnn.data", ["a", "b", None]),
        ("headers.drz.0.dnnn.dexp", [None, 10.0, None]),
        ("headers.drz.0.dnnn.none", None),
        ("headers.drz.1.dnnn.data", None),
    ],
)
def test_values_of_all_blocks_are_a_list(path, expected):
    blocks = [{"data": "a"}, {"data": "b", "dexp": 10.0}, {}]
    document = {"headers": {"drz": {"0": {"dnnn": blocks}}}}
    assert fields.value_at(document, path.split(".")) == expected


SPECS = keyword_specs.load()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("exptime", "exptime"),
        ("rootname", "_id"),
        ("flt.1.goodmean", "headers.flt.1.goodmean"),
        ("raw.0.rootname", "headers.raw.0.rootname"),
        ("drz.0.dnnndata", "headers.drz.0.dnnn.data"),
        ("drz.0.dnnndexp", "headers.drz.0.dnnn.dexp"),
    ],
)
def test_an_address_has_a_path_in_the_document(address, expected):
    assert fields.field_path(address) == expected


@pytest.mark.parametrize("key", sorted(SPECS.lists)[::10])
def test_no_two_keywords_of_a_header_share_a_path(key):
    prefix = f"headers.{key.filetype}.{key.extension}."
    paths = [
        fields.field_path(query.resolve(f"{key.filetype}.{key.extension}.{name}", SPECS).address)
        for name in SPECS.lists[key]
    ]
    assert all(path.startswith(prefix) for path in paths)
    assert len(set(paths)) == len(paths)
