"""Values of fields come as one table, from columns or, before the first fold, from documents."""

import pytest

from acsql.query.conditions import And, Equals
from acsql.store import observation_writes
from acsql.store.columns.fold import fold
from acsql.store.summaries import values

TYPES = {
    "detector": values.TEXT,
    "exptime": values.NUMBER,
    "proposid": values.INTEGER,
    "files.flt.size": values.INTEGER,
}
ROWS = [
    ({"detector": "WFC", "exptime": 60, "files": {"flt": {"size": 1}}}, ("WFC", 60.0, None, 1)),
    ({"detector": "", "exptime": 0.5, "proposid": 9019}, (None, 0.5, 9019, None)),
    ({"detector": 7, "exptime": True, "proposid": "9019", "files": None}, (None,) * 4),
    ({"exptime": float("nan"), "files": {}}, (None,) * 4),
]


@pytest.mark.parametrize("folded", [0, 1, 2, 3, 4])
def test_a_value_that_is_blank_or_not_of_the_type_is_null(store, folded):
    for number, (document, _) in enumerate(ROWS):
        observation_writes.replace(store, {"_id": f"j8bt000{number}", **document})
        if number + 1 == folded:
            fold(store)
    rows = {tuple(row.values()) for row in values.table(store, And(), TYPES).to_pylist()}
    assert rows == {expected for _, expected in ROWS}


@pytest.mark.parametrize("folded", [False, True])
def test_only_observations_that_meet_the_condition_are_rows(store, folded):
    for rootname, proposid in (("j8bt0001", 9019), ("j8bt0002", 8992)):
        observation_writes.replace(store, {"_id": rootname, "proposid": proposid})
    if folded:
        fold(store)
    table = values.table(store, Equals("proposid", 9019), {"rootname": values.TEXT})
    assert table.to_pylist() == [{"rootname": "j8bt0001"}]
