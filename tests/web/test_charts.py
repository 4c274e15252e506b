"""Charts: how statistics become tables of keys and series."""

from datetime import datetime

from acsql.statistics import KINDS, Statistic
from acsql.web.charts import CHARTS, to_table


def test_every_statistic_has_a_chart() -> None:
    assert CHARTS.keys() == KINDS.keys()
    for name, chart in CHARTS.items():
        addresses = {column.address for column in KINDS[name].columns}
        assert {chart.key, chart.value} <= addresses
        assert chart.by_detector == ("detector" in addresses)


def test_months_are_added_up_to_years_and_missing_values_are_unknown() -> None:
    rows = [
        {"month": "2002-04", "detector": "WFC", "observations": 2, "exptime": 1.0},
        {"month": "2002-05", "detector": "WFC", "observations": 3, "exptime": 1.0},
        {"month": "2003-01", "detector": None, "observations": 4, "exptime": 1.0},
        {"month": None, "detector": "HRC", "observations": 5, "exptime": 1.0},
    ]
    kind = KINDS["observations"]
    known = Statistic("observations", kind.title, kind.columns, rows, datetime(2026, 1, 1))
    table = to_table(known, "year", ["HRC", "WFC"])
    assert table.series == ["HRC", "WFC", "unknown"]
    assert list(table.rows()) == [("2002", [0, 5, 0]), ("2003", [0, 0, 4]), ("unknown", [5, 0, 0])]


def test_a_running_total_of_a_year_is_that_of_its_last_month() -> None:
    rows = [
        {"month": "2002-04", "files": 1, "bytes": 10, "total": 10},
        {"month": "2002-05", "files": 1, "bytes": 20, "total": 30},
    ]
    kind = KINDS["size_observed"]
    known = Statistic("size_observed", kind.title, kind.columns, rows, datetime(2026, 1, 1))
    assert list(to_table(known, "year", []).rows()) == [("2002", [30])]
