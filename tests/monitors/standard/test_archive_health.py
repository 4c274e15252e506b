"""Archive health: latency, missing and vanished files."""

from datetime import datetime

import pytest

import acsql
from acsql.monitors.standard import archive_health

FILES = {name: {"size": 2_000_000} for name in ("raw", "flt", "spt", "jif", "jit")}


class Stored(dict):
    """An observation with these files."""

    def __init__(self, files, ipppssoot="j8bt05njq", end=53371.0):
        first = datetime(2005, 1, 3, 12)  # Modified Julian Date 53373.5
        super().__init__(first_ingest_date=first, expend=end, detector="WFC")
        self.files = files
        self.ipppssoot = ipppssoot


def test_the_latency_is_from_the_end_of_the_exposure_to_the_first_ingest() -> None:
    (row,) = archive_health.MONITOR.rows(Stored(FILES))
    assert row["latency"] == pytest.approx(2.5)
    assert (row["files"], row["size"], row["missing"], row["vanished"]) == (5, 10.0, "", "")
    assert archive_health.MONITOR.rows(Stored(FILES, end=None))[0]["latency"] is None


@pytest.mark.parametrize(
    ("names", "ipppssoot", "missing"),
    [
        (["raw", "spt", "jif", "jit"], "j8bt05njq", "flt"),
        (["raw", "flt", "spt", "jif", "jit", "drz"], "j8bt05njq", ""),
        (["asn", "drz", "spt", "jit"], "j8bt05010", "jif"),
        ([], "j8bt05010", "asn drz spt jif jit"),
    ],
)
def test_what_is_missing_depends_on_the_kind_of_observation(
    names: list[str], ipppssoot: str, missing: str
) -> None:
    files = {name: {"size": 1} for name in names}
    (row,) = archive_health.MONITOR.rows(Stored(files, ipppssoot))
    assert row["missing"] == missing


def test_a_file_that_is_no_longer_on_disk_has_vanished() -> None:
    files = FILES | {"flt": {"size": 1, "vanished": datetime(2026, 1, 1)}}
    assert archive_health.MONITOR.rows(Stored(files))[0]["vanished"] == "flt"


def test_the_summary_counts_what_the_sample_archive_leaves_out(
    measured_archive: acsql.Archive,
) -> None:
    summary = measured_archive.monitor("archive_health").summary()
    files = {(row["problem"], row["what"]): row["files"] for row in summary}
    search = measured_archive.where("exists(raw.0.detector) not exists(flt.0.detector)")
    assert files["missing", "flt"] >= search.count() > 0
    assert {problem for problem, _ in files} == {"missing"}


def test_the_summary_counts_failures_by_reason(empty_archive: acsql.Archive) -> None:
    recorded = {"rootname": "j", "owed": False, "stage": "headers", "first": None, "last": None}
    names = ("j8bt05njq_raw.fits", "j8bt05njq_flt.fits")
    empty_archive.store.failures.insert_many(
        [recorded | {"_id": name, "reason": f"cannot read {name}: truncated"} for name in names]
    )
    (row,) = archive_health.problems(empty_archive)
    assert tuple(row) == ("failed: headers", "cannot read ...: truncated", 2)
