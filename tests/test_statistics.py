"""Statistics describe the archive as of the last refresh."""

from collections import Counter
from datetime import datetime

import acsql
from acsql.statistics import KINDS
from acsql.store.derived import refresh


def refreshed(archive: acsql.Archive) -> dict:
    """Refresh the statistics, and return the rows by name."""
    refresh.refresh_all(archive.store, archive.specs)
    return {name: statistic.rows for name, statistic in archive.statistics().items()}


def test_before_the_first_refresh_there_are_no_statistics(empty_archive: acsql.Archive) -> None:
    assert empty_archive.statistics() == {}


def test_the_statistics_of_an_empty_archive_have_no_rows(empty_archive: acsql.Archive) -> None:
    assert refreshed(empty_archive) == {name: [] for name in KINDS}


def test_observations_filters_and_exposure_times_are_counted(sample_archive: acsql.Archive) -> None:
    tables = refreshed(sample_archive)
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


def test_all_files_and_headers_are_counted(sample_archive: acsql.Archive) -> None:
    tables = refreshed(sample_archive)
    files, sizes, headers = Counter(), Counter(), Counter()
    for row in sample_archive.where().columns("rootname").rows():
        observation = sample_archive.observation(row["rootname"])
        for filetype, extensions in observation.headers.items():
            files[filetype] += 1
            sizes[filetype] += observation.files[filetype]["size"]
            headers.update((observation["detector"], filetype, number) for number in extensions)
    assert {r["filetype"]: r["files"] for r in tables["filetypes"]} == files
    assert {r["filetype"]: r["bytes"] for r in tables["filetypes"]} == sizes
    assert [r["filetype"] for r in tables["filetypes"]] == [
        name for name in sample_archive.specs.filetypes if name in files
    ]
    assert {
        (r["detector"], r["filetype"], r["extension"]): r["headers"] for r in tables["headers"]
    } == headers
    for name in ("size_observed", "size_ingested"):
        assert tables[name][-1]["total"] == sum(sizes.values())
        totals = [row["total"] for row in tables[name]]
        assert totals == sorted(totals)


def test_documents_with_missing_or_mistyped_fields_are_counted(
    empty_archive: acsql.Archive,
) -> None:
    odd = [
        {},
        {"detector": None, "date_obs": None, "exptime": None, "files": None, "headers": None},
        {"detector": "WFC", "date_obs": "soon", "exptime": "long", "filter1": "", "filter2": 7},
        {"detector": "WFC", "exptime": 0.0, "files": {"raw": {}}},
        {"detector": "WFC", "exptime": -1.0, "headers": {"raw": {"0": {}}}},
        {"detector": "WFC", "exptime": float("nan"), "files": {"raw": {"size": 1}}},
        {"detector": "WFC", "exptime": float("inf")},
        {"detector": "WFC", "exptime": 1000, "date_obs": datetime(2002, 4, 13)},
    ]
    empty_archive.store.observations.insert_many(
        {"_id": f"j{number:07}", **document} for number, document in enumerate(odd)
    )
    tables = refreshed(empty_archive)
    assert sum(row["observations"] for row in tables["observations"]) == len(odd)
    assert tables["filetypes"] == [{"filetype": "raw", "files": 2, "bytes": 1}]
    assert {"low": 1000.0, "detector": "WFC", "observations": 1} in tables["exptimes"]
    assert sum(row["observations"] for row in tables["exptimes"]) <= 4


def test_rows_have_the_columns_of_their_statistic(sample_archive: acsql.Archive) -> None:
    refreshed(sample_archive)
    for statistic in sample_archive.statistics().values():
        addresses = {column.address for column in statistic.columns}
        assert all(addresses == row.keys() for row in statistic.rows), statistic.name
