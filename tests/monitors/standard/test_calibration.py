"""Calibration currency: ages of reference files, and what is older than the newest."""

import pytest
from astropy.table import Table

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


def row(name: str, value: str, visit: str = "1 01", processed: str = "2011-03-10") -> tuple:
    return name, "WFC", visit, processed, "IDCTAB", value


def test_observations_with_an_older_file_are_counted() -> None:
    names = ("rootname", "detector", "visit", "processed", "keyword", "value")
    old, new = "jref$n3o1059hj_idc.fits", "jref$1161617oj_idc.fits"
    table = Table(
        rows=[row("a", old), row("b", new, processed="2018-01-01"), row("c", old, "2 01")],
        names=names,
        masked=True,
    )
    assert [tuple(each) for each in currency(table)] == [
        ("WFC", "IDCTAB", new, 1, 2),
        ("all", "visit", "processed on one date", 1, 1),
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
