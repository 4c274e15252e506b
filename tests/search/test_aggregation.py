"""Rows computed from observations: their files, their extensions, and groups of them."""

from collections import Counter

import pytest

import acsql
from acsql.errors import QueryError
from acsql.search import aggregation


def test_filenames_are_those_of_the_observations(sample_archive: acsql.Archive) -> None:
    search = sample_archive.where(detector="HRC").sort("rootname")
    rows = list(aggregation.filenames(search).rows())
    expected = {
        (row["rootname"], filetype, filename)
        for row in search.rows()
        for filetype, filename in sample_archive.observation(row["rootname"]).datasets.items()
    }
    assert {(row["rootname"], row["filetype"], row["filename"]) for row in rows} == expected
    assert len(rows) == len(expected)
    assert [row["rootname"] for row in rows] == sorted(row["rootname"] for row in rows)


def test_extensions_have_the_keyword_of_their_headers(sample_archive: acsql.Archive) -> None:
    search = sample_archive.where(detector="WFC")
    rows = list(aggregation.extensions(search, "SCI", "goodmean", "flt").rows())
    assert rows
    for row in rows:
        header = sample_archive.observation(row["rootname"]).headers["flt"][row["extension"]]
        assert header["extname"] == row["extname"] == "SCI"
        assert header.get("goodmean") == row["goodmean"]


def test_a_distribution_adds_up_to_all_observations(sample_archive: acsql.Archive) -> None:
    search = sample_archive.where("exptime>0")
    rows = list(aggregation.distribution(search, "detector").rows())
    counted = Counter(row["detector"] for row in search.columns("detector").rows())
    assert {row["detector"]: row["observations"] for row in rows} == counted
    assert sum(row["percentage"] for row in rows) == pytest.approx(100)


def test_a_reference_keyword_that_does_not_exist_is_named(sample_archive: acsql.Archive) -> None:
    with pytest.raises(QueryError, match="nothing_like_it"):
        aggregation.filenames_by_reference(sample_archive.where(), "nothing_like_it", "x")


def test_a_table_has_the_columns_of_the_rows(sample_archive: acsql.Archive) -> None:
    files = aggregation.filenames(sample_archive.where(detector="HRC"))
    table = files.table()
    assert table.colnames == ["rootname", "filetype", "filename"]
    assert len(table) == len(list(files.rows()))
    assert files.mongosh().startswith("db.")
