"""Does text become the conditions that it means, and are errors given with place and reason?"""

import csv
import io
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from query_conditions import signs
from query_values import SPECS, untimed

from acsql import query
from acsql.errors import QueryError
from acsql.query import And, AnyOf, Between, Covers, Equals, Exists, Like, Not, Or, Overlaps, Within
from acsql.query.texts import Exact


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
        ('"a b"<=targname<=c', Between("targname", Exact("a b"), "c")),
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
        ('targname="OMEGA CEN"', Equals("targname", Exact("OMEGA CEN"))),
        ('targname="say ""B"""', Equals("targname", Exact('say "B"'))),
        ("targname='it''s'", Equals("targname", "it's")),
        ('targname="A, (B)=<c>"', Equals("targname", Exact("A, (B)=<c>"))),
        ('targname="N*"', Equals("targname", Exact("N*"))),
        ('targname="OMEGA C"*', Like("targname", Exact("OMEGA C*"))),
        ('targname=*" C"?', Like("targname", Exact("* C?"))),
        ("targname=*OMEGA or C*", Like("targname", "*OMEGA or C*")),
        (
            "(targname!=*A B*,*C D*)",
            Not(Or((Like("targname", "*A B*"), Like("targname", "*C D*")))),
        ),
        ("targname=*A exptime=5", And((Like("targname", "*A"), Equals("exptime", 5.0)))),
        ('targname="a..b"', Equals("targname", Exact("a..b"))),
        ('targname=""', Equals("targname", "")),
        ("targname!=''", Not(Equals("targname", ""))),
        ('targname=""..M', Between("targname", high="M")),
    ],
)
def test_text_is_parsed_as_meant(text, expected):
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
        ("targname=*A B", "'B' lacks a comparison.*in quotes"),
        ("targname=*A *B*", "'[*]B[*]' lacks a comparison"),
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
def test_a_syntax_error_has_its_position_and_reason(text, reason):
    with pytest.raises(QueryError, match=reason) as caught:
        query.parse(text, SPECS)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("text", [None, 5, b"exptime=5", ["exptime=5"]])
def test_anything_but_text_is_refused(text):
    with pytest.raises(QueryError, match="is not a condition"):
        query.parse(text, SPECS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OMEGA CEN", Equals("targname", "OMEGA CEN")),
        ("OMEGA CEN, M 31*", Or((Like("targname", "M 31*"), Equals("targname", "OMEGA CEN")))),
        ('"a, b" , c', AnyOf("targname", (Exact("a, b"), "c"))),
        ("a (b) <c> d=e", Equals("targname", "a (b) <c> d=e")),
        ('12" x', Equals("targname", '12" x')),
    ],
)
def test_a_field_of_a_form_takes_blanks_and_signs_as_they_are(text, expected):
    assert query.parse_comparison("targname", "=", text, SPECS) == expected


def test_a_field_whose_quote_is_not_closed_is_refused():
    with pytest.raises(QueryError, match=r"a quote in .* is not closed"):
        query.parse_comparison("targname", "=", '"a, b', SPECS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exptime=100", Equals("exptime", 100.0)),
        ("exptime==100", Equals("exptime", 100.0)),
        ("exptime!=100", Not(Equals("exptime", 100.0))),
        ("exptime<100", Between("exptime", high=100.0, high_inclusive=False)),
        ("exptime<=100", Between("exptime", high=100.0)),
        ("exptime>100", Between("exptime", low=100.0, low_inclusive=False)),
        ("exptime>=100", Between("exptime", low=100.0)),
        (" EXPTIME  >=  100 ", Between("exptime", low=100.0)),
        ("exptime=100..500", Between("exptime", 100.0, 500.0)),
        ("exptime=100..", Between("exptime", low=100.0)),
        ("exptime=..500", Between("exptime", high=500.0)),
        ("exptime=.5...5e3", Between("exptime", 0.5, 500.0)),
        ("exptime!=100..500", Not(Between("exptime", 100.0, 500.0))),
        (
            "date-obs=2002-04-13..2002-05-01",
            Between("date_obs", datetime(2002, 4, 13), datetime(2002, 5, 1)),
        ),
        ("time_obs=18..19:30", Between("time_obs", "18:00:00", "19:30:00")),
        ("time_obs=18:*", Like("time_obs", "18:*")),
        ("targname=NGC*", Like("targname", "NGC*")),
        ("targname=NGC10?", Like("targname", "NGC10?")),
        ("targname!=NGC*", Not(Like("targname", "NGC*"))),
        ("targname=a..b", Between("targname", "a", "b")),
        ('targname="a..b"', Equals("targname", Exact("a..b"))),
        ('targname="a=b"', Equals("targname", Exact("a=b"))),
        ('targname="<b>"', Equals("targname", Exact("<b>"))),
        ("filter1=F606W,F814W", AnyOf("filter1", ("F606W", "F814W"))),
        ("filter1=F606W , F814W", AnyOf("filter1", ("F606W", "F814W"))),
        ("filter1!=F606W,F814W", Not(AnyOf("filter1", ("F606W", "F814W")))),
        ('targname="A, B"', Equals("targname", Exact("A, B"))),
        ('targname="A, B",C', AnyOf("targname", (Exact("A, B"), "C"))),
        ('targname="say ""B"""', Equals("targname", Exact('say "B"'))),
        ("proposid=9019,9020", AnyOf("proposid", (9019, 9020))),
        ("subarray=T", Equals("subarray", True)),
        ("subarray=no", Equals("subarray", False)),
        ("flt.1.GOODMEAN<5", Between("flt.1.goodmean", high=5.0, high_inclusive=False)),
        (
            "targname=NGC*,47TUC",
            Or((Like("targname", "NGC*"), Equals("targname", "47TUC"))),
        ),
        (
            "targname=NGC*,M?,47TUC,X",
            Or(
                (
                    Like("targname", "NGC*"),
                    Like("targname", "M?"),
                    AnyOf("targname", ("47TUC", "X")),
                )
            ),
        ),
    ],
)
def test_text_becomes_a_condition(text, expected):
    assert query.parse(text, SPECS) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not a condition"),
        ("exptime", "lacks a comparison"),
        ("=100", "expected a condition"),
        ("exptime 100", "lacks a comparison"),
        ("exptime!100", "is allowed only in quotes"),
        ("exptime=", "expected a value"),
        ("exptime>=  ", "expected a value"),
        ("exptime=>100", "expected a value"),
        ("exptime=nan", "expected a number"),
        ("exptime>inf", "expected a number"),
        ("exptime=1,,2", "expected a value"),
        ("exptime=1..2..3", "expected a number"),
        ("exptime=5*", "expected a number in s, not the pattern '5.'"),
        ("date_obs=2002*", "expected a date like 2002-04-13, not the pattern"),
        ("date_obs=2003-02-30", "expected a date"),
        ("proposid=99999999999999999999", "expected a whole number"),
        ("subarray=maybe", "expected true or false"),
        ("targname=a\nb", "'b' lacks a comparison"),
        ("targname=" + "a" * 400_000, "at most 300000 characters"),
        ("targname=a\0b", "expected text"),
        ("targname=\udcff*", "expected a pattern"),
    ],
)
def test_text_that_is_not_a_condition_is_refused_with_the_reason(text, reason):
    with pytest.raises(QueryError, match=reason):
        query.parse(text, SPECS)


@pytest.mark.parametrize("operator", ["", "~", "=>", "<>", "$gt"])
def test_an_unknown_operator_is_refused(operator):
    with pytest.raises(QueryError, match="is not a comparison operator"):
        query.parse_comparison("exptime", operator, "1", SPECS)


@untimed
@given(st.text())
def test_any_text_is_a_condition_or_refused(text):
    try:
        condition = query.parse(text, SPECS)
    except QueryError:
        return
    assert query.prepare(condition, SPECS) == condition


@untimed
@given(st.sampled_from(["targname", "exptime", "date_obs", "rootname", "subarray"]), st.text())
def test_any_value_is_a_condition_or_refused(keyword, text):
    for operator in ("=", "<="):
        try:
            condition = query.parse_comparison(keyword, operator, text, SPECS)
        except QueryError:
            continue
        assert query.prepare(condition, SPECS) == condition


printable = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="*?"))


@untimed
@given(st.lists(printable.map(str.rstrip), min_size=2, unique=True))
def test_a_list_of_any_texts_can_be_quoted(values):
    line = io.StringIO()
    csv.writer(line, lineterminator="", quoting=csv.QUOTE_ALL).writerow(values)
    read = query.parse(f"targname={line.getvalue()}", SPECS)
    assert read == query.prepare(AnyOf("targname", tuple(map(Exact, values))), SPECS)


@pytest.mark.parametrize(
    "text", ['{"$gt": ""}', "$gt", '{"$where": "1"}', ".*", "^N", "[$ne]", "'; drop"]
)
def test_an_operator_in_a_value_is_text(text):
    assert query.parse_comparison("targname", "<=", text, SPECS) == Between("targname", high=text)
    quoted = '"' + text.replace('"', '""') + '"'
    exact = query.prepare(Equals("targname", Exact(text)), SPECS)
    assert query.parse_comparison("targname", "=", quoted, SPECS) == exact
    assert query.parse(f"targname={quoted}", SPECS) == exact
    with pytest.raises(QueryError):
        query.parse_comparison("exptime", "=", quoted, SPECS)
