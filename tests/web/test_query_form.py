"""The query form: the conditions that its fields state, and their errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql import keywords as keyword_specs
from acsql.errors import QueryError
from acsql.query import (
    And,
    AnyOf,
    Between,
    Condition,
    Equals,
    Exact,
    Exists,
    Like,
    Not,
    Or,
    conjuncts,
    parse,
)
from acsql.web.query_form import form_class, read_form
from acsql.web.results_parameters import ResultsParameters

SPECS = keyword_specs.load()


def conditions(**values: str | list[str]) -> tuple[Condition, ...]:
    """Return the conditions of a search with these parameters."""
    given = {name: [v] if isinstance(v, str) else v for name, v in values.items()}
    form, search = read_form(given, SPECS)
    if form.messages:
        raise QueryError("; ".join(form.messages))
    found = search.condition(SPECS)
    return () if found == And() else conjuncts(found)


def test_the_form_has_no_parameter_of_the_search() -> None:
    inputs = {field.name for field in form_class(SPECS)()}
    assert not inputs & set(ResultsParameters.model_fields)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ()),
        ({"targname": "NGC104"}, (Equals("targname", "NGC104"),)),
        ({"targname": "NGC104, M31"}, (AnyOf("targname", ("NGC104", "M31")),)),
        ({"targname": "NGC*"}, (Like("targname", "NGC*"),)),
        (
            {"targname": "NGC*,M31"},
            (Or((Like("targname", "NGC*"), Equals("targname", "M31"))),),
        ),
        ({"targname": "  \r\n NGC104\n"}, (Equals("targname", "NGC104"),)),
        ({"pr_inv_l": "d'Arrest"}, (Equals("pr_inv_l", "d'Arrest"),)),
        ({"pr_inv_l": '"van der Marel, Jr"'}, (Equals("pr_inv_l", Exact("van der Marel, Jr")),)),
        ({"pr_inv_f": "Ralph"}, (Equals("pr_inv_f", "Ralph"),)),
        ({"rootname": "J8BT05NJQ"}, (Equals("rootname", "j8bt05nj"),)),
        ({"proposid": "9019"}, (Equals("proposid", 9019),)),
        ({"proposid": "9019, 9433"}, (AnyOf("proposid", (9019, 9433)),)),
        ({"exptime": "60", "exptime_op": "eq"}, (Equals("exptime", 60.0),)),
        (
            {"exptime": "60", "exptime_op": "lt"},
            (Between("exptime", None, 60.0, high_inclusive=False),),
        ),
        (
            {"exptime": "60", "exptime_op": "gt"},
            (Between("exptime", 60.0, None, low_inclusive=False),),
        ),
        (
            {"exptime": "60", "exptime_op": "between", "exptime_to": "100"},
            (Between("exptime", 60.0, 100.0),),
        ),
        ({"exptime": "60", "exptime_op": "between"}, (Between("exptime", 60.0, None),)),
        ({"exptime_to": "60", "exptime_op": "between"}, (Between("exptime", None, 60.0),)),
        ({"exptime_op": "between"}, ()),
        ({"exptime_op": "gt", "exptime": " "}, ()),
        ({"detector": ["WFC", "HRC"]}, (AnyOf("detector", ("WFC", "HRC")),)),
        ({"filter1": "F606W*"}, (Equals("filter1", "F606W*"),)),
        (
            {"where": "flt.1.goodmean>5\r\n\r\n expflag!=NORMAL "},
            (parse("flt.1.goodmean>5", SPECS), parse("expflag!=NORMAL", SPECS)),
        ),
        ({"exptime": "60", "exptime_op": "ne"}, (Not(Equals("exptime", 60.0)),)),
        ({"exptime": "60", "exptime_op": "ge"}, (Between("exptime", 60.0, None),)),
        (
            {
                "keyword": ["flt.1.goodmean", "", "flashdur"],
                "operator": ["gt", "eq", "missing"],
                "value": ["5", "", ""],
            },
            (parse("flt.1.goodmean>5", SPECS), Not(Exists("flashdur"))),
        ),
        ({"keyword": "subarray", "operator": "eq", "value": "T"}, (Equals("subarray", True),)),
        (
            {"q": "filter1=F606W or filter2=F814W", "detector": "WFC"},
            (parse("filter1=F606W or filter2=F814W", SPECS), Equals("detector", "WFC")),
        ),
        (
            {"detector": "SBC", "exptime": "1"},
            (Equals("exptime", 1.0), Equals("detector", "SBC")),
        ),
    ],
)
def test_fields_state_conditions(
    values: dict[str, str | list[str]], expected: tuple[Condition, ...]
) -> None:
    assert conditions(**values) == expected


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"exptime": "abc"}, "exptime"),
        ({"date_obs": "2003-02-30"}, "date_obs"),
        ({"date_obs": "2003-02-01", "date_obs_op": "between", "date_obs_to": "x"}, "date_obs"),
        ({"proposid": "9019.5"}, "proposid"),
        ({"exptime": "1", "exptime_op": "like"}, "exptime_op"),
        ({"exptime_op": "like"}, "exptime_op"),
        ({"keyword": "", "operator": "eq", "value": "5"}, "'5' has no keyword"),
        ({"keyword": "exptme", "operator": "eq", "value": "5"}, "exptime"),
        ({"keyword": "exptime", "operator": "like", "value": "5"}, "operator"),
        ({"keyword": "goodmean", "operator": "exists", "value": ""}, "several headers"),
        ({"q": ["detector=WFC", "detector=HRC"]}, "q: occurs 2 times"),
        ({"q": "detector="}, "detector="),
        ({"exptime_op": ["lt", "gt"]}, "exptime_op"),
        ({"exptime": "1", "exptime_to": "2"}, "exptime"),
        ({"rootname": "j8"}, "j8"),
        ({"where": "nonsense"}, "nonsense"),
        ({"where": "exptme>1"}, "exptime"),
        ({"bogus": "1"}, "bogus"),
        ({"bogus": ""}, "bogus"),
        ({"exptime": ["1", "2"]}, "exptime"),
        ({"targname": "a\0b"}, "targname"),
    ],
)
def test_errors_name_the_field(values: dict[str, str | list[str]], named: str) -> None:
    with pytest.raises(QueryError, match=named):
        conditions(**values)


def test_errors_are_attached_to_their_fields() -> None:
    form, _ = read_form({"exptime": ["abc"], "where": ["nonsense"], "pr_inv_l": ["B*"]}, SPECS)
    assert "expected a number" in form["exptime"].errors[0]
    assert "nonsense" in form.where.errors[0]
    assert not form["pr_inv_l"].errors
    assert (form["exptime"].data, form["pr_inv_l"].data) == ("abc", "B*")


VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", " ", ",", "table", "5", "detector=WFC", "expstart", "html", "csv"]),
)
INPUTS = st.sampled_from(
    [field.name for field in form_class(SPECS)()] + list(ResultsParameters.model_fields)
)
TYPED = st.one_of(
    VALUES, st.sampled_from(["eq", "between", "9019", "2002-04", "NGC*", "exptime>5"])
)


@given(st.dictionaries(INPUTS, st.lists(TYPED, max_size=3), max_size=8))
def test_any_input_is_parsed_or_refused(values: dict[str, list[str]]) -> None:
    try:
        form, search = read_form(values, SPECS)
        if not form.messages:
            search.condition(SPECS)
    except QueryError as error:
        assert str(error)
