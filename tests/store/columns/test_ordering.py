"""Rows of arrays and documents are in the order in which MongoDB sorts them."""

from datetime import datetime
from itertools import compress

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.store.columns import ordering, sorted_places, time_order
from acsql.store.columns.rows_of_part import RowsOfPart
from acsql.store.sorting import SortKey, order_position, total_order

KEYWORDS = ("exptime", "targname", "subarray", "date_obs", "linenum")
TYPES = (
    pa.float64(),
    pa.dictionary(pa.int32(), pa.string()),
    pa.bool_(),
    pa.timestamp("ms"),
    pa.string(),
)

regular = st.tuples(
    st.sampled_from([None, -1.0, 0.0, 60.0]),
    st.sampled_from([None, "", "NGC104", "a"]),
    st.sampled_from([None, False, True]),
    st.sampled_from([None, datetime(1969, 7, 20), datetime(2002, 4, 13)]),
    st.sampled_from([None, "", "01.001"]),
)
irregular = st.tuples(
    st.sampled_from(["N/A", float("nan"), True]), st.none(), st.just(3), st.none(), st.just(1.001)
)
orders = st.permutations([SortKey(name) for name in KEYWORDS]).flatmap(
    lambda keys: st.tuples(*(st.builds(SortKey, st.just(k.address), st.booleans()) for k in keys))
)


@pytest.mark.parametrize("few", [0, 200])
@given(
    rows=st.lists(regular, max_size=30),
    documents=st.lists(irregular, max_size=4),
    order=orders,
    limit=st.integers(1, 20),
    data=st.data(),
)
def test_the_first_rows_and_all_rows_are_sorted(few, rows, documents, order, limit, data):
    arrays = zip(*rows, strict=True) if rows else [[]] * len(KEYWORDS)
    made = (pa.array(list(v), type_) for v, type_ in zip(arrays, TYPES, strict=True))
    columns = dict(zip((*KEYWORDS, "rootname"), (*made, pa.array(range(len(rows)))), strict=True))
    named = [(*row, number) for number, row in enumerate([*rows, *documents])]
    every = [dict(zip(columns, row, strict=True)) for row in named]
    total = [*order, SortKey("rootname", order[-1].descending)]

    def position(row):
        return order_position([row[key.address] for key in total], total)

    expected = sorted(every, key=position)
    others = every[len(rows) :]
    cursor = None
    if expected and data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(expected) - 1))
        cursor = [expected[place][key.address] for key in total]
        expected = expected[place + 1 :]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sorted_places, "_FEW", few)
        parts = _as_parts(columns, data.draw(st.integers(0, len(rows))))
        found = ordering.first(parts, others, total, limit, cursor)
    assert repr(found) == repr(expected[:limit])
    assert repr(list(ordering.every(columns, others, total, cursor))) == repr(expected)


times = st.lists(st.none() | st.sampled_from([52000.0, 52000.5, 52001.25]), max_size=30)


@given(
    rows=times,
    documents=st.lists(st.sampled_from([None, 52000.5, "N/A", float("nan")]), max_size=3),
    descending=st.booleans(),
    limit=st.integers(1, 20),
    data=st.data(),
)
def test_the_first_rows_by_time_are_found_in_a_kept_order(rows, documents, descending, limit, data):
    order = total_order([SortKey("expstart", descending)])
    every = [
        {"expstart": time, "rootname": f"{number:02}"}
        for number, time in enumerate([*rows, *documents])
    ]

    def position(row):
        return order_position([row[key.address] for key in order], order)

    names = pa.array([row["rootname"] for row in every[: len(rows)]], pa.string())
    selected = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    columns = {"expstart": pa.array(rows, pa.float64()), "rootname": names}
    part = RowsOfPart("part", names, pa.array(selected, pa.bool_()), columns)
    is_found = [*selected, *(True for _ in documents)]
    expected = sorted(compress(every, is_found), key=position)
    cursor = None
    if every and data.draw(st.booleans()):
        last = data.draw(st.sampled_from(every))
        cursor = [last[key.address] for key in order]
        expected = [row for row in expected if position(row) > position(last)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(time_order, "_MANY", 0)
        patched.setattr(time_order, "_orders", {})
        for _ in range(2):
            found = ordering.first([part], every[len(rows) :], order, limit, cursor)
            assert repr(found) == repr(expected[:limit])
        assert time_order.in_time_order(part, order) is not None


def _as_parts(columns, number):
    """Return columns as two parts, of which the first has some rows."""
    halves = (slice(None, number), slice(number, None))
    return [_part({name: array[half] for name, array in columns.items()}) for half in halves]


def _part(columns):
    names = columns["rootname"]
    return RowsOfPart("part", names, pa.array([True] * len(names), pa.bool_()), columns)
