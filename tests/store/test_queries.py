"""A search yields every row once, in order, page by page."""

import math
import threading
import time
from datetime import datetime
from functools import cmp_to_key
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored_observation import DOCUMENT

from acsql.query import And, Between, Equals
from acsql.store import observation_writes, queries, sorting
from acsql.store.sorting import SortKey

EVERYTHING = And()

shared = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_a_row_has_the_requested_keywords(filled):
    addresses = ["rootname", "exptime", "date_obs", "raw.1.goodmean", "raw.0.history", "previews"]
    assert list(queries.find(filled, Equals("proposid", 9019), addresses)) == [
        {
            "rootname": "j8bt05nj",
            "exptime": 60.0,
            "date_obs": datetime(2002, 4, 13),
            "raw.1.goodmean": 5.5,
            "raw.0.history": ["first", "second"],
            "previews": DOCUMENT["previews"],
            # the default order
            "expstart": None,
        }
    ]


def test_a_row_has_the_keywords_of_its_order(filled):
    rows = list(queries.find(filled, EVERYTHING, [], [SortKey("exptime")]))
    assert [sorting.cursor_values(row, [SortKey("exptime")]) for row in rows] == [
        [None, None, "jcp001010"],
        [60.0, None, "j8bt05nj"],
    ]


MOST = 100  # rows of all pages together
KEYS = ("exptime", "targname", "flt.1.goodmean", "expstart", "rootname")

nullable = {
    "exptime": st.sampled_from([None, -1.0, 0.0, 60.0]),
    "targname": st.sampled_from([None, "", "A", "B", "a"]),
    "goodmean": st.sampled_from([None, 1.0, 2.0]),
    "expstart": st.sampled_from([None, 52000.0, 52001.0, 52002.0]),
}


@st.composite
def documents(draw, prefix: str = "j", max_size: int = 25) -> list[dict[str, Any]]:
    """Draw documents with many ties, nulls and missing values."""
    found = []
    for number in range(draw(st.integers(0, max_size))):
        document: dict[str, Any] = {"_id": f"{prefix}{draw(st.integers(0, 99)):02d}{number:05d}"}
        for name in ("exptime", "targname", "expstart"):
            if draw(st.booleans()) or draw(st.booleans()):
                document[name] = draw(nullable[name])
        if draw(st.booleans()):
            document["headers"] = {"flt": {"1": {"goodmean": draw(nullable["goodmean"])}}}
        found.append(document)
    return found


orders = st.lists(
    st.builds(SortKey, st.sampled_from(KEYS), st.booleans()),
    max_size=3,
    unique_by=lambda key: key.address,
)


def in_order(order: list[SortKey]):
    """Return the sort key of an order; ascending, null comes first."""

    def compare(one: dict[str, Any], other: dict[str, Any]) -> int:
        for key in order:
            first, second = one[key.address], other[key.address]
            if first != second:
                less = first is None or (second is not None and first < second)
                return (1 if less else -1) if key.descending else (-1 if less else 1)
        return 0

    return cmp_to_key(compare)


def pages(store, condition, order, size, between=lambda: None, most=MOST) -> list[dict[str, Any]]:
    """Return the rows of all pages of a search, calling a function between two pages."""
    rows, after = [], None
    while page := list(queries.find(store, condition, KEYS, order, size, after)):
        assert len(page) <= size
        rows += page
        assert len(rows) <= most, "pages without end"
        after = sorting.cursor_values(page[-1], order)
        between()
    return rows


def put(store, found: list[dict[str, Any]]) -> None:
    """Replace all documents."""
    store.observations.delete_many({})
    if found:
        store.observations.insert_many(found)


@shared
@given(found=documents(), order=orders, limit=st.integers(0, 30))
def test_rows_are_sorted_and_limited(store, found, order, limit):
    put(store, found)
    rows = list(queries.find(store, EVERYTHING, KEYS, order, limit))
    assert len(rows) == (min(limit, len(found)) if limit else len(found))
    assert rows == sorted(rows, key=in_order(order))
    if rows and len(rows) < len(found):
        everything = list(queries.find(store, EVERYTHING, KEYS, order))
        assert rows == everything[: len(rows)]


@shared
@given(found=documents(), order=orders, size=st.integers(1, 7))
def test_all_pages_together_have_every_row_once(store, found, order, size):
    put(store, found)
    assert pages(store, EVERYTHING, order, size) == list(
        queries.find(store, EVERYTHING, KEYS, order)
    )


@shared
@given(found=documents(), order=orders, size=st.integers(1, 7))
def test_pages_of_a_search_have_the_rows_of_that_search(store, found, order, size):
    put(store, found)
    condition = Between("exptime", low=0.0)
    assert pages(store, condition, order, size) == list(queries.find(store, condition, KEYS, order))


@shared
@given(
    found=documents(),
    later=documents("k", 8),
    order=orders,
    size=st.integers(1, 7),
)
def test_rows_inserted_between_pages_neither_repeat_nor_displace_others(
    store, found, later, order, size
):
    put(store, found)
    before = list(queries.find(store, EVERYTHING, KEYS, order))
    waiting = list(later)
    rows = pages(
        store,
        EVERYTHING,
        order,
        size,
        lambda: waiting and store.observations.insert_one(waiting.pop()),
    )
    seen = [row["rootname"] for row in rows]
    assert len(set(seen)) == len(seen)
    assert [row for row in rows if row["rootname"].startswith("j")] == before
    assert rows == sorted(rows, key=in_order(order))


@shared
@given(found=documents(), order=orders, size=st.integers(1, 7), data=st.data())
def test_rows_deleted_between_pages_displace_no_others(store, found, order, size, data):
    put(store, found)
    before = list(queries.find(store, EVERYTHING, KEYS, order))
    going = data.draw(st.lists(st.sampled_from(found), unique_by=id)) if found else []
    gone = {document["_id"] for document in going}
    rows = pages(
        store,
        EVERYTHING,
        order,
        size,
        lambda: going and store.observations.delete_one({"_id": going.pop()["_id"]}),
    )
    assert [row for row in rows if row["rootname"] not in gone] == [
        row for row in before if row["rootname"] not in gone
    ]


@shared
@given(found=documents(), order=orders)
def test_reversing_every_key_reverses_the_rows(store, found, order):
    put(store, found)
    turned = [SortKey(key.address, not key.descending) for key in order]
    if not order:
        turned = [SortKey("expstart", descending=True)]
    forwards = list(queries.find(store, EVERYTHING, KEYS, order))
    assert list(queries.find(store, EVERYTHING, KEYS, turned)) == forwards[::-1]


@settings(shared, max_examples=15)
@given(found=documents(), order=orders, size=st.integers(1, 7))
def test_unchanged_rows_are_on_one_page_each_during_writes(store, found, order, size):
    put(store, found)
    staying = {document["_id"] for document in found}
    keys = {key.address for key in order}
    stop, rounds = threading.Event(), []

    def write() -> None:
        """Replace other rows with new sort keys, and staying rows with the same keys."""
        while not stop.is_set():
            number = len(rounds)
            other = {"exptime": float(number % 5), "expstart": 52000.0 + number % 3}
            observation_writes.replace(store, {"_id": f"k{number % 9:07d}", **other})
            store.observations.delete_one({"_id": f"k{(number + 4) % 9:07d}"})
            if found:
                document = found[number % len(found)]
                observation_writes.replace(store, document | {"aperture": f"A{number}"})
            rounds.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        # Each page waits for a write before it.
        rows = pages(store, EVERYTHING, order, size, lambda: _wait_for_more(rounds), most=10_000)
    finally:
        stop.set()
        writer.join()
    seen = [row["rootname"] for row in rows if row["rootname"] in staying]
    assert sorted(seen) == sorted(staying), keys
    assert [row for row in rows if row["rootname"] in staying] == [
        row for row in queries.find(store, EVERYTHING, KEYS, order) if row["rootname"] in staying
    ]


def _wait_for_more(rounds: list[int]) -> None:
    before = len(rounds)
    while len(rounds) == before:
        time.sleep(0)


@pytest.mark.parametrize("descending", [False, True])
def test_type_mismatches_nan_and_lists_are_on_a_page_too(store, descending):
    numbers = [1.0, math.nan, 2.0, math.inf, math.nan, -math.inf, 3]
    lists = [[0.5, 2.5], [2.0, 1.0], [1.0, "N/A"], [True, 3], [None, 2.0], ["a", "b"]]
    values = [*numbers, *lists, "N/A", None, True, datetime(2002, 4, 13), ""]
    store.observations.insert_many(
        [
            {"_id": f"j{number:07d}", "headers": {"flt": {"1": {"goodmean": value}}}}
            for number, value in enumerate(values)
        ]
    )
    order = [SortKey("flt.1.goodmean", descending)]
    # NaN differs from itself, but its text does not.
    every = repr(list(queries.find(store, EVERYTHING, KEYS, order)))
    for size in (1, 2, 3):
        assert repr(pages(store, EVERYTHING, order, size)) == every
