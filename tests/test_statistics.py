"""Do the statistics say what is in the archive, as it was at the last count?"""

from collections import Counter
from datetime import datetime

import acsql
from acsql.statistics import KINDS
from acsql.store.derived import refresh


def recounted(archive: acsql.Archive) -> dict:
    """Count, and return the rows by name."""
    refresh.refresh_all(archive.store, archive.specs)
    return {name: found.rows for name, found in archive.statistics().items()}


def test_before_the_first_count_there_are_none(empty_archive: acsql.Archive) -> None:
    assert empty_archive.statistics() == {}


def test_of_an_empty_archive_there_is_nothing_to_say(empty_archive: acsql.Archive) -> None:
    assert recounted(empty_archive) == {name: [] for name in KINDS}


def test_they_are_what_the_observations_come_to(sample_archive: acsql.Archive) -> None:
    found = recounted(sample_archive)
    columns = ["rootname", "detector", "date_obs", "exptime", "filter1", "filter2"]
    rows = list(sample_archive.where().columns(*columns).rows())

    months = Counter(
        (row["date_obs"] and f"{row['date_obs']:%Y-%m}", row["detector"]) for row in rows
    )
    assert {(r["month"], r["detector"]): r["observations"] for r in found["observations"]} == months
    total = sum(row["exptime"] or 0 for row in rows)
    assert abs(sum(row["exptime"] for row in found["observations"]) - total) < 1e-6

    filters = Counter(
        (name, row["detector"])
        for row in rows
        for name in {row["filter1"], row["filter2"]} - {None, ""}
    )
    assert {(r["filter"], r["detector"]): r["observations"] for r in found["filters"]} == filters
    known = [row["exptime"] for row in rows if row["exptime"] is not None]
    assert sum(row["observations"] for row in found["exptimes"]) == len(known)


def test_files_and_headers_are_all_counted(sample_archive: acsql.Archive) -> None:
    found = recounted(sample_archive)
    files, sizes, headers = Counter(), Counter(), Counter()
    for row in sample_archive.where().columns("rootname").rows():
        observation = sample_archive.observation(row["rootname"])
        for filetype, extensions in observation.headers.items():
            files[filetype] += 1
            sizes[filetype] += observation.files[filetype]["size"]
            headers.update((observation["detector"], filetype, number) for number in extensions)
    assert {r["filetype"]: r["files"] for r in found["filetypes"]} == files
    assert {r["filetype"]: r["bytes"] for r in found["filetypes"]} == sizes
    assert [r["filetype"] for r in found["filetypes"]] == [
        name for name in sample_archive.specs.filetypes if name in files
    ]
    assert {
        (r["detector"], r["filetype"], r["extension"]): r["headers"] for r in found["headers"]
    } == headers
    for name in ("size_observed", "size_ingested"):
        assert found[name][-1]["total"] == sum(sizes.values())
        totals = [row["total"] for row in found[name]]
        assert totals == sorted(totals)


def test_whatever_a_document_holds_is_counted(empty_archive: acsql.Archive) -> None:
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
    found = recounted(empty_archive)
    assert sum(row["observations"] for row in found["observations"]) == len(odd)
    assert found["filetypes"] == [{"filetype": "raw", "files": 2, "bytes": 1}]
    assert {"low": 1000.0, "detector": "WFC", "observations": 1} in found["exptimes"]
    assert sum(row["observations"] for row in found["exptimes"]) <= 4


def test_rows_have_their_columns(sample_archive: acsql.Archive) -> None:
    recounted(sample_archive)
    for statistic in sample_archive.statistics().values():
        addresses = {column.address for column in statistic.columns}
        assert all(addresses == row.keys() for row in statistic.rows), statistic.name
