"""Simple Cone Search: the rows of the Python API, at every edge of the sky."""

import pytest

import acsql
from acsql import Within
from acsql.errors import QueryError
from acsql.vo.addresses import Addresses
from acsql.vo.cone_search import VERBOSITIES, cone_search

# Right ascension and declination: some place, the poles, around RA 0.
PLACES = [(6.0, -72.1), (0.0, 90.0), (10.0, -90.0), (359.999, 0.0), (-10.0, 5.0), (370.0, 5.0)]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("radius", [0.1, 30.0, 180.0])
def test_the_rows_are_those_of_a_search(
    sample_archive: acsql.Archive,
    addresses: Addresses,
    place: tuple[float, float],
    radius: float,
) -> None:
    answer = cone_search(sample_archive, place, radius, addresses)
    search = sample_archive.where(Within(*place, radius)).columns("rootname").sort("rootname")
    found = [row["rootname"] for row in answer.rows]
    assert found == [row["rootname"] for row in search.rows()]
    assert answer.frame.status == "OK"
    assert found or radius < 180


@pytest.mark.parametrize("verbosity", VERBOSITIES)
def test_exactly_one_column_has_each_of_the_required_ucds(
    sample_archive: acsql.Archive, addresses: Addresses, verbosity: int
) -> None:
    answer = cone_search(sample_archive, (0, 0), 180, addresses, verbosity)
    ucds = [column.spec.ucd for column in answer.columns]
    assert [ucds.count(ucd) for ucd in ("ID_MAIN", "POS_EQ_RA_MAIN", "POS_EQ_DEC_MAIN")] == [1] * 3
    assert all(ucds)


@pytest.mark.parametrize(("radius", "limit", "status"), [(0, None, "OK"), (9, 0, "OVERFLOW")])
def test_no_row_is_an_answer_with_columns(
    sample_archive: acsql.Archive, addresses: Addresses, radius: float, limit: int, status: str
) -> None:
    answer = cone_search(sample_archive, (0, 0), radius, addresses, limit=limit)
    assert (list(answer.rows), answer.frame.status) == ([], status)
    assert answer.columns


@pytest.mark.parametrize("values", [(0, 91, 1), (0, 0, 181), (0, 0, -1), (0, float("nan"), 0)])
def test_a_circle_that_is_none_is_an_error(
    sample_archive: acsql.Archive, addresses: Addresses, values: tuple[float, float, float]
) -> None:
    with pytest.raises(QueryError):
        cone_search(sample_archive, values[:2], values[2], addresses)
