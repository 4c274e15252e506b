"""Rows that the columns find are those of the documents, whatever is in columns and what is not."""

import pytest
from half_folded import VALUES, conditions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.export.columns import make_table
from acsql.query import And, Equals, Like
from acsql.search import Search, rows
from acsql.search.criteria import Criteria
from acsql.store import observation_writes, queries, sorting
from acsql.store.columns.select import select
from acsql.store.sorting import SortKey

KEYWORDS = ("rootname", *VALUES)
# MongoDB sorts a list by one of its elements.
SORTABLE = tuple(name for name in KEYWORDS if name != "flt.1.meandark")
orders = st.lists(
    st.builds(SortKey, st.sampled_from(SORTABLE), st.booleans()),
    max_size=2,
    unique_by=lambda key: key.address,
)
shared = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def of_documents(criteria, order, limit=0, after=None):
    return list(
        queries.find(criteria.source.store, criteria.condition, KEYWORDS, order, limit, after)
    )


@shared
@given(condition=conditions, order=orders, few=st.sampled_from([1000, 0]), data=st.data())
def test_rows_are_those_of_the_documents(half_folded, condition, order, few, data):
    criteria = Criteria(half_folded.where().source, condition)
    every = of_documents(criteria, order)
    with pytest.MonkeyPatch.context() as patched:
        # With 0, no rows that the columns find are read from documents.
        patched.setattr(rows, "_FEW", few)
        assert list(rows.find(criteria, KEYWORDS, order)) == every
        limit = data.draw(st.integers(1, 40))
        assert list(rows.find(criteria, KEYWORDS, order, limit)) == every[:limit]
        if every:
            place = data.draw(st.integers(0, len(every) - 1))
            cursor = sorting.cursor_values(every[place], order)
            found = list(rows.find(criteria, KEYWORDS, order, limit, cursor))
            assert found == every[place + 1 : place + 1 + limit]


@shared
@given(condition=conditions, order=orders, limit=st.none() | st.integers(1, 40))
def test_a_table_of_the_columns_is_that_of_the_rows(half_folded, condition, order, limit):
    search = Search(half_folded.where().source, condition, max_rows=limit, sort_order=tuple(order))
    search = search.columns(*KEYWORDS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rows, "_FEW", 0)
        table = search.table()
    expected = make_table(list(search.rows()), search.selected_columns)
    assert table.colnames == expected.colnames
    assert table.meta == expected.meta
    for name in table.colnames:
        found, wanted = table[name], expected[name]
        assert found.tolist() == wanted.tolist()
        assert (found.unit, found.description) == (wanted.unit, wanted.description)
        # A text has the width of the longest one in its column, also where that is masked.
        assert found.dtype.kind == wanted.dtype.kind


def test_a_table_of_few_rows_or_of_lists_is_read_from_documents(half_folded, monkeypatch):
    search = half_folded.where()
    assert rows.arrays(search) is None
    monkeypatch.setattr(rows, "_FEW", 0)
    assert rows.arrays(search).keys() == {*search.addresses}
    assert rows.arrays(search.limit(1)) is not None
    assert rows.arrays(search.sort("flt.1.meandark")) is None
    assert rows.arrays(search.where("rootname=j8bt0001")) is None


@shared
@given(condition=conditions, size=st.integers(1, 200))
def test_a_sample_has_some_rows_of_the_condition(half_folded, condition, size):
    criteria = Criteria(half_folded.where().source, condition)
    every = {
        row["rootname"]: {name: row[name] for name in KEYWORDS}
        for row in of_documents(criteria, [])
    }
    sample = rows.sample(criteria, KEYWORDS, size)
    assert len(sample) == min(size, len(every))
    assert len({row["rootname"] for row in sample}) == len(sample)
    assert all(every[row["rootname"]] == row for row in sample)


def test_a_list_is_sorted_by_the_documents(half_folded):
    search, order = half_folded.where(), [SortKey("flt.1.meandark")]
    assert list(rows.find(search, KEYWORDS, order)) == of_documents(search, order)


def test_fields_that_are_no_columns_are_read_from_documents(half_folded, monkeypatch):
    monkeypatch.setattr(rows, "_FEW", 0)
    search = half_folded.where("flt.1.goodmean>5")
    found = list(rows.find(search, ["files", "headers"], search.order))
    assert len(found) == search.count() > 0
    assert all(row["headers"]["flt"]["1"]["goodmean"] > 5 for row in found)


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_page_shows_no_row_of_two_moments(half_folded, monkeypatch, in_memory):
    search = half_folded.where(Like("flt.0.biasfile", "a*"), Equals("detector", "WFC"))
    first, *others = of_documents(search, [])
    # `files` is in no column.
    columns = ["rootname", "detector"] if in_memory else ["rootname", "detector", "files"]
    select(half_folded.store, And(), columns[:2])

    def written_meanwhile(store, *arguments):
        selection = select(store, *arguments)
        changed = store.observations.find_one({"_id": first["rootname"]}) | {"detector": "HRC"}
        observation_writes.replace(store, changed)
        return selection

    monkeypatch.setattr(rows, "select", written_meanwhile)
    found = list(rows.find(search, columns, [], 5))
    # Rows from memory are of the moment at which they were found, documents are read later.
    expected = [first, *others] if in_memory else others
    assert [row["rootname"] for row in found] == [row["rootname"] for row in expected[:5]]
    assert {row["detector"] for row in found} == {"WFC"}
