"""The short forms of an archive return what the same search returns."""

import pytest

import acsql
from acsql.errors import QueryError


def test_search_has_columns_order_and_limit(sample_archive: acsql.Archive) -> None:
    columns = ["rootname", "exptime"]
    table = sample_archive.search(
        "exptime>0", detector="WFC", columns=columns, sort="-exptime", limit=5
    )
    search = sample_archive.where("exptime>0", detector="WFC")
    same = search.columns(*columns).sort("-exptime").limit(5).table()
    assert table.colnames == columns
    assert [tuple(row) for row in table] == [tuple(row) for row in same]
    assert list(table["exptime"]) == sorted(table["exptime"], reverse=True)


def test_several_sort_keys_are_a_list(sample_archive: acsql.Archive) -> None:
    keys = ["detector", "-expstart"]
    table = sample_archive.search("expstart>0", columns=["rootname"], sort=keys)
    rows = sample_archive.where("expstart>0").columns("rootname").sort(*keys).rows()
    assert list(table["rootname"]) == [row["rootname"] for row in rows]


def test_counts_and_facets_agree_with_the_search(sample_archive: acsql.Archive) -> None:
    facets = sample_archive.facets("detector", "exptime>0")
    assert facets == sample_archive.where("exptime>0").facets("detector")
    for detector, number in facets.items():
        assert sample_archive.count("exptime>0", detector=detector) == number
    assert len(sample_archive.facets("detector", limit=1)) == 1


def test_a_time_limit_replaces_that_of_the_archive(sample_archive: acsql.Archive) -> None:
    assert sample_archive.count(time_limit=None) == sample_archive.count()
    for run in (sample_archive.count, lambda **limit: sample_archive.facets("detector", **limit)):
        with pytest.raises(QueryError, match="time_limit"):
            run(time_limit=0)
