"""The forms: an address becomes the conditions that it states, and its shortest form again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql import keywords as keyword_specs
from acsql.errors import QueryError
from acsql.export import FORMATS
from acsql.proposals import Proposal
from acsql.query import (
    And,
    AnyOf,
    Between,
    Condition,
    Equals,
    Exists,
    Like,
    Not,
    Or,
    format_condition,
    parse,
    prepare,
    resolve,
)
from acsql.search.criteria import DEFAULT_COLUMNS
from acsql.search.thumbnails import CAPTION_COLUMNS
from acsql.web import query_form, results_parameters, selection
from acsql.web.pages.proposals import ProposalList
from acsql.web.params import Address
from acsql.web.query_form import as_search
from acsql.web.results_parameters import Search
from acsql.web.selection import Selection, Walk

SPECS = keyword_specs.load()


def conditions(**asked: str | list[str]) -> tuple[Condition, ...]:
    """Return the conditions of a search with these parameters."""
    given = {name: [v] if isinstance(v, str) else v for name, v in asked.items()}
    form, search = as_search(given, SPECS)
    if form.wrong:
        raise QueryError("; ".join(form.wrong))
    found = search.condition(SPECS)
    return () if found == And() else query_form.parts_of(found)


def test_fields_are_keywords_at_the_top_of_a_document() -> None:
    assert [
        field.keyword for field in query_form.FIELDS if field.keyword not in SPECS.top_level
    ] == []
    assert len({field.keyword for field in query_form.FIELDS}) == len(query_form.FIELDS)


def test_the_specs_say_of_which_kind_a_field_is() -> None:
    kinds = {field.keyword: field.kind(SPECS) for field in query_form.FIELDS}
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


@pytest.mark.parametrize("kind", [Search, Selection, ProposalList, Walk])
def test_no_parameter_has_two_meanings(kind: type[Address]) -> None:
    known = [*kind.single, *kind.several]
    assert len(set(known)) == len(known)


def test_the_form_has_no_parameter_of_the_search() -> None:
    inputs = {field.name for field in query_form.form_class(SPECS)()}
    assert not inputs & {*Search.single, *Search.several}


def test_filters_are_of_keywords_that_the_gallery_has() -> None:
    keywords = [keyword for filter_ in selection.FILTERS for keyword in filter_.keywords]
    assert set(keywords) <= set(CAPTION_COLUMNS)
    named = {filter_.of_proposal for filter_ in selection.FILTERS}
    assert named <= set(Proposal.__dataclass_fields__)


def test_every_format_can_be_taken_away() -> None:
    assert set(results_parameters.DOWNLOADS) == set(FORMATS)


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
        ({"exptime": "1", "exptime_op": "like"}, "exptime_op"),
        ({"exptime_op": "like"}, "exptime_op"),
        ({"keyword": "", "operator": "eq", "value": "5"}, "'5' has no keyword"),
        ({"keyword": "exptme", "operator": "eq", "value": "5"}, "exptime"),
        ({"keyword": "exptime", "operator": "like", "value": "5"}, "operator"),
        ({"keyword": "goodmean", "operator": "exists", "value": ""}, "several headers"),
        ({"q": ["detector=WFC", "detector=HRC"]}, "q is given 2 times"),
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
def test_what_cannot_be_understood_is_named(asked: dict[str, str | list[str]], named: str) -> None:
    with pytest.raises(QueryError, match=named):
        conditions(**asked)


def test_a_page_without_parameters_says_so() -> None:
    with pytest.raises(QueryError, match="'x': this page has none"):
        Address({"x": ["1"]}).check()


def test_what_is_wrong_stands_at_its_field() -> None:
    form, _ = as_search({"exptime": ["abc"], "where": ["nonsense"], "pr_inv_l": ["B*"]}, SPECS)
    assert "expected a number" in form["exptime"].errors[0]
    assert "nonsense" in form.where.errors[0]
    assert not form["pr_inv_l"].errors
    assert (form["exptime"].data, form["pr_inv_l"].data) == ("abc", "B*")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("targname=NGC104", {"targname": ["NGC104"]}),
        ('targname="OMEGA CEN",M31', {"targname": ["OMEGA CEN, M31"]}),
        ('targname="A, B"', {"targname": ['"A, B"']}),
        ("targname=NGC*", {"targname": ["NGC*"]}),
        ("detector=WFC,HRC", {"detector": ["WFC", "HRC"]}),
        ("exptime>100", {"exptime": ["100.0"], "exptime_op": ["gt"]}),
        (
            "exptime=100..500",
            {"exptime": ["100.0"], "exptime_op": ["between"], "exptime_to": ["500.0"]},
        ),
        ("proposid=9019,9433", {"proposid": ["9019, 9433"], "proposid_op": ["eq"]}),
        (
            "flt.1.goodmean>5",
            {"keyword": ["flt.1.goodmean"], "operator": ["gt"], "value": ["5.0"]},
        ),
        ("detector!=WFC", {"keyword": ["detector"], "operator": ["ne"], "value": ["WFC"]}),
        ("missing(flashdur)", {"keyword": ["flashdur"], "operator": ["missing"], "value": [""]}),
        (
            "exptime>1 exptime>2",
            {"exptime": ["1.0"], "exptime_op": ["gt"], "keyword": ["exptime"],
             "operator": ["gt"], "value": ["2.0"]},
        ),
        (
            "filter1=F606W or filter2=F606W",
            {"where": ["filter1=F606W or filter2=F606W"]},
        ),
        ("near(6.02, -72.08, 0.5)", {"where": ["near(6.02, -72.08, 0.5)"]}),
        ("everything()", {}),
    ],
)  # fmt: skip
def test_the_form_is_filled_in_from_conditions(text: str, expected: dict[str, list[str]]) -> None:
    condition = parse(text, SPECS)
    found = query_form.parameters_of(condition, SPECS)
    assert {name: value for name, value in found.items() if value != ["everything()"]} == expected


# As they stand in headers: without blanks around them, and on one line.
WORDS = st.text(max_size=8).map(lambda text: " ".join(text.replace("\0", "").split())).filter(bool)
NUMBERS = st.floats(-1e6, 1e6)
LEAVES = st.one_of(
    st.builds(Equals, st.just("targname"), WORDS),
    st.builds(Like, st.just("targname"), WORDS.map(lambda word: f"{word}*")),
    st.builds(AnyOf, st.just("pr_inv_l"), st.lists(WORDS, min_size=1, max_size=3).map(tuple)),
    st.builds(AnyOf, st.just("filter1"), st.lists(WORDS, min_size=1, max_size=3).map(tuple)),
    st.builds(Between, st.just("exptime"), NUMBERS, NUMBERS, st.booleans(), st.booleans()),
    st.builds(Between, st.just("flt.1.goodmean"), st.none(), NUMBERS),
    st.builds(Equals, st.just("proposid"), st.integers(1, 20_000)),
    st.builds(Between, st.just("date_obs"), st.dates().map(str), st.none(), st.booleans()),
    st.builds(Exists, st.just("flashdur")),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@given(CONDITIONS)
def test_a_form_filled_in_asks_the_same_again(condition: Condition) -> None:
    prepared = prepare(condition, SPECS)
    form, search = as_search({"q": [format_condition(prepared, SPECS)]}, SPECS)
    sent = query_form.parameters_of(prepared, SPECS)
    again_form, again = as_search(sent, SPECS)
    assert not form.wrong + again_form.wrong
    assert set(query_form.parts_of(again.condition(SPECS))) == set(query_form.parts_of(prepared))
    assert search.condition(SPECS) == prepared


def test_an_address_says_no_more_than_needed() -> None:
    empty = {name: [""] for name in Search.single}
    usual = {
        "columns": [",".join(DEFAULT_COLUMNS)],
        "view": ["table"],
        "format": ["html"],
        "q": ["everything()"],
    }
    assert Search(empty | usual).arguments() == {}
    sent = {f"{name}_op": ["eq"] for name in ("exptime", "proposid", "date_obs")}
    rows = {"keyword": ["", ""], "operator": ["eq", "eq"], "value": ["", ""], "where": ["\r\n"]}
    _, search = as_search(empty | usual | sent | rows, SPECS)
    assert search.arguments() == {}
    _, search = as_search({"exptime": ["5"], "exptime_op": ["lt"]}, SPECS)
    assert search.arguments() == {"q": ["exptime<5.0"]}


def test_columns_are_those_of_the_boxes_and_of_the_text() -> None:
    search = Search({"columns": ["rootname", "exptime", "flt.1.goodmean, raw.0.date,exptime"]})
    assert search.columns == ["rootname", "exptime", "flt.1.goodmean", "raw.0.date"]
    assert search.arguments() == {"columns": ["rootname,exptime,flt.1.goodmean,raw.0.date"]}


def test_arguments_can_be_changed_and_left_out() -> None:
    search = Search({"q": ["detector=WFC"], "after": ["mark"], "sort": ["-exptime"]})
    assert search.arguments(after=None, sort="exptime", format="csv") == {
        "q": ["detector=WFC"],
        "sort": ["exptime"],
        "format": ["csv"],
    }
    assert search.anew() == {"q": ["detector=WFC"], "sort": ["-exptime"]}
    assert search.anew(view="plot", sort=None) == {"q": ["detector=WFC"], "view": ["plot"]}


def test_views_and_files_are_those_on_offer() -> None:
    assert Search({"format": ["csv"]}).download == "csv"
    assert (Search({}).download, Search({}).view) == (None, "table")
    assert Search({"format": ["thumbnails"]}).view == "thumbnails"
    with pytest.raises(QueryError, match=r"format cannot be 'pdf'.*csv"):
        _ = Search({"format": ["pdf"]}).download
    with pytest.raises(QueryError, match=r"view cannot be 'globe'.*map"):
        _ = Search({"view": ["globe"]}).view


VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", " ", ",", "table", "5", "detector=WFC", "expstart", "html", "csv"]),
)
PARAMETERS = st.sampled_from([*Search.single, *Search.several])


@given(st.dictionaries(PARAMETERS, st.lists(VALUES, max_size=3), max_size=6))
def test_the_short_address_stays_as_it_is(asked: dict[str, list[str]]) -> None:
    search = Search(asked)
    again = Search(search.arguments())
    assert again.arguments() == search.arguments()
    assert (again.columns, again.sort) == (search.columns, search.sort)


INPUTS = st.sampled_from(
    [field.name for field in query_form.form_class(SPECS)()] + [*Search.single, *Search.several]
)
TYPED = st.one_of(
    VALUES, st.sampled_from(["eq", "between", "9019", "2002-04", "NGC*", "exptime>5"])
)


@given(st.dictionaries(INPUTS, st.lists(TYPED, max_size=3), max_size=8))
def test_whatever_is_typed_is_understood_or_told(asked: dict[str, list[str]]) -> None:
    try:
        form, search = as_search(asked, SPECS)
        if not form.wrong:
            search.condition(SPECS)
    except QueryError as error:
        assert str(error)


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


def test_the_way_to_an_observation_is_a_search_or_a_selection() -> None:
    walk = Walk({"q": ["detector=WFC"], "sort": ["-targname,exptime"]})
    assert walk.around(SPECS) == Equals("detector", "WFC")
    assert walk.keys == ["-targname", "exptime"]
    assert walk.arguments() == {"q": ["detector=WFC"], "sort": ["-targname,exptime"]}
    everything = Walk({"q": [""]})
    assert everything.is_search
    assert everything.around(SPECS) == And()
    assert everything.arguments() == {"q": [""]}
    selection = Walk({"visit": ["01"], "sort": ["-expstart"]})
    assert not selection.is_search
    assert selection.keys == ["-expstart"]
    assert selection.around(SPECS) == Selection({"visit": ["01"]}).condition()


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "9999999999999"])
def test_pages_of_proposals_are_numbered_from_one(page: str) -> None:
    assert ProposalList({"page": ["3"]}).page == 3
    with pytest.raises(QueryError, match="page"):
        _ = ProposalList({"page": [page]}).page


@pytest.mark.parametrize(
    ("asked", "named"), [({"match": ["some"]}, "match"), ({"sort": ["targname"]}, "sort")]
)
def test_filters_refuse_what_they_do_not_know(asked: dict[str, list[str]], named: str) -> None:
    with pytest.raises(QueryError, match=named):
        _ = Selection(asked).condition(), Selection(asked).match, Selection(asked).sort


def test_sorts_are_of_keywords() -> None:
    for key in selection.SORTS:
        assert resolve(key.removeprefix("-"), SPECS)
