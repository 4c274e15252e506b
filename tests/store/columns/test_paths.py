"""A column is named by the path of its field."""

import pytest

from acsql.store.columns.paths import path_of


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
