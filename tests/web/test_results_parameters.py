"""The URL of a search: short, complete, and checked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql import keywords as keyword_specs
from acsql.errors import QueryError
from acsql.export import FORMATS
from acsql.search.criteria import DEFAULT_COLUMNS
from acsql.web.query_form import read_form
from acsql.web.results_parameters import DOWNLOADS, ResultsParameters

SPECS = keyword_specs.load()


def test_every_format_can_be_downloaded() -> None:
    assert set(DOWNLOADS) == set(FORMATS)


def test_a_url_has_only_what_differs_from_the_defaults() -> None:
    empty = {name: [""] for name in ResultsParameters.model_fields}
    usual = {
        "columns": [",".join(DEFAULT_COLUMNS)],
        "view": ["table"],
        "format": ["html"],
        "q": ["everything()"],
    }
    assert ResultsParameters.parse(empty | usual).arguments() == {}
    sent = {f"{name}_op": ["eq"] for name in ("exptime", "proposid", "date_obs")}
    rows = {"keyword": ["", ""], "operator": ["eq", "eq"], "value": ["", ""], "where": ["\r\n"]}
    _, search = read_form(empty | usual | sent | rows, SPECS)
    assert search.arguments() == {}
    _, search = read_form({"exptime": ["5"], "exptime_op": ["lt"]}, SPECS)
    assert search.arguments() == {"q": ["exptime<5.0"]}


def test_columns_come_from_checkboxes_and_from_text() -> None:
    search = ResultsParameters.parse(
        {"columns": ["rootname", "exptime", "flt.1.goodmean, raw.0.date,exptime"]}
    )
    assert search.addresses == ["rootname", "exptime", "flt.1.goodmean", "raw.0.date"]
    assert search.arguments() == {"columns": ["rootname,exptime,flt.1.goodmean,raw.0.date"]}


def test_arguments_can_be_changed_and_removed() -> None:
    search = ResultsParameters.parse(
        {"q": ["detector=WFC"], "after": ["mark"], "sort": ["-exptime"]}
    )
    assert search.arguments(after=None, sort="exptime", format="csv") == {
        "q": ["detector=WFC"],
        "sort": ["exptime"],
        "format": ["csv"],
    }
    assert search.first_page() == {"q": ["detector=WFC"], "sort": ["-exptime"]}
    assert search.first_page(view="plot", sort=None) == {"q": ["detector=WFC"], "view": ["plot"]}


def test_views_and_formats_are_checked() -> None:
    assert ResultsParameters.parse({"format": ["csv"]}).download == "csv"
    assert (ResultsParameters.parse({}).download, ResultsParameters.parse({}).view) == (
        None,
        "table",
    )
    assert ResultsParameters.parse({"format": ["thumbnails"]}).view == "thumbnails"
    with pytest.raises(QueryError, match=r"format: expected .*csv.*, not 'pdf'"):
        ResultsParameters.parse({"format": ["pdf"]})
    with pytest.raises(QueryError, match=r"view: expected .*map.*, not 'globe'"):
        ResultsParameters.parse({"view": ["globe"]})


VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", " ", ",", "table", "5", "detector=WFC", "expstart", "html", "csv"]),
)
PARAMETERS = st.sampled_from(list(ResultsParameters.model_fields))


@given(st.dictionaries(PARAMETERS, st.lists(VALUES, max_size=3), max_size=6))
def test_a_short_url_does_not_change(values: dict[str, list[str]]) -> None:
    try:
        search = ResultsParameters.parse(values)
    except QueryError as error:
        assert str(error)
        return
    again = ResultsParameters.parse(search.arguments())
    assert again.arguments() == search.arguments()
    assert (again.addresses, again.keys) == (search.addresses, search.keys)
