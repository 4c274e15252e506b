"""Counts and facets are the same from columns and documents, and say whether they are exact."""

import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from half_folded import VALUES, conditions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import acsql
from acsql import query
from acsql.query import And, Equals, Not
from acsql.search import counting
from acsql.store import aggregations, live_counts, observation_writes
from acsql.store.columns.fold import fold
from acsql.store.columns.select import select

# Counts twice, and prints each time whether Arrow has been loaded.
COUNT_TWICE = """
import sys
import acsql

with acsql.connect(sys.argv[1]) as archive:
    for _ in range(2):
        print(archive.count(detector="WFC"), "pyarrow" in sys.modules)
"""

PROMOTED = [keyword for keyword in VALUES if "." not in keyword]


def test_a_process_that_counts_again_counts_in_columns(
    sample_archive: acsql.Archive, write_settings, tmp_path: Path
) -> None:
    settings = write_settings(sample_archive.config, tmp_path)
    command = [sys.executable, "-c", COUNT_TWICE, settings]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    number = sample_archive.count(detector="WFC")
    assert found.stdout.splitlines() == [f"{number} False", f"{number} True"]


def test_distinct_values_are_sorted(sample_archive: acsql.Archive, everything) -> None:
    search = sample_archive.where()
    assert search.distinct("detector") == sorted({row["detector"] for row in everything})
    assert search.where(detector="WFC").distinct("detector") == ["WFC"]


@pytest.mark.parametrize("keyword", ["detector", "filter1", "targname", "exptime", "date_obs"])
@pytest.mark.parametrize("conditions", [{}, {"detector": "WFC"}, {"exptime": (100, None)}])
def test_facets_of_promoted_keywords_are_counted(sample_archive, keyword, conditions) -> None:
    search = sample_archive.where(**conditions)
    rows = search.columns("rootname", keyword).rows()
    expected = Counter(row[keyword] for row in rows if row[keyword] not in (None, ""))
    facets = sample_archive.facets(keyword, **conditions)
    assert facets == search.facets(keyword) == expected
    assert list(facets.values()) == sorted(facets.values(), reverse=True)
    assert search.distinct(keyword) == sorted(expected)
    assert search.facets(keyword, limit=2) == dict(list(facets.items())[:2])


def test_facets_of_header_keywords_are_counted(sample_archive) -> None:
    rows = sample_archive.where().columns("raw.0.ccdgain", "drz.0.dnnndata").rows()
    gains, blocks = zip(*((r["raw.0.ccdgain"], r["drz.0.dnnndata"]) for r in rows), strict=True)
    expected = Counter(gain for gain in gains if gain is not None)
    assert expected
    assert sample_archive.facets("raw.0.ccdgain") == expected
    inputs = Counter(value for block in blocks if block for value in set(block) if value)
    assert inputs
    assert sample_archive.facets("drz.0.dnnndata") == inputs


def test_facets_of_all_observations_are_those_of_this_moment(half_folded) -> None:
    search, store = half_folded.where(), half_folded.store
    for number in range(3):
        detectors = Counter(
            each["detector"] for each in store.observations.find({"detector": {"$nin": [None, ""]}})
        )
        assert search.facets_of("detector")["detector"] == detectors
        # What one caller does with its answer is not in that of the next.
        search.facets_of("detector")["detector"].clear()
        assert search.facets_of("detector")["detector"] == detectors
        observation_writes.replace(store, {"_id": f"j9zz000{number}", "detector": "SBC"})
        fold(store) if number else None


def test_each_line_of_history_is_a_facet(sample_archive: acsql.Archive) -> None:
    for filetype, name in (("flt", "history"), ("drz", "comment")):
        keyword = f"{filetype}.0.{name}"
        search = sample_archive.where(f"exists({keyword})").columns("rootname", keyword)
        rows = list(search.rows())
        for row in rows:
            stored = sample_archive.observation(row["rootname"]).headers[filetype][0]
            assert row[keyword] == stored[name]
        numbers = Counter(line for row in rows for line in set(row[keyword]) if line)
        assert numbers
        assert sample_archive.facets(keyword) == numbers
        assert sample_archive.where().distinct(keyword) == sorted(numbers)
        assert list(search.table()[keyword]) == [row[keyword] for row in rows]


@pytest.mark.parametrize("folded", [False, True])
def test_counts_are_the_same_from_columns_and_documents(empty_archive, folded: bool) -> None:
    store, day = empty_archive.store, datetime(2002, 4, 13)
    for number, detector in enumerate(["WFC", "WFC", "HRC", None]):
        known = {"detector": detector, "filter1": "F606W", "exptime": float(number)}
        observation_writes.replace(store, {"_id": f"j{number:07d}", "date_obs": day} | known)
    if folded:
        fold(store)
    assert (select(store, And()) is not None) == folded
    assert empty_archive.count() == 4
    assert empty_archive.count(detector="WFC") == 2
    assert empty_archive.count(Not(Equals("detector", "WFC"))) == 2
    assert empty_archive.count(detector="WFC", exptime=(1, None)) == 1
    assert empty_archive.facets("detector") == {"WFC": 2, "HRC": 1}
    assert list(empty_archive.facets("detector", limit=1)) == ["WFC"]
    assert empty_archive.where().facets_of("detector", "date_obs") == {
        "detector": {"WFC": 2, "HRC": 1},
        "date_obs": {2002: 4},
    }
    assert empty_archive.where().distinct("detector") == ["HRC", "WFC"]
    assert empty_archive.facets("exptime", detector="WFC") == {0.0: 1, 1.0: 1}
    nothing = empty_archive.where(detector="SBC", exptime=(0, None)).explain()
    assert [part.count for part in nothing.conditions] == [0, 4]
    assert [part.matches_without for part in nothing.conditions] == [True, False]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=conditions, keywords=st.lists(st.sampled_from(PROMOTED), min_size=1, unique=True))
def test_answers_from_columns_are_those_of_the_documents(half_folded, condition, keywords) -> None:
    store, specs = half_folded.store, half_folded.specs
    assert counting.count(store, condition, None) == live_counts.count(store, condition)
    for keyword in keywords:
        column = query.resolve(keyword, specs)
        numbers = live_counts.value_counts(store, keyword, condition)
        assert counting.facets(store, column, condition, None) == numbers
        assert counting.distinct(store, column, condition, None) == sorted(numbers)
    stages = aggregations.distribution(condition, keywords)
    expected = list(aggregations.aggregate(store, stages, condition))
    found = list(aggregations.distribution_rows(store, condition, keywords))
    assert found == expected


def test_a_count_says_whether_it_is_exact(sample_archive) -> None:
    count = sample_archive.count(detector="WFC")
    assert count.exact
    assert str(count) == f"{count}" == repr(count) == str(int(count))
    assert sample_archive.count("raw.0.exptime>0", budget=1000).exact


def test_after_its_budget_a_count_is_estimated_and_says_so(large) -> None:
    count = large.count("raw.0.exptime=1", budget=0.001)
    assert not count.exact
    assert str(count).startswith("about ")
    assert abs(count - 5000) < 10 * 20_000 * (0.25 * 0.75 / 800) ** 0.5
    assert large.count("raw.0.exptime=1", budget=1000) == 5000
