"""Limits of a search are positive numbers, wherever they are set."""

import math

import pytest

from acsql.errors import QueryError


@pytest.mark.parametrize("wrong", [0, -1, -50])
def test_a_number_of_rows_is_at_least_one(sample_archive, wrong: int) -> None:
    for run in (
        lambda: sample_archive.search(limit=wrong),
        lambda: sample_archive.where().limit(wrong),
        lambda: sample_archive.where().page(size=wrong),
        lambda: sample_archive.where().thumbnails(size=wrong),
        lambda: sample_archive.where().sample(size=wrong),
        lambda: sample_archive.facets("detector", limit=wrong),
    ):
        with pytest.raises(QueryError, match=str(wrong)):
            run()


@pytest.mark.parametrize("wrong", [0, -1, math.nan, "soon", True])
def test_a_time_limit_is_a_positive_number_of_seconds(sample_archive, wrong) -> None:
    for run in (
        lambda: sample_archive.search(time_limit=wrong),
        lambda: sample_archive.where().time_limit(wrong),
    ):
        with pytest.raises(QueryError, match="time_limit"):
            run()
