"""Charts: how statistics become tables of keys and series."""

from acsql.statistics import KINDS, Statistic
from acsql.web.charts import CHARTS, MAX_BARS, draw, to_table


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
    known = Statistic("observations", kind.title, kind.columns, rows)
    table = to_table(known, "year", ["HRC", "WFC"])
    assert table.series == ["HRC", "WFC", "unknown"]
    assert list(table.rows()) == [("2002", [0, 5, 0]), ("2003", [0, 0, 4]), ("unknown", [5, 0, 0])]


def test_a_running_total_of_a_year_is_that_of_its_last_month() -> None:
    rows = [
        {"month": "2002-04", "files": 1, "bytes": 10, "total": 10},
        {"month": "2002-05", "files": 1, "bytes": 20, "total": 30},
    ]
    kind = KINDS["size_observed"]
    known = Statistic("size_observed", kind.title, kind.columns, rows)
    assert list(to_table(known, "year", []).rows()) == [("2002", [30])]


def filters(number: int) -> Statistic:
    """Return the statistic of a number of filters, all of WFC but the first."""
    rows = [
        {"filter": f"F{i}W", "detector": "HRC" if i == 0 else "WFC", "observations": i + 1}
        for i in range(number)
    ]
    kind = KINDS["filters"]
    return Statistic("filters", kind.title, kind.columns, rows)


def test_a_chart_has_as_many_bars_as_fit_and_the_table_has_all() -> None:
    table = to_table(filters(MAX_BARS + 5), "year", ["HRC", "WFC"])
    chart = draw(table, "year")
    assert chart.x_range.factors == [f"F{i}W" for i in range(MAX_BARS)]
    assert len(list(table.rows())) == MAX_BARS + 5


def test_bars_of_several_series_have_a_legend_and_those_of_one_none() -> None:
    several = draw(to_table(filters(3), "year", ["HRC", "WFC"]), "year")
    assert [item.label.value for item in several.legend[0].items] == ["HRC", "WFC"]
    kind = KINDS["filetypes"]
    rows = [{"filetype": "raw", "files": 3}, {"filetype": "flt", "files": 2}]
    one = Statistic("filetypes", kind.title, kind.columns, rows)
    assert not draw(to_table(one, "year", []), "year").legend


def test_sizes_are_drawn_in_the_largest_unit_that_is_exceeded() -> None:
    kind = KINDS["size_observed"]
    rows = [{"month": "2002-04", "files": 1, "bytes": 0, "total": 2_500_000_000}]
    size = Statistic("size_observed", kind.title, kind.columns, rows)
    chart = draw(to_table(size, "month", []), "month")
    assert chart.yaxis[0].axis_label == "size (GB)"
    assert list(chart.renderers[0].data_source.data["total"]) == [2.5]
