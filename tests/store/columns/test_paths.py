"""A column is named by the path of its field."""

import pytest

from acsql.store.columns.paths import blocks_path, has_lists, path_of


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("rootname", "_id"),
        ("exptime", "exptime"),
        ("flt.1.goodmean", "headers.flt.1.goodmean"),
        ("files.flt.size", "files.flt.size"),
        ("datasets.flt", "datasets.flt"),
    ],
)
def test_keywords_and_own_fields_have_a_path(address, path):
    assert path_of(address) == path


@pytest.mark.parametrize(
    ("path", "are_lists", "blocks"),
    [
        ("headers.flt.0.history", True, None),
        ("headers.flt.1.comment", True, None),
        ("headers.drz.0.dnnn.data", True, "headers.drz.0.dnnn"),
        ("headers.flt.0.exptime", False, None),
        ("headers.flt.0._repeated.history", False, None),
        ("history", False, None),
    ],
)
def test_lines_and_values_in_blocks_are_lists(path, are_lists, blocks):
    assert has_lists(path) is are_lists
    assert blocks_path(path) == blocks
