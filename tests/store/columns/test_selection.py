"""Pages, rows, groups and tables of a selection have the values of the documents."""

from collections import Counter

from column_conditions import EVERY, VALUES, as_float, conditions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.query import And
from acsql.store import queries
from acsql.store.columns.select import select
from acsql.store.sorting import SortKey, cursor_values, most_frequent_first, sorted_values

# MongoDB sorts lists by one of their elements; no keyword that is sorted by has lists.
orders = st.lists(
    st.builds(
        SortKey,
        st.sampled_from([*sorted({*VALUES} - {"flt.1.goodmean"}), "rootname"]),
        st.booleans(),
    ),
    max_size=2,
    unique_by=lambda key: key.address,
)
ADDRESSES = [*EVERY, "rootname", "expstart"]


def shown(row):
    """Return the values of a row as text; an integer may be a float in the columns."""
    return repr([as_float(row[name]) for name in ADDRESSES])


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=conditions, order=orders, limit=st.integers(1, 70))
def test_pages_of_a_selection_are_those_that_mongodb_sorts(filled, condition, order, limit):
    selection = select(filled, condition, ADDRESSES)
    if selection is None:
        return
    every = [row["rootname"] for row in queries.find(filled, condition, ["rootname"], order)]
    cursor = None
    assert [row["rootname"] for row in selection.every(order)] == every
    for start in (0, limit):
        page = selection.first(order, limit, cursor)
        if page:
            rest = selection.every(order, cursor)
            assert [row["rootname"] for row in rest] == every[start:]
        assert [row["rootname"] for row in page] == every[start : start + limit]
        if not page:
            return
        cursor = cursor_values(page[-1], order)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    condition=conditions, address=st.sampled_from(ADDRESSES), limit=st.none() | st.integers(1, 5)
)
def test_values_are_sorted_as_python_sorts_their_numbers(filled, condition, address, limit):
    selection = select(filled, condition, [address])
    if selection is None:
        return
    numbers = selection.value_counts(address)
    every = list(most_frequent_first(numbers).items())
    assert list(selection.most_frequent(address, limit).items()) == every[:limit]
    assert selection.distinct(address) == sorted_values(numbers)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=conditions)
def test_rows_and_groups_of_a_selection_have_the_values_of_the_documents(filled, condition):
    selection = select(filled, condition, ADDRESSES)
    if selection is None:
        return
    expected = list(queries.find(filled, condition, ADDRESSES))
    assert sorted(map(shown, selection.rows())) == sorted(map(shown, expected))
    combinations = Counter((row["targname"] or None, row["subarray"]) for row in expected)
    assert selection.group(["targname", "subarray"]) == combinations
    assert selection.group(["subarray"]) == Counter((row["subarray"],) for row in expected)


def test_a_table_has_one_type_for_each_keyword(filled):
    selection = select(filled, And(()), ADDRESSES)
    table = selection.table(["rootname", "date_obs", "exptime", "expstart"])
    assert table.num_rows == selection.count == 150
    assert [str(field.type) for field in table.schema] == [
        "string",
        "timestamp[ms]",
        "string",
        "null",
    ]
    names = table["rootname"].to_pylist()
    assert sorted(names) == [f"j8bt{number:04d}" for number in range(150)]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=conditions, size=st.integers(0, 200))
def test_a_sample_has_different_rows_of_a_selection(filled, condition, size):
    selection = select(filled, condition, ADDRESSES)
    if selection is None:
        return
    every = {row["rootname"]: shown(row) for row in selection.rows()}
    rows = selection.sample(size)
    sample = {row["rootname"]: shown(row) for row in rows}
    assert len(rows) == len(sample) == min(size, selection.count)
    assert sample.items() <= every.items()
