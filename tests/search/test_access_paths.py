"""One index serves a search if it finds and sorts; all other searches need the columns."""

import pytest

from acsql.query import And, AnyOf, Between, Covers, Equals, Exists, Like, Not, Or
from acsql.search.access_paths import an_index_counts, an_index_serves
from acsql.store.sorting import SortKey

WFC = Equals("detector", "WFC")


@pytest.mark.parametrize(
    ("condition", "key"),
    [
        (And(()), "expstart"),
        (And(()), "exptime"),
        (WFC, "expstart"),
        (WFC, "detector"),
        (And((WFC,)), "expstart"),
        (AnyOf("detector", ("WFC", "HRC")), "expstart"),
        (Between("exptime", 100.0), "exptime"),
        (Exists("exptime"), "exptime"),
        (Like("targname", "NGC*"), "targname"),
        # Found by key, whatever else is required.
        (And((Equals("rootname", "j8bt05nj"), Equals("raw.0.ccdgain", 2))), "raw.0.ccdgain"),
        # Columns have no positions.
        (And((Covers(6.0, -72.0), Equals("raw.0.ccdgain", 2))), "expstart"),
        (Not(Covers(6.0, -72.0)), "expstart"),
    ],
)
def test_an_index_serves_one_condition_in_its_order(specs, condition, key):
    assert an_index_serves(condition, [SortKey(key)], specs)


@pytest.mark.parametrize(
    ("condition", "key"),
    [
        (And(()), "linenum"),
        (And(()), "flt.1.goodmean"),
        (Equals("raw.0.ccdgain", 2), "expstart"),
        (WFC, "exptime"),
        (And((WFC, Equals("imagetyp", "BIAS"))), "expstart"),
        (Between("exptime", 100.0), "expstart"),
        (Like("targname", "NGC*"), "expstart"),
        (Like("targname", "*104"), "targname"),
        (Or((WFC, Equals("imagetyp", "BIAS"))), "expstart"),
        (Not(WFC), "expstart"),
    ],
)
def test_no_index_serves_other_searches(specs, condition, key):
    assert not an_index_serves(condition, [SortKey(key)], specs)


@pytest.mark.parametrize("condition", [And(()), WFC])
def test_no_index_sorts_by_two_keywords_or_in_two_directions(specs, condition):
    by_time = [SortKey("expstart", True), SortKey("rootname", True)]
    assert an_index_serves(condition, by_time, specs)
    assert an_index_serves(condition, [SortKey("detector"), SortKey("expstart")], specs)
    assert not an_index_serves(condition, [SortKey("expstart"), SortKey("exptime")], specs)
    assert not an_index_serves(condition, [SortKey("detector"), SortKey("exptime", True)], specs)
    assert not an_index_serves(condition, [SortKey("detector"), SortKey("expstart", True)], specs)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (And(()), True),
        (Equals("proposid", 9018), True),
        (Between("exptime", 100.0), True),
        (And((Between("exptime", 100.0),)), True),
        (WFC, True),
        (Between("exptime"), False),
        (Equals("linenum", 1), False),
        (Equals("raw.0.ccdgain", 2), False),
        (And((Between("exptime", 100.0), Equals("proposid", 9018))), False),
        (Not(Equals("proposid", 9018)), False),
        (Covers(6.0, -72.0), False),
    ],
)
def test_an_index_counts_one_value_or_range(specs, condition, expected):
    assert an_index_counts(condition, specs) == expected
