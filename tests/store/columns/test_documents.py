"""Documents are read from the smaller collection that has their fields."""

import random

import pytest
from column_conditions import write

from acsql.store.columns.documents import documents_of


@pytest.mark.parametrize(
    ("paths", "source"),
    [(["exptime"], "headerless"), (["exptime", "headers.flt.1.goodmean"], "observations")],
)
def test_headers_are_read_from_observations_only(store, paths, source):
    write(store, range(3), random.Random(1))
    getattr(store, source).delete_many({"_id": "j8bt0001"})
    found = documents_of(store, {}, paths)
    assert [each["_id"] for each in found] == ["j8bt0000", "j8bt0002"]
    assert all(set(each) == {"_id", *(path.split(".")[0] for path in paths)} for each in found)
