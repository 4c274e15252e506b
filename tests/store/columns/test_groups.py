"""Groups of observations have the statistics that Python computes from the documents."""

import statistics
from collections import defaultdict
from datetime import datetime, timedelta

import pytest
from half_folded import fill
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.query import And, AnyOf
from acsql.search.grouping import STATISTICS
from acsql.store import queries
from acsql.store.columns.groups import Key, Measure, group

KEYS = ("targname", "subarray", "exptime", "flt.0.biasfile", "datasets.flc")
EPOCH = datetime(1858, 11, 17)
MEASURES = [Measure(name, "flt.1.goodmean", name) for name in STATISTICS]
FUNCTIONS = {
    "mean": statistics.fmean,
    "median": statistics.median,
    "std": lambda values: statistics.stdev(values) if len(values) > 1 else None,
    "min": min,
    "max": max,
    "sum": sum,
    "count": len,
}


@pytest.fixture
def filled(store):
    """A database of which some observations are in columns."""
    store.make_indexes()
    fill(store)
    return store


def expected(rows, key):
    """Return the groups of rows, whose values of ``flt.1.goodmean`` are finite or no numbers."""
    groups = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row["flt.1.goodmean"])
    found = {}
    for value, members in groups.items():
        numbers = [float(n) for n in members if isinstance(n, int | float)]
        of_group = {name: FUNCTIONS[name](numbers) if numbers else None for name in STATISTICS}
        found[value] = {"observations": len(members), **of_group, "count": len(numbers)}
    return found


def assert_same(found, names, groups):
    by_key = {tuple(row[name] for name in names): row for row in found}
    assert len(by_key) == len(found)
    assert by_key.keys() == groups.keys()
    for key, values in groups.items():
        assert {name: by_key[key][name] for name in values} == pytest.approx(values, nan_ok=True)


def is_known(value):
    return value is not None and value != ""


# Those of 2^60 and infinity have no mean that two summations agree on.
FINITE = AnyOf("flt.1.goodmean", (-1, 0, 5, 5.5, 7.0, "N/A"))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.sampled_from(KEYS), min_size=1, max_size=2, unique=True))
def test_groups_are_those_of_the_documents(filled, names):
    rows = queries.find(filled, FINITE, [*names, "flt.1.goodmean"])
    groups = expected(
        rows, lambda row: tuple(row[name] if is_known(row[name]) else None for name in names)
    )
    found = group(filled, FINITE, [Key(name, name) for name in names], MEASURES)
    assert_same(found, names, groups)


@pytest.mark.parametrize("address", ["date_obs", "expstart"])
@pytest.mark.parametrize(
    ("period", "begin"),
    [
        ("year", lambda moment: moment.year),
        ("month", lambda moment: datetime(moment.year, moment.month, 1)),
        ("day", lambda moment: datetime(moment.year, moment.month, moment.day)),
    ],
)
def test_dates_are_grouped_by_period(filled, address, period, begin):
    def key(row):
        value = row[address]
        moment = EPOCH + timedelta(days=value) if isinstance(value, float) else value
        return (None if moment is None else begin(moment),)

    groups = expected(queries.find(filled, FINITE, [address, "flt.1.goodmean"]), key)
    assert len(groups) > 1
    assert_same(group(filled, FINITE, [Key("k", address, period)], MEASURES), ["k"], groups)


def test_documents_answer_where_columns_do_not(filled):
    rows = list(queries.find(filled, And(), ["rootname", "detector"]))
    names = AnyOf("rootname", tuple(row["rootname"] for row in rows[:50]))
    found = group(filled, names, [Key("detector", "detector")], [])
    assert sum(row["observations"] for row in found) == 50


def test_groups_are_sorted_by_their_keys(filled):
    found = group(filled, And(), [Key("detector", "detector")], [])
    assert [row["detector"] for row in found] == ["HRC", "WFC", None]


def test_an_empty_archive_has_no_groups(store):
    measure = Measure("mean", "exptime", "mean")
    assert group(store, And(), [Key("detector", "detector")], [measure]) == []
