"""A verification finds and repairs columns that differ from their documents."""

import pytest
from inconsistencies import IngestedArchive

from acsql.query import And
from acsql.store.columns import check
from acsql.store.columns.fold import fold_all
from acsql.store.columns.select import select
from acsql.verify.findings import COLUMNS_DIFFER
from acsql.verify.verification import verify


@pytest.fixture
def folded(archive: IngestedArchive) -> IngestedArchive:
    """An archive of which all observations are in columns."""
    check.mark(archive.store, [each["_id"] for each in archive.store.observations.find({}, {})])
    fold_all(archive.store)
    return archive


def test_columns_that_differ_are_folded_again(folded: IngestedArchive) -> None:
    name = min(each["_id"] for each in folded.store.observations.find({}, {}))
    # Not as acsql writes it: without a mark.
    for collection in (folded.store.observations, folded.store.headerless):
        collection.update_one({"_id": name}, {"$set": {"datasets.other": "x"}})
    assert verify(folded.config).findings == ()
    (finding,) = verify(folded.config, full=True, workers=1, scheduler="synchronous").findings
    assert str(finding) == (
        f"columns differ: {name}: {name}: the columns differ from it in datasets.other"
    )
    result = verify(folded.config, full=True, fix=True, workers=1, scheduler="synchronous")
    assert [each.kind for each in result.findings] == [COLUMNS_DIFFER]
    assert result.remaining == ()
    selection = select(folded.store, And(()), ["datasets.other"])
    assert selection.value_counts("datasets.other") == {"x": 1}
    assert selection.count == 3
