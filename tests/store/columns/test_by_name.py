"""Rows that are read by name from columns in memory are those of the documents."""

import random

import pytest
from column_conditions import VALUES, write

from acsql.query import And
from acsql.store import queries
from acsql.store.columns import by_name
from acsql.store.columns.fold import fold
from acsql.store.columns.select import select
from acsql.store.moment import one_moment

KEYWORDS = ("exptime", "rootname", "subarray", "date_obs")
NAMES = [f"j8bt{number:04d}" for number in range(30)]
REGULAR = {"exptime": (-1.5, 0.0, 60.0, None), "targname": ("NGC104", "M31", "", None)}


@pytest.fixture
def folded(store, monkeypatch):
    """A store of which all columns have values that Arrow compares, some twice, and are loaded."""
    for keyword, values in REGULAR.items():
        monkeypatch.setitem(VALUES, keyword, values)
    for numbers in (range(10), range(8, 20), range(18, 30), range(5, 8), range(10, 20)):
        write(store, numbers, random.Random(1))
        fold(store)
    select(store, And(()), KEYWORDS)
    return store


def of_documents(store, names):
    found = {row["rootname"]: row for row in queries.find(store, And(()), KEYWORDS)}
    return [{address: found[name][address] for address in KEYWORDS} for name in names]


@pytest.mark.parametrize("names", [NAMES, NAMES[::-1], NAMES[14:15], NAMES[9:11], []])
def test_rows_are_those_of_the_documents_in_the_order_of_the_names(folded, names):
    assert by_name.rows(folded, names, KEYWORDS) == of_documents(folded, names)


def test_rows_of_changed_observations_are_new_ones(folded):
    before = of_documents(folded, NAMES)
    for seed in (2, 3):
        write(folded, range(5, 12), random.Random(seed))
        assert by_name.rows(folded, NAMES, KEYWORDS) == of_documents(folded, NAMES) != before


def test_rows_are_of_one_moment(folded):
    with one_moment():
        before = by_name.rows(folded, NAMES, KEYWORDS)
        write(folded, range(5, 12), random.Random(2))
        fold(folded)
        assert by_name.rows(folded, NAMES, KEYWORDS) == before != of_documents(folded, NAMES)


def test_columns_of_a_new_part_are_read(folded):
    write(folded, range(28, 40), random.Random(2))
    fold(folded)
    names = [f"j8bt{number:04d}" for number in range(25, 40)]
    assert by_name.rows(folded, names, KEYWORDS) == of_documents(folded, names)


@pytest.mark.parametrize(
    "address",
    ["targname", "flt.1.meandark", "flt.0.history"],
    ids=["not in memory", "not in memory either", "lists"],
)
def test_other_columns_are_not_read(folded, address):
    assert by_name.rows(folded, NAMES, [address]) is None


def test_a_column_that_a_search_has_read_is_in_memory(folded):
    select(folded, And(()), ["targname"])
    rows = by_name.rows(folded, NAMES, ["rootname", "targname"])
    assert [row["rootname"] for row in rows] == NAMES
    assert {row["targname"] for row in rows} == set(REGULAR["targname"])


def test_an_observation_that_is_not_stored_has_no_row(folded):
    assert by_name.rows(folded, ["j8bt9999"], KEYWORDS) is None


def test_nothing_is_read_before_the_first_fold(store):
    write(store, range(3), random.Random(1))
    assert by_name.rows(store, NAMES[:3], KEYWORDS) is None


def test_an_irregular_value_is_in_no_column(store, monkeypatch):
    monkeypatch.setitem(VALUES, "exptime", [60.0])
    write(store, range(3), random.Random(1))
    monkeypatch.setitem(VALUES, "exptime", ["INDEF"])
    write(store, [1], random.Random(1))
    fold(store)
    select(store, And(()), KEYWORDS)
    assert by_name.rows(store, NAMES[:2], KEYWORDS) is None
    assert by_name.rows(store, [NAMES[0], NAMES[2]], ["exptime"]) == [{"exptime": 60.0}] * 2
