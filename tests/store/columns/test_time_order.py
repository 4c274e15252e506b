"""The order of large parts by time is kept from the second question on."""

import numpy as np
import pyarrow as pa
import pytest

from acsql.store.columns import time_order
from acsql.store.columns.rows_of_part import RowsOfPart
from acsql.store.sorting import SortKey, total_order

TIMES = [52001.0, None, 52000.0, 52000.0]
NAMES = ["j8aa01aaq", "j8aa01abq", "j8aa01adq", "j8aa01acq"]
BY_TIME = total_order([SortKey("expstart")])
BACKWARDS = total_order([SortKey("expstart", descending=True)])


@pytest.fixture
def part(monkeypatch):
    monkeypatch.setattr(time_order, "_MANY", len(TIMES))
    monkeypatch.setattr(time_order, "_orders", {})
    names = pa.array(NAMES)
    columns = {"expstart": pa.array(TIMES), "rootname": names}
    return RowsOfPart("part", names, pa.array([True, False, True, True]), columns)


def test_all_rows_are_sorted_at_the_second_question(part):
    assert time_order.in_time_order(part, BY_TIME) is None
    assert time_order.in_time_order(part, BY_TIME).tolist() == [1, 3, 2, 0]
    assert time_order.in_time_order(part, BACKWARDS).tolist() == [0, 2, 3, 1]


def test_it_is_sorted_once(part, monkeypatch):
    time_order.in_time_order(part, BACKWARDS)
    kept = time_order.in_time_order(part, BY_TIME)
    monkeypatch.setattr(time_order, "sorted_places", None)
    assert time_order.in_time_order(part, BY_TIME) is kept


@pytest.mark.parametrize(
    "order", [[SortKey("exptime"), *BY_TIME], [BY_TIME[0], BACKWARDS[1]], BY_TIME[1:]]
)
def test_other_orders_are_not_kept(part, order):
    assert [time_order.in_time_order(part, order) for _ in range(3)] == [None] * 3


def test_small_parts_are_not_kept(part, monkeypatch):
    monkeypatch.setattr(time_order, "_MANY", len(TIMES) + 1)
    assert [time_order.in_time_order(part, BY_TIME) for _ in range(3)] == [None] * 3


def test_parts_are_told_apart_by_their_ids(part):
    names = part.rootnames[::-1]
    columns = {"expstart": pa.array(TIMES[::-1]), "rootname": names}
    other = RowsOfPart("other", names, pa.array([True] * len(names)), columns)
    for _ in range(2):
        orders = [time_order.in_time_order(each, BY_TIME) for each in (part, other)]
    assert np.array_equal(orders[1], 3 - orders[0])
