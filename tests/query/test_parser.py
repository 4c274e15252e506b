"""Is what was asked still the same after it was written as text and read again?"""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acsql import keywords as keyword_specs
from acsql import query
from acsql.errors import QueryError
from acsql.query import (
    And,
    AnyOf,
    Between,
    Covers,
    Equals,
    Exists,
    Like,
    Not,
    Or,
    Overlaps,
    Within,
)

SPECS = keyword_specs.load()

# Texts of everything that means something in the language, and of anything else.
signs = st.sampled_from([*"*?.,()<>=!\"' \n\t-+", "..", "and", "or", "not", "near", "a", "NGC"])
texts = st.lists(signs | st.characters(codec="utf-8", exclude_characters="\0"), max_size=6).map(
    "".join
)
VALUES = {
    "targname": texts,
    "exptime": st.floats(allow_nan=False, allow_infinity=False),
    "expstart": st.floats(0, 100_000),
    "proposid": st.integers(-(2**63), 2**63 - 1),
    "subarray": st.booleans(),
    "date_obs": st.dates(),
    "last_ingest_date": st.datetimes() | st.dates(),
    "time_obs": st.times(),
    "flt.1.goodmean": st.floats(-10, 10),
    "drz.0.dnnndata": texts,
    "flt.0.history": texts,
}


@st.composite
def of_keyword(draw):
    """Draw a condition on a keyword."""
    keyword = draw(st.sampled_from(sorted(VALUES)))
    values = VALUES[keyword]
    ends = st.none() | values
    kinds = [
        st.builds(Equals, st.just(keyword), values),
        st.builds(AnyOf, st.just(keyword), st.lists(values, max_size=4).map(tuple)),
        st.builds(Between, st.just(keyword), ends, ends, st.booleans(), st.booleans()),
        st.just(Exists(keyword)),
    ]
    if VALUES[keyword] is texts:
        kinds.append(st.builds(Like, st.just(keyword), texts))
    return draw(st.one_of(kinds))


right_ascensions, declinations = st.floats(-180, 360), st.floats(-90, 90)
of_sky = st.one_of(
    st.builds(Within, right_ascensions, declinations, st.floats(1e-9, 90)),
    st.builds(Covers, right_ascensions, declinations),
    st.sampled_from([Overlaps("j8bt05njq"), Overlaps("jcp001010")]),
)
conditions = st.recursive(
    of_keyword() | of_sky,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(tuple).map(And),
        st.lists(inner, max_size=3).map(tuple).map(Or),
    ),
    max_leaves=8,
)


@settings(max_examples=1500)
@given(conditions)
def test_a_condition_written_and_read_is_the_same(condition):
    prepared = query.prepare(condition, SPECS)
    assert query.parse(query.format_condition(prepared), SPECS) == prepared
    assert query.parse(query.format_condition(prepared, SPECS), SPECS) == prepared


@settings(max_examples=500)
@given(st.lists(signs | st.sampled_from(["exptime", "targname", "1", " "]), max_size=12))
def test_any_text_is_a_condition_or_refused_in_one_line(parts):
    try:
        found = query.parse("".join(parts), SPECS)
    except QueryError as error:
        assert "\n" not in str(error)
        return
    assert query.parse(query.format_condition(found), SPECS) == found


def over(value):
    return Between("exptime", low=value, low_inclusive=False)


wfc, hrc = Equals("detector", "WFC"), Equals("detector", "HRC")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("detector=WFC exptime>5", And((wfc, over(5.0)))),
        ("detector=WFC and exptime>5", And((wfc, over(5.0)))),
        ("detector=WFC AND\texptime > 5", And((wfc, over(5.0)))),
        ("detector=WFC or detector=HRC exptime>5", Or((wfc, And((hrc, over(5.0)))))),
        ("(detector=WFC OR detector=HRC) exptime>5", And((Or((wfc, hrc)), over(5.0)))),
        ("not detector=WFC exptime>5", And((Not(wfc), over(5.0)))),
        ("not(detector=WFC exptime>5)", Not(And((wfc, over(5.0))))),
        ("not not detector=WFC", Not(Not(wfc))),
        ("((detector=WFC))", wfc),
        ("100<exptime<=500", Between("exptime", 100.0, 500.0, low_inclusive=False)),
        ("500 >= exptime > 100", Between("exptime", 100.0, 500.0, low_inclusive=False)),
        ('"a b"<=targname<=c', Between("targname", "a b", "c")),
        ("exptime=1..2,5,8..", None),
        ("exptime=..", Exists("exptime")),
        ("exists(FLASHDUR)", Exists("flashdur")),
        ("missing( flashdur )", Not(Exists("flashdur"))),
        ("not exists(flashdur)", Not(Exists("flashdur"))),
        ("near(6, -72, 0.5)", Within(6.0, -72.0, 0.5)),
        ("NEAR(6 -72, 30 arcmin)", Within(6.0, -72.0, 0.5)),
        ("near(12:00:00, -72:30:00, 0.5)", Within(180.0, -72.5, 0.5)),
        ("near(12:00:00 -72:30:00, 0.5)", Within(180.0, -72.5, 0.5)),
        ('near("12 00 00 -72 30 00", 0.5)', Within(180.0, -72.5, 0.5)),
        ("covers(6, -72)", Covers(6.0, -72.0)),
        ("covers(-6 -72)", Covers(354.0, -72.0)),
        ("overlaps(J8BT05NJQ)", Overlaps("j8bt05nj")),
        ("everything()", And()),
        ("nothing()", Or(())),
        ("targname=or,and", AnyOf("targname", ("or", "and"))),
        ("targname=not", Equals("targname", "not")),
        (
            "targname=android or targname=order",
            Or((Equals("targname", "android"), Equals("targname", "order"))),
        ),
        ("targname=NGC-104+5", Equals("targname", "NGC-104+5")),
        ("targname=2002-04-13T18:16:35", Equals("targname", "2002-04-13T18:16:35")),
        ("raw.0.biasfile=jref$n37163.fits", Equals("raw.0.biasfile", "jref$n37163.fits")),
        ("proposal_type=CAL/ACS", Equals("proposal_type", "CAL/ACS")),
        ("exptime=-1e-5", Equals("exptime", -1e-5)),
        ("exptime=-1.5..-.5", Between("exptime", -1.5, -0.5)),
        ("pr_inv_l=O'Connell", Equals("pr_inv_l", "O'Connell")),
        ("targname='OMEGA CEN'", Equals("targname", "OMEGA CEN")),
        ('targname="OMEGA CEN"', Equals("targname", "OMEGA CEN")),
        ('targname="say ""B"""', Equals("targname", 'say "B"')),
        ("targname='it''s'", Equals("targname", "it's")),
        ('targname="A, (B)=<c>"', Equals("targname", "A, (B)=<c>")),
        ('targname="N*"', Equals("targname", "N*")),
        ('targname="OMEGA C"*', Like("targname", "OMEGA C*")),
        ('targname=*" C"?', Like("targname", "* C?")),
        ('targname="a..b"', Equals("targname", "a..b")),
        ('targname=""', Equals("targname", "")),
        ("targname!=''", Not(Equals("targname", ""))),
        ('targname=""..M', Between("targname", high="M")),
    ],
)
def test_a_text_is_read_as_it_is_meant(text, expected):
    found = query.parse(text, SPECS)
    assert expected is None or found == expected
    assert query.parse(query.format_condition(found), SPECS) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("targname=OMEGA CEN", "at its end: 'CEN' lacks a comparison.*in quotes"),
        ("targname=OMEGA CEN exptime>5", "at character 20: 'CEN' lacks a comparison"),
        ("targname=NGC(104)", "at character 13: .*quotes|NGC"),
        ("targname=a=b", "a value with a comparison sign in quotes"),
        ('targname="a', "at character 10: the quote is not closed"),
        ("targname='a", "at character 10: the quote is not closed"),
        ("(exptime=5", "at its end: a [)] is missing"),
        ("exptime=5)", "at character 10: this [)] has no [(]"),
        ("exptime=5,", "at its end: expected a value"),
        ("exptime=,5", "at character 9: expected a value"),
        ("exptime=5 or", "at its end: expected a condition"),
        ("or exptime=5", "'or' lacks a comparison|expected a condition"),
        ("()", "at character 2: expected a condition"),
        ("exptime>5,6", "exptime> takes one value"),
        ("100<exptime>500", "write a range as 100<exptime<=500"),
        ("100<exptime=500", "write a range as 100<exptime<=500"),
        ("close(5, 6, 7)", "there is no function close.*; the functions are exists, missing, near"),
        ("near(5)", "near.* takes 3 or 2 arguments, not 1"),
        ("exists(exptme)", "did you mean exptime"),
        ("exists()", "exists.* takes 1 arguments, not 0"),
        ("near(5, 95, 1)", "dec: expected -90 to 90 degrees"),
        ("near(5, 5, 1deg, )", "at character"),
        ('targname="*"*', "wildcards inside of quotes and outside"),
        ("exptime=N*", "expected a number in s, not the pattern 'N.'"),
        ("subarray=T*", "expected true or false, not the pattern"),
        ("(" * 100_000 + "exptime=5", "a [)] is missing"),
        ("(" * 1000 + "exptime=5 x=" + ")" * 1000, "expected a value"),
        ("not " * 10_000 + "exptime=5", "nested more than 20 deep"),
        ("exptime=5 " * 10_000, "more than 200 conditions"),
        ("exptime=" + "5," * 20_000 + "5", "at most 10000 values"),
        ('targname="' + '""' * 100_000, "the quote is not closed"),
        ("targname=" + "*a" * 600, "a pattern has at most 1000 characters"),
        ("a" * 400_000, "at most 300000 characters"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_with_place_and_reason(text, reason):
    with pytest.raises(QueryError, match=reason) as caught:
        query.parse(text, SPECS)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("text", [None, 5, b"exptime=5", ["exptime=5"]])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(QueryError, match="is not a condition"):
        query.parse(text, SPECS)


def test_dates_are_written_as_short_as_their_keywords_are():
    condition = query.parse("date_obs=2002-04-13 last_ingest_date>=2003", SPECS)
    assert query.format_condition(condition, SPECS) == (
        "date_obs=2002-04-13 last_ingest_date>=2003-01-01T00:00:00.000"
    )


@given(
    st.sampled_from(["date_obs", "last_ingest_date"]),
    st.dates(max_value=date(9998, 12, 31)),
    st.dates(max_value=date(9998, 12, 31)),
    st.sampled_from([len("2005"), len("2005-03")]),
    st.sampled_from(["=", "!="]),
)
def test_years_and_months_are_written_as_they_were_read(keyword, one, other, length, sign):
    first, last = sorted(day.isoformat()[:length] for day in (one, other))
    read = query.parse(f"{keyword}{sign}{first}..{last}", SPECS)
    if (first[4:], last[4:]) == ("-01", "-12"):
        # Months that are whole years.
        first, last = first[:4], last[:4]
    period = first if first == last else f"{first}..{last}"
    assert query.format_condition(read, SPECS) == f"{keyword}{sign}{period}"


@pytest.mark.parametrize("condition", [None, "exptime=5", Equals("exptime", None), 5])
def test_what_was_not_prepared_is_not_written(condition):
    with pytest.raises(QueryError, match=r"is not a condition|cannot be written"):
        query.format_condition(condition)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OMEGA CEN", Equals("targname", "OMEGA CEN")),
        ("OMEGA CEN, M 31*", Or((Like("targname", "M 31*"), Equals("targname", "OMEGA CEN")))),
        ('"a, b" , c', AnyOf("targname", ("a, b", "c"))),
        ("a (b) <c> d=e", Equals("targname", "a (b) <c> d=e")),
        ('12" x', Equals("targname", '12" x')),
    ],
)
def test_a_field_of_a_form_takes_blanks_and_signs_as_they_are(text, expected):
    assert query.parse_comparison("targname", "=", text, SPECS) == expected


def test_a_field_whose_quote_is_not_closed_is_refused():
    with pytest.raises(QueryError, match=r"a quote in .* is not closed"):
        query.parse_comparison("targname", "=", '"a, b', SPECS)
