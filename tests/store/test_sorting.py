"""Orders are total, and an index serves them."""

from typing import Any

import pytest

from acsql import query
from acsql.query import And, Equals
from acsql.store import queries, sorting
from acsql.store.fields import field_path
from acsql.store.filters import to_filter
from acsql.store.sorting import SortKey

EVERYTHING = And()


@pytest.mark.parametrize(
    ("order", "total"),
    [
        ([], ["expstart", "rootname"]),
        (["exptime"], ["exptime", "expstart", "rootname"]),
        (["-exptime"], ["-exptime", "-expstart", "-rootname"]),
        (["exptime", "-targname"], ["exptime", "-targname", "-expstart", "-rootname"]),
        (["-expstart"], ["-expstart", "-rootname"]),
        (["expstart", "-exptime"], ["expstart", "-exptime", "-rootname"]),
        (["rootname"], ["rootname"]),
        (["-rootname", "exptime"], ["-rootname", "exptime"]),
    ],
)
def test_ties_are_broken_by_time_and_rootname(order, total):
    keys = [SortKey(key.removeprefix("-"), key.startswith("-")) for key in order]
    found = sorting.total_order(keys)
    assert [("-" if key.descending else "") + key.address for key in found] == total


def explained(store, condition, order, after=None) -> dict[str, Any]:
    """Return the plan of the server for a page of a search."""
    filter_ = to_filter(condition)
    total = sorting.total_order(order)
    if after is not None:
        filter_ = {"$and": [filter_, sorting.rows_after(total, after)]}
    cursor = store.observations.find(filter_, limit=10)
    cursor.sort([(field_path(key.address), -1 if key.descending else 1) for key in total])
    return cursor.explain()


def stages(plan: dict[str, Any]) -> set[str]:
    inner = [plan[name] for name in ("inputStage",) if name in plan] + plan.get("inputStages", [])
    return {plan["stage"]}.union(*map(stages, inner))


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("condition", [EVERYTHING, Equals("detector", "WFC")])
def test_an_index_serves_every_page_of_an_indexed_sort(store, condition, descending):
    store.observations.create_index([("detector", 1), ("expstart", 1), ("_id", 1)])
    store.observations.insert_many(
        {"_id": f"j{n:07d}", "detector": ["WFC", "HRC", None][n % 3], "expstart": float(n % 50)}
        for n in range(900)
    )
    order = [SortKey("detector", descending)]
    for after in (None, ["WFC", 20.0, "j0000300"], ["WFC", None, "j0000300"]):
        plan = explained(store, condition, order, after)
        assert "SORT" not in stages(plan["queryPlanner"]["winningPlan"]), after
        assert plan["executionStats"]["totalDocsExamined"] <= 10, after


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("keys", [["expstart"], ["expstart", "exptime"], ["exptime"]])
def test_pages_have_each_row_once_also_of_equal_and_unknown_times(store, keys, descending):
    times = (None, 1.0, 1.0, 2.0)
    store.observations.insert_many(
        {"_id": f"j{n:07d}", "expstart": times[n % 4], "exptime": times[n % 3]} for n in range(24)
    )
    order = sorting.total_order([SortKey(key, descending) for key in keys])
    every = [row["rootname"] for row in queries.find(store, EVERYTHING, ["rootname"], order)]
    seen, after = [], None
    while page := list(queries.find(store, EVERYTHING, ["rootname"], order, 5, after)):
        seen += [row["rootname"] for row in page]
        after = sorting.cursor_values(page[-1], order)
    assert seen == every
    assert len(set(seen)) == 24


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("everything()", "expstart"),
        ("detector=WFC", "expstart"),
        ("detector=WFC exptime>=100", "exptime"),
        ("date_obs=2002", "date_obs"),
        ("rootname=j8*", "rootname"),
        ("exptime>=100 or exptime<1", "expstart"),
        ("flt.1.goodmean>1", "expstart"),
    ],
)
def test_the_default_order_is_one_that_an_index_finds_and_sorts(specs, text, expected):
    found = sorting.default_order(query.parse(text, specs), specs)
    assert found == [SortKey(expected)]
