"""Statistics describe the archive as it is."""

from collections import Counter

import acsql
from acsql.statistics import KINDS


def rows_by_name(archive: acsql.Archive) -> dict:
    """Return the rows of all statistics."""
    return {name: statistic.rows for name, statistic in archive.statistics().items()}


def test_the_statistics_of_an_empty_archive_have_no_rows(empty_archive: acsql.Archive) -> None:
    assert rows_by_name(empty_archive) == {name: [] for name in KINDS}


def test_observations_filters_and_exposure_times_are_counted(sample_archive: acsql.Archive) -> None:
    tables = rows_by_name(sample_archive)
    columns = ["rootname", "detector", "date_obs", "exptime", "filter1", "filter2"]
    rows = list(sample_archive.where().columns(*columns).rows())

    months = Counter(
        (row["date_obs"] and f"{row['date_obs']:%Y-%m}", row["detector"]) for row in rows
    )
    assert {
        (r["month"], r["detector"]): r["observations"] for r in tables["observations"]
    } == months
    total = sum(row["exptime"] or 0 for row in rows)
    assert abs(sum(row["exptime"] for row in tables["observations"]) - total) < 1e-6

    filters = Counter(
        (name, row["detector"])
        for row in rows
        for name in {row["filter1"], row["filter2"]} - {None, ""}
    )
    assert {(r["filter"], r["detector"]): r["observations"] for r in tables["filters"]} == filters
    exptimes = [row["exptime"] for row in rows if row["exptime"] is not None]
    assert sum(row["observations"] for row in tables["exptimes"]) == len(exptimes)


def test_rows_have_the_columns_of_their_statistic(sample_archive: acsql.Archive) -> None:
    for statistic in sample_archive.statistics().values():
        addresses = {column.address for column in statistic.columns}
        assert all(addresses == row.keys() for row in statistic.rows), statistic.name
