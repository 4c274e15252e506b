"""Values are counted once, whichever part or document has them."""

import subprocess
import sys
from datetime import datetime

import pyarrow as pa
import pytest

from acsql.store.columns.encode import column_of
from acsql.store.columns.frequencies import frequencies, years

NOON = datetime(2002, 4, 13, 12)
LINES = "headers.flt.0.history"
TEXTS = pa.array(["b", "a", "", None, "b"])


@pytest.mark.parametrize(
    ("arrays", "others", "expected"),
    [
        ([TEXTS], [], {"b": 2, "a": 1}),
        (
            [TEXTS, TEXTS.dictionary_encode(), pa.nulls(2)],
            ["c", None, ""],
            {"b": 4, "a": 2, "c": 1},
        ),
        ([pa.array([1.5, None]), pa.array([0.5])], [1.5], {1.5: 2, 0.5: 1}),
        ([pa.array([3, 2])], [2], {2: 2, 3: 1}),
        ([pa.array([True, False, True])], [], {True: 2, False: 1}),
        ([pa.array([NOON], pa.timestamp("ms"))], [NOON, None], {NOON: 2}),
        ([pa.array([], pa.int64())], [], {}),
        (
            [column_of(LINES, [["b", "a", "b"], None, ["b", ""]]).array, pa.nulls(1)],
            [["a", "c", "c"], None, "b"],
            {"b": 3, "a": 2, "c": 1},
        ),
        ([column_of(LINES, [[0.0, -0.0], [0.5], [-0.0]]).array], [0.5, None], {0.0: 2, 0.5: 2}),
        ([column_of(LINES, [[True], [True, False]]).array], [], {True: 2, False: 1}),
        ([column_of(LINES, [[NOON]]).array], [NOON], {NOON: 2}),
    ],
)
def test_values_of_one_type_are_counted_and_sorted(arrays, others, expected):
    counted = frequencies(arrays, others)
    found = counted.most_frequent(None)
    assert list(found.items()) == list(expected.items())
    assert [type(value) for value in found] == [type(value) for value in expected]
    assert list(counted.most_frequent(1).items()) == list(expected.items())[:1]
    assert counted.in_order() == sorted(expected)


@pytest.mark.parametrize(
    ("arrays", "others"),
    [
        ([], []),
        ([pa.nulls(3)], ["a"]),
        ([pa.array([1]), pa.array([1.5])], []),
        ([pa.array([1])], [True]),
        ([pa.array([1.5])], [float("nan")]),
        ([pa.array(["a"])], [["a", "b"]]),
        ([column_of(LINES, [["a"]]).array], [[5]]),
    ],
)
def test_values_of_several_types_are_not_counted(arrays, others):
    assert frequencies(arrays, others) is None


def test_counting_texts_that_repeat_loads_no_pandas():
    """Arrow loads it for the groups in which it joins counts of several encodings."""
    script = (
        "import sys, pyarrow; from acsql.store.columns.conversion import from_python;"
        "from acsql.store.columns.frequencies import frequencies;"
        "texts = from_python(['b', 'a', 'b'], pyarrow.string()).dictionary_encode();"
        "print(frequencies([texts, texts], []).most_frequent(None), 'pandas' in sys.modules)"
    )
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "{'b': 4, 'a': 2} False\n"


def test_years_are_those_of_dates_in_any_part_and_document():
    dates = [datetime(1969, 12, 31, 23, 59, 59, 999000), NOON, None, datetime(2003, 1, 1), NOON]
    arrays = [pa.array(dates, pa.timestamp("ms")), pa.nulls(3), pa.nulls(2, pa.timestamp("ms"))]
    assert years(arrays, [None, datetime(1970, 1, 1)]) == {1969: 1, 2002: 2, 2003: 1, 1970: 1}
