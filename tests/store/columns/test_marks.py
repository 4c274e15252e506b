"""Marks name the observations that have changed, and their rows are not live."""

import numpy as np
import pyarrow as pa
import pytest

from acsql.store.columns import marks
from acsql.store.columns.encode import Column
from acsql.store.columns.parts import Part
from acsql.store.moment import Marks

NAMES = ["j8bt0007q", "j8bt0001", "j8bt0003", "j8bt0002"]
PART = Part("test_marks", 4, b"").with_live(np.array([True, True, False, True]))
COLUMNS = [{"_id": Column(pa.array(NAMES))}]


def marked(*rootnames):
    return Marks(str(rootnames), dict.fromkeys(rootnames, "token"))


@pytest.mark.parametrize(
    ("steps", "live"),
    [
        ([()], [0, 1, 3]),
        ([("j8bt0001",)], [0, 3]),
        ([("j8bt0001", "j8bt0007", "j8bt0009", "a")], [0, 3]),
        ([("j8bt0001",), ("j8bt0001", "j8bt0002")], [0]),
        ([("j8bt0001", "j8bt0002"), ("j8bt0007q",)], [1, 3]),
        ([("j8bt0003",), ()], [0, 1, 3]),
    ],
)
def test_rows_of_the_last_marks_are_not_live(steps, live):
    for rootnames in steps:
        (found,) = marks.unmarked((PART,), lambda: COLUMNS, marked(*rootnames))
    assert np.flatnonzero(found.live_rows).tolist() == live


def test_rows_of_recent_marks_are_not_live_either():
    base = marked("j8bt0001")
    for name, live in (("j8bt0002", [0]), ("j8bt0007q", [3])):
        (found,) = marks.unmarked((PART,), lambda: COLUMNS, base.with_new({name: "later"}))
        assert np.flatnonzero(found.live_rows).tolist() == live
    (found,) = marks.unmarked((PART,), lambda: COLUMNS, base)
    assert np.flatnonzero(found.live_rows).tolist() == [0, 3]


def test_a_part_without_rootnames_stays_as_it_is():
    part = PART._replace(id="without names")
    assert marks.unmarked((part,), lambda: [{"_id": None}], marked("j8bt0001")) == (part,)
