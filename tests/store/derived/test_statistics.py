"""The statistics that a refresh stores count all files, headers and observations."""

from collections import Counter
from datetime import datetime

from statistics_rows import refreshed

import acsql


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
