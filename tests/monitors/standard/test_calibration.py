"""Calibration currency: ages of reference files, and what is older than the newest."""

from collections import Counter

import pytest

import acsql
from acsql.monitors.standard.calibration import age_key, currency


@pytest.mark.parametrize(
    ("keyword", "older", "newer"),
    [
        ("CAL_VER", "4.5a (21-Jan-2002)", "4.6.1 (13-Mar-2006)"),
        ("CAL_VER", "9.2.0 (01-Jun-2017)", "10.0.0"),
        ("DARKFILE", "jref$n3o1059hj_drk.fits", "jref$q9e1206kj_drk.fits"),
        ("IDCTAB", "jref$v6m2008mj_idc.fits", "jref$1161617oj_idc.fits"),
        ("IDCTAB", "jref$v6m2008mj_idc.fits", "jref$va12008mj_idc.fits"),
        ("COMPTAB", "unreadable.fits", "mtab$n4k25633j_tmc.fits"),
        ("CAL_VER", "unknown", "4.6"),
    ],
)
def test_ages_are_in_the_order_of_delivery_and_of_versions(
    keyword: str, older: str, newer: str
) -> None:
    assert age_key(keyword, older) < age_key(keyword, newer)


def row(value: str, visit: str = "1 01", **other: str) -> dict[str, str | None]:
    usual = {"detector": "WFC", "keyword": "IDCTAB", "filter": None, "processed": "2011-03-10"}
    return usual | {"value": value, "visit": visit} | other


OLD, NEW = "jref$n3o1059hj_idc.fits", "jref$1161617oj_idc.fits"


def counted(rows: list[dict[str, str | None]]) -> list[tuple[object, ...]]:
    """Return the rows of the summary of rows."""
    keys = ("detector", "keyword", "filter", "value")
    counts = Counter(tuple(each[key] for key in keys) for each in rows)
    summary = currency(counts, [(each["visit"], each["processed"]) for each in rows])
    return [tuple(each) for each in summary]


def test_observations_with_an_older_file_are_counted() -> None:
    rows = [row(OLD), row(NEW, processed="2018-01-01"), row(OLD, "2 01")]
    assert counted(rows) == [
        ("WFC", "IDCTAB", "", NEW, 1, 2),
        ("all", "visit", "", "processed on one date", 1, 1),
    ]


def test_a_flat_field_is_compared_with_those_of_its_filter() -> None:
    flats = [(OLD, "F555W"), (NEW, "F606W"), (OLD, "F606W")]
    rows = [row(value, keyword="PFLTFILE", filter=name) for value, name in flats]
    assert [each[2:] for each in counted(rows)][:2] == [
        ("F555W", OLD, 1, 0),
        ("F606W", NEW, 1, 1),
    ]


def test_every_reference_file_of_a_header_is_a_row(measured_archive: acsql.Archive) -> None:
    table = measured_archive.monitor("calibration").table()
    name = table["rootname"][0]
    rows = {each["keyword"]: each["value"] for each in table[table["rootname"] == name]}
    observation = measured_archive.observation(name)
    header = observation.stored_header("flt" if "flt" in observation.datasets else "raw", 0)
    for keyword in ("CAL_VER", "IDCTAB", "BPIXTAB"):
        assert rows[keyword] == header[keyword]
    summary = measured_archive.monitor("calibration").summary()
    assert sum(summary["current"] + summary["older"]) > len(set(table["rootname"]))
