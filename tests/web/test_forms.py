"""The forms: an address becomes the conditions that it states, and its shortest form again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acsql import specs as keyword_specs
from acsql.archive import DEFAULT_COLUMNS, GALLERY_COLUMNS
from acsql.errors import QueryError
from acsql.query import And, AnyOf, Between, Condition, Equals, Like, Or, parse, resolve
from acsql.web import forms
from acsql.web.forms import Address, Comparison, ProposalList, Search, Selection

SPECS = keyword_specs.load()


def conditions(**asked: str | list[str]) -> tuple[Condition, ...]:
    """Return the conditions of a search with these parameters."""
    given = {name: [v] if isinstance(v, str) else v for name, v in asked.items()}
    search = Search(given)
    search.check()
    return search.condition(SPECS).conditions


def test_fields_are_keywords_at_the_top_of_a_document() -> None:
    assert [field.keyword for field in forms.FIELDS if field.keyword not in SPECS.top_level] == []
    assert len({field.keyword for field in forms.FIELDS}) == len(forms.FIELDS)


def test_the_form_has_the_fields_that_were_asked_for() -> None:
    kinds = {field.keyword: field.kind for field in forms.FIELDS}
    assert [name for name, kind in kinds.items() if kind == "text"] == [
        "rootname",
        "targname",
        "pr_inv_l",
        "pr_inv_f",
    ]
    assert [name for name, kind in kinds.items() if kind == "comparison"] == [
        "proposid",
        "date_obs",
        "exptime",
    ]
    assert {name for name, kind in kinds.items() if kind == "choices"} == {
        "proposal_type",
        "detector",
        "obstype",
        "aperture",
        "filter1",
        "filter2",
        "imagetyp",
    }


@pytest.mark.parametrize("kind", [Search, Selection, ProposalList])
def test_no_parameter_has_two_meanings(kind: type[Address]) -> None:
    known = [*kind.single, *kind.several]
    assert len(set(known)) == len(known)


def test_choices_can_stand_several_times_and_the_rest_once() -> None:
    assert set(Search.several) == {f.keyword for f in forms.FIELDS if f.kind == "choices"} | {
        "where"
    }


def test_filters_are_of_keywords_that_the_gallery_has() -> None:
    keywords = [keyword for filter_ in forms.FILTERS for keyword in filter_.keywords]
    assert set(keywords) <= set(GALLERY_COLUMNS)


@pytest.mark.parametrize(
    ("asked", "expected"),
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
        ({"pr_inv_l": '"van der Marel, Jr"'}, (Equals("pr_inv_l", "van der Marel, Jr"),)),
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
        ({"filter1": "F606W*"}, (AnyOf("filter1", ("F606W*",)),)),
        (
            {"where": "flt.1.goodmean>5\r\n\r\n expflag!=NORMAL "},
            (parse("flt.1.goodmean>5", SPECS), parse("expflag!=NORMAL", SPECS)),
        ),
        (
            {"detector": "SBC", "exptime": "1"},
            (Equals("exptime", 1.0), AnyOf("detector", ("SBC",))),
        ),
    ],
)
def test_an_address_states_conditions(
    asked: dict[str, str | list[str]], expected: tuple[Condition, ...]
) -> None:
    assert conditions(**asked) == expected


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"exptime": "abc"}, "exptime"),
        ({"date_obs": "2003-02-30"}, "date_obs"),
        ({"date_obs": "2003-02-01", "date_obs_op": "between", "date_obs_to": "x"}, "date_obs"),
        ({"proposid": "9019.5"}, "proposid"),
        ({"exptime": "1", "exptime_op": "ge"}, "exptime_op"),
        ({"exptime_op": "ge"}, "exptime_op"),
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
def test_what_cannot_be_understood_is_named(asked: dict[str, str | list[str]], named: str) -> None:
    with pytest.raises(QueryError, match=named):
        conditions(**asked)


def test_a_page_without_parameters_says_so() -> None:
    with pytest.raises(QueryError, match="'x': this page has none"):
        Address({"x": ["1"]}).check()


def test_an_address_says_no_more_than_needed() -> None:
    empty = {name: [""] for name in Search.single}
    usual = {
        **{f.operator: ["eq"] for f in forms.FIELDS if isinstance(f, Comparison)},
        "columns": list(reversed(DEFAULT_COLUMNS)),
        "sort": ["expstart"],
        "format": ["html"],
        "where": ["\r\n"],
    }
    assert Search(empty | usual).arguments() == {}
    assert Search({"exptime": ["5"], "exptime_op": ["lt"]}).arguments() == {
        "exptime_op": ["lt"],
        "exptime": ["5"],
    }


def test_columns_are_those_of_the_boxes_and_of_the_text() -> None:
    search = Search({"columns": ["rootname", "exptime", "flt.1.goodmean, raw.0.date,exptime"]})
    assert search.columns == ["rootname", "exptime", "flt.1.goodmean", "raw.0.date"]
    assert search.arguments() == {"columns": ["rootname,exptime,flt.1.goodmean,raw.0.date"]}


def test_arguments_can_be_changed_and_left_out() -> None:
    search = Search({"detector": ["WFC", "HRC"], "after": ["mark"], "sort": ["-exptime"]})
    assert search.arguments(after=None, sort="exptime", format="csv") == {
        "detector": ["WFC", "HRC"],
        "sort": ["exptime"],
        "format": ["csv"],
    }


def test_output_is_one_of_those_on_offer() -> None:
    assert Search({"format": ["csv"]}).output == "csv"
    assert Search({}).output == "html"
    with pytest.raises(QueryError, match=r"format cannot be 'pdf'.*csv"):
        _ = Search({"format": ["pdf"]}).output


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, []),
        ({"exptime": ["5"]}, [("Exposure time", "= 5")]),
        (
            {"exptime": ["5"], "exptime_op": ["between"]},
            [("Exposure time", "between 5 and anything")],
        ),
        ({"detector": ["WFC", "HRC"]}, [("Detector", "WFC, HRC")]),
        (
            {"targname": ["NGC*"], "where": ["flt.1.goodmean>5"]},
            [("Target", "NGC*"), ("Condition", "flt.1.goodmean>5")],
        ),
    ],
)
def test_conditions_in_words(asked: dict[str, list[str]], words: list[tuple[str, str]]) -> None:
    assert Search(asked).words() == words


VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", " ", ",", "eq", "lt", "between", "5", "9019", "2002-04-13", "NGC*"]),
    st.sampled_from(["expstart", "html", "csv", "-exptime,rootname", "exptime>5\nra_targ<1"]),
)
PARAMETERS = st.sampled_from([*Search.single, *Search.several])


@settings(deadline=None)
@given(st.dictionaries(PARAMETERS, st.lists(VALUES, max_size=3), max_size=6))
def test_the_short_address_asks_the_same_and_stays_as_it_is(asked: dict[str, list[str]]) -> None:
    def meaning(search: Search) -> object:
        try:
            search.check()
            return search.condition(SPECS), search.columns, search.sort, search.output
        except QueryError as error:
            return str(error)

    search = Search(asked)
    again = Search(search.arguments())
    assert again.arguments() == search.arguments()
    assert again.words() == search.words()
    assert set(again.columns) == set(search.columns)
    if isinstance(meaning(search), tuple):
        assert meaning(again) == meaning(search)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, And()),
        ({"visit": ["01", "02"]}, And((Or((AnyOf("visit", ("01", "02")),)),))),
        (
            {"filter": ["F606W"], "target": ["M31"], "match": ["any"]},
            Or(
                (
                    Or((AnyOf("targname", ("M31",)),)),
                    Or((AnyOf("filter1", ("F606W",)), AnyOf("filter2", ("F606W",)))),
                )
            ),
        ),
        ({"match": ["any"]}, And()),
    ],
)
def test_filters_state_conditions(asked: dict[str, list[str]], expected: Condition) -> None:
    selection = Selection(asked)
    selection.check()
    assert selection.condition() == expected


@pytest.mark.parametrize(
    ("asked", "named"), [({"match": ["some"]}, "match"), ({"sort": ["targname"]}, "sort")]
)
def test_filters_refuse_what_they_do_not_know(asked: dict[str, list[str]], named: str) -> None:
    with pytest.raises(QueryError, match=named):
        _ = Selection(asked).condition(), Selection(asked).match, Selection(asked).sort


def test_sorts_are_of_keywords() -> None:
    for key in forms.SORTS:
        assert resolve(key.removeprefix("-"), SPECS)
