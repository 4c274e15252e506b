"""The query form is filled in from a search, and states the same search again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql import keywords as keyword_specs
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
    conjuncts,
    format_condition,
    parse,
    prepare,
)
from acsql.web.form_filling import form_values
from acsql.web.query_form import read_form

SPECS = keyword_specs.load()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("targname=NGC104", {"targname": ["NGC104"]}),
        ("targname='OMEGA CEN',M31", {"targname": ["OMEGA CEN, M31"]}),
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
        ("nothing()", {"where": ["nothing()"]}),
    ],
)  # fmt: skip
def test_the_form_is_filled_in_from_conditions(text: str, expected: dict[str, list[str]]) -> None:
    condition = parse(text, SPECS)
    found = form_values(condition, SPECS)
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
def test_a_filled_form_states_the_same_conditions_again(condition: Condition) -> None:
    prepared = prepare(condition, SPECS)
    form, search = read_form({"q": [format_condition(prepared, SPECS)]}, SPECS)
    sent = form_values(prepared, SPECS)
    again_form, again = read_form(sent, SPECS)
    assert not form.messages + again_form.messages
    assert set(conjuncts(again.condition(SPECS))) == set(conjuncts(prepared))
    assert search.condition(SPECS) == prepared
