"""Does what users type become the conditions they mean, and say what is wrong where it does not?"""

import csv
import io
import math
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from fractions import Fraction
from itertools import count

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import Angle
from astropy.time import Time
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from acsql import keywords as keyword_specs
from acsql import query
from acsql.errors import QueryError
from acsql.keywords import COMMENTARY, TYPES
from acsql.query import And, AnyOf, Between, Covers, Equals, Exists, Like, Not, Or, Overlaps, Within

SPECS = keyword_specs.load()
untimed = settings(deadline=None)

# One promoted keyword, or one of acsql's own, of each type.
OF_TYPE = {
    "int": "proposid",
    "float": "exptime",
    "str": "targname",
    "bool": "subarray",
    "date": "date_obs",
    "time": "time_obs",
    "datetime": "last_ingest_date",
}

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
VALUES = {
    "int": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "str": words,
    "bool": st.booleans(),
    "date": st.dates(),
    "time": st.times(),
    "datetime": st.datetimes(),
}
# Anything that a program might hand over where a value of a type is expected.
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.none() | st.timezones()),
    st.fractions(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["$gt", "$ne", "$where"]), st.text(), max_size=1),
)


def column(type_: str) -> query.Column:
    """Return a column of a type."""
    return query.resolve(OF_TYPE[type_], SPECS)


def is_stored(value: object, type_: str) -> bool:
    """Whether a value is one that is compared with stored values of a type."""
    stored = {"bool": bool, "int": int, "float": float}
    return type(value) is stored.get(type_, datetime if "date" in type_ else str)


@st.composite
def conditions(draw, depth: int = 2):
    """Draw a condition as a program may write it: unresolved, with values of many kinds."""
    if depth and draw(st.booleans()):
        inner = conditions(depth - 1)
        some = st.lists(inner, max_size=3).map(tuple)
        return draw(st.one_of(inner.map(Not), some.map(And), some.map(Or)))
    type_ = draw(st.sampled_from(TYPES))
    keyword = draw(st.sampled_from([OF_TYPE[type_], OF_TYPE[type_].upper().replace("_", "-")]))
    values = VALUES[type_]
    kinds = [
        values.map(lambda value: Equals(keyword, value)),
        st.lists(values, max_size=3).map(lambda found: AnyOf(keyword, tuple(found))),
        st.builds(
            Between,
            st.just(keyword),
            st.none() | values,
            st.none() | values,
            st.booleans(),
            st.booleans(),
        ),
    ]
    if type_ in ("str", "time"):
        kinds.append(st.builds("{}*{}".format, words, words).map(lambda text: Like(keyword, text)))
    return draw(st.one_of(kinds))


def test_the_columns_of_these_tests_are_of_every_type():
    assert {type_: column(type_).spec.type for type_ in OF_TYPE} == {
        type_: type_ for type_ in TYPES
    }


# --- addresses


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("exptime", "exptime"),
        ("EXPTIME", "exptime"),
        (" ExpTime ", "exptime"),
        ("DATE-OBS", "date_obs"),
        ("date_obs", "date_obs"),
        ("rootname", "rootname"),
        ("flt.1.goodmean", "flt.1.goodmean"),
        ("FLT.1.GOODMEAN", "flt.1.goodmean"),
        ("flt.01.goodmean", "flt.1.goodmean"),
        ("raw.0.DATE-OBS", "raw.0.date_obs"),
        ("drz.0.DnnnDATA", "drz.0.dnnndata"),
    ],
)
def test_fits_spelling_and_case_do_not_matter(address, expected):
    assert query.resolve(address, SPECS).address == expected


def test_a_column_knows_where_it_stands():
    assert query.resolve("exptime", SPECS).header is None
    assert query.resolve("flt.1.goodmean", SPECS).header == ("flt", 1)
    assert query.resolve("flt.0.exptime", SPECS).spec.unit == "s"


@untimed
@given(st.data())
def test_every_keyword_of_every_header_can_be_addressed(data):
    key = data.draw(st.sampled_from(sorted(SPECS.header_keywords)))
    name = data.draw(st.sampled_from(sorted(SPECS.header_keywords[key])))
    keyword = SPECS.header_keywords[key][name].keyword
    found = query.resolve(f"{key.filetype}.{key.extension}.{keyword}", SPECS)
    assert found.address == f"{key.filetype}.{key.extension}.{name}"
    assert query.resolve(found.address, SPECS) == found


@pytest.mark.parametrize("name", sorted(SPECS.top_level))
def test_every_field_at_the_top_can_be_addressed(name):
    spec = SPECS.top_level[name]
    assert query.resolve(spec.keyword, SPECS) == query.resolve(name, SPECS)
    assert query.resolve(name, SPECS) == query.Column(name, spec)


@pytest.mark.parametrize("keyword", COMMENTARY)
@pytest.mark.parametrize("key", sorted(SPECS.lists), ids=str)
def test_commentary_of_every_header_can_be_asked_for(key, keyword):
    address = f"{key.filetype}.{key.extension}.{keyword}"
    found = query.resolve(address, SPECS)
    assert (found.address, found.spec.type) == (address.lower(), "str")
    assert found in query.search_keywords(address, SPECS)


def test_an_ambiguous_keyword_is_refused_with_all_its_places():
    with pytest.raises(QueryError) as caught:
        query.resolve("goodmean", SPECS)
    places = SPECS.headers_with("goodmean")
    assert len(places) > 1
    for filetype, extension in places:
        assert f"{filetype}.{extension}.goodmean" in str(caught.value)


def test_a_keyword_in_another_header_is_refused_with_its_places():
    with pytest.raises(QueryError, match=r"raw\.1\.goodmean") as caught:
        query.resolve("raw.0.goodmean", SPECS)
    assert "raw header 0" in str(caught.value)


@pytest.mark.parametrize(
    ("address", "suggestion"),
    [
        ("exptme", "exptime"),
        ("EXPTIM", "exptime"),
        ("aperature", "aperture"),
        ("propsid", "proposid"),
        ("rotname", "rootname"),
        ("flt.1.goodmaen", "goodmean"),
        ("flt.0.histroy", "flt.0.history"),
        ("histroy", "history"),
    ],
)
def test_a_misspelt_keyword_is_refused_with_the_one_meant(address, suggestion):
    with pytest.raises(QueryError, match="did you mean") as caught:
        query.resolve(address, SPECS)
    assert suggestion in str(caught.value)
    assert address.lower() in str(caught.value).lower()


@pytest.mark.parametrize(
    "address",
    ["", " ", "qqqqqqqqqqqq", "$where", "headers.flt", "flt.1", "flt.x.goodmean", "_id", "9.9.9"],
)
def test_what_is_no_keyword_is_refused(address):
    with pytest.raises(QueryError, match="there is no keyword"):
        query.resolve(address, SPECS)


@untimed
@given(st.text(max_size=20))
def test_any_text_is_a_keyword_or_refused(address):
    try:
        found = query.resolve(address, SPECS)
    except QueryError:
        return
    assert query.resolve(found.address, SPECS) == found


def test_an_extension_of_a_thousand_digits_is_refused():
    with pytest.raises(QueryError):
        query.resolve(f"flt.{'1' * 5000}.goodmean", SPECS)


def test_columns_come_once_and_in_order():
    found = query.resolve_all(["targname", "EXPTIME", "exptime", "flt.1.GOODMEAN"], SPECS)
    assert [part.address for part in found] == ["targname", "exptime", "flt.1.goodmean"]


@pytest.mark.parametrize(
    ("address", "choices"),
    [
        ("raw.*.exptime", "names no header; choose one of exptime, raw.0.exptime$"),
        ("raw.*.goodmean", r"several headers; choose one of raw\.1\.goodmean, raw\.2\.goodmean"),
        ("*.1.goodmean", r"several headers; choose one of raw\.1\.goodmean"),
        ("drz.0.D001DATA", r"numbered anew in every product.* drz\.0\.dnnndata"),
        ("D014DEXP", r"numbered anew in every product.* drz\.0\.dnnndexp"),
        ("flt.1.goodmaen", r"did you mean flt\.1\.goodmean"),
    ],
)
def test_an_address_that_is_not_exact_is_refused_with_the_choices(address, choices):
    with pytest.raises(QueryError, match=choices):
        query.resolve(address, SPECS)


def test_a_keyword_of_one_header_is_refused_with_its_address():
    name = next(
        name
        for name in SPECS.keywords
        if len(SPECS.headers_with(name)) == 1 and name not in SPECS.top_level
    )
    filetype, extension = SPECS.headers_with(name)[0]
    with pytest.raises(QueryError, match="is in a header; write") as caught:
        query.resolve(name, SPECS)
    assert str(caught.value).endswith(f" {filetype}.{extension}.{name}")


def test_keywords_at_the_top_are_suggested_before_others():
    with pytest.raises(QueryError, match="did you mean exptime or expend"):
        query.resolve("exptme", SPECS)


@pytest.mark.parametrize("address", [None, 5, ["exptime"], b"exptime"])
def test_an_address_that_is_no_text_is_refused(address):
    with pytest.raises(QueryError, match="a keyword is a text"):
        query.resolve(address, SPECS)


# --- values


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("int", "9019", 9019),
        ("int", " 9019 ", 9019),
        ("int", 9019.0, 9019),
        ("int", np.int64(9019), 9019),
        ("int", np.float32(9019), 9019),
        ("float", "60", 60.0),
        ("float", "6e1", 60.0),
        ("float", 60, 60.0),
        ("float", np.float32(0.5), 0.5),
        ("str", "NGC104", "NGC104"),
        ("str", "9019", "9019"),
        *(("bool", value, True) for value in (True, "T", "true", "YES", 1, "1", np.True_)),
        *(("bool", value, False) for value in (False, "F", "false", "no", 0, "0", np.False_)),
        ("date", "2002-04-13", datetime(2002, 4, 13)),
        ("date", " 2002-04-13 ", datetime(2002, 4, 13)),
        ("date", date(2002, 4, 13), datetime(2002, 4, 13)),
        ("date", datetime(2002, 4, 13, 18, 16), datetime(2002, 4, 13)),
        ("time", "18:16:35", "18:16:35"),
        ("time", "18:16", "18:16:00"),
        ("time", time(18, 16, 35), "18:16:35"),
        ("datetime", "2002-04-13T18:16:35", datetime(2002, 4, 13, 18, 16, 35)),
        ("datetime", "2002-04-13 18:16:35", datetime(2002, 4, 13, 18, 16, 35)),
        ("datetime", "2002-04-13", datetime(2002, 4, 13)),
        ("datetime", date(2002, 4, 13), datetime(2002, 4, 13)),
        ("datetime", "2002-04-13T18:16:35Z", datetime(2002, 4, 13, 18, 16, 35)),
        ("datetime", "2002-04-13T18:16:35+02:00", datetime(2002, 4, 13, 16, 16, 35)),
        ("datetime", datetime(2002, 4, 13, tzinfo=UTC), datetime(2002, 4, 13)),
    ],
)
def test_a_value_becomes_the_type_of_its_keyword(type_, value, expected):
    found = query.coerce_value(value, column(type_))
    assert found == expected
    assert is_stored(found, type_)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        *(("int", value) for value in ("", "x", "1.5", "1e3", "nan", "inf", None, True, b"9")),
        *(("int", value) for value in (1.5, math.nan, math.inf, np.float32(1.5), Fraction(3, 2))),
        *(("int", value) for value in (2**63, -(2**63) - 1, "9" * 30, "9" * 5000, 1e30, [1])),
        *(("float", value) for value in ("", "x", "nan", "inf", "-inf", "1e999", "1,5")),
        *(("float", value) for value in (None, True, math.nan, math.inf, 10**400, [1.0])),
        *(("str", value) for value in (None, 1, True, b"x", ["x"], "a\0b", "\udcff")),
        *(("bool", value) for value in ("", "maybe", "2", 2, None, [], "truee")),
        *(("date", value) for value in ("", "x", "2003-02-30", "2003-13-01", "13/04/2002")),
        *(("date", value) for value in (None, 5, 2002.5, True, [], time(1, 2), "0000-01-01")),
        *(("date", value) for value in ("2002-00", "2002-13", "2002-4-13", "20020413", "9999")),
        *(("date", value) for value in (math.nan, math.inf, 1e5, 9999.5, "99999999")),
        *(("time", value) for value in ("", "x", "25:00", "18:60", None, 18, [], date.min)),
        *(("datetime", value) for value in ("", "x", "2003-02-30", "2002-04-13T25:00", None)),
        *(("datetime", value) for value in (5, [], time(1, 2), True)),
        *((type_, {"$gt": ""}) for type_ in TYPES),
    ],
)
def test_a_value_of_another_type_is_refused_with_what_is_expected(type_, value):
    expected = {
        "int": "a whole number",
        "float": "a number in s",
        "str": "text",
        "bool": "true or false",
        "date": "a date like",
        "time": "a time like",
        "datetime": "a date and time like",
    }[type_]
    with pytest.raises(QueryError, match=f"{OF_TYPE[type_]}: expected {expected}") as caught:
        query.coerce_value(value, column(type_))
    assert repr(value)[:70] in str(caught.value)
    assert len(str(caught.value)) < 200


@untimed
@given(st.sampled_from(TYPES), ANYTHING)
def test_a_value_is_typed_or_refused_and_typing_it_again_changes_nothing(type_, value):
    try:
        found = query.coerce_value(value, column(type_))
    except QueryError as error:
        assert OF_TYPE[type_] in str(error)
        return
    assert is_stored(found, type_)
    assert query.coerce_value(found, column(type_)) == found


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11))])))
def test_a_time_of_a_zone_is_compared_in_utc(moment):
    try:
        expected = moment.astimezone(UTC).replace(tzinfo=None)
        expected -= timedelta(microseconds=expected.microsecond % 1000)  # as MongoDB keeps it
    except OverflowError:
        assume(False)
    assert query.coerce_value(moment, column("datetime")) == expected


@pytest.mark.parametrize(
    ("value", "key"),
    [("J8BT05NJQ", "j8bt05nj"), ("j8bt05nj", "j8bt05nj"), ("jcp001010", "jcp001010")],
)
def test_a_rootname_is_compared_as_the_key_of_the_archive(value, key):
    assert query.parse(f"rootname={value}", SPECS) == Equals("rootname", key)
    assert query.parse(f"rootname={value},jbmma2u2q", SPECS) == AnyOf("rootname", (key, "jbmma2u2"))


def test_a_rootname_that_is_none_is_refused():
    with pytest.raises(QueryError, match="'j8bt' is not a rootname"):
        query.parse("rootname=j8bt", SPECS)


def test_a_pattern_of_rootnames_is_in_any_case():
    assert query.parse("rootname=J8BT*", SPECS) == Like("rootname", "j8bt*")


# --- text


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
        ('targname="a..b"', Equals("targname", "a..b")),
        ('targname="a=b"', Equals("targname", "a=b")),
        ('targname="<b>"', Equals("targname", "<b>")),
        ("filter1=F606W,F814W", AnyOf("filter1", ("F606W", "F814W"))),
        ("filter1=F606W , F814W", AnyOf("filter1", ("F606W", "F814W"))),
        ("filter1!=F606W,F814W", Not(AnyOf("filter1", ("F606W", "F814W")))),
        ('targname="A, B"', Equals("targname", "A, B")),
        ('targname="A, B",C', AnyOf("targname", ("A, B", "C"))),
        ('targname="say ""B"""', Equals("targname", 'say "B"')),
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
def test_a_text_states_a_condition(text, expected):
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
def test_a_text_that_states_none_is_refused_with_the_reason(text, reason):
    with pytest.raises(QueryError, match=reason):
        query.parse(text, SPECS)


@pytest.mark.parametrize("operator", ["", "~", "=>", "<>", "$gt"])
def test_a_comparison_that_there_is_not_is_refused(operator):
    with pytest.raises(QueryError, match="is not a comparison operator"):
        query.parse_comparison("exptime", operator, "1", SPECS)


@untimed
@given(st.text())
def test_any_text_states_a_condition_or_is_refused(text):
    try:
        condition = query.parse(text, SPECS)
    except QueryError:
        return
    assert query.prepare(condition, SPECS) == condition


@untimed
@given(st.sampled_from(["targname", "exptime", "date_obs", "rootname", "subarray"]), st.text())
def test_any_value_states_a_condition_or_is_refused(keyword, text):
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
    assert query.parse(f"targname={line.getvalue()}", SPECS) == AnyOf("targname", tuple(values))


@pytest.mark.parametrize(
    "text", ['{"$gt": ""}', "$gt", '{"$where": "1"}', ".*", "^N", "[$ne]", "'; drop"]
)
def test_an_operator_in_a_value_is_text(text):
    assert query.parse_comparison("targname", "<=", text, SPECS) == Between("targname", high=text)
    quoted = '"' + text.replace('"', '""') + '"'
    assert query.parse_comparison("targname", "=", quoted, SPECS) == Equals("targname", text)
    assert query.parse(f"targname={quoted}", SPECS) == Equals("targname", text)
    with pytest.raises(QueryError):
        query.parse_comparison("exptime", "=", quoted, SPECS)


# --- Python


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (60, Equals("exptime", 60.0)),
        ((100, 500), Between("exptime", 100.0, 500.0)),
        ((100, None), Between("exptime", low=100.0)),
        ((None, 500), Between("exptime", high=500.0)),
        ([60, 500], AnyOf("exptime", (60.0, 500.0))),
        ([60], Equals("exptime", 60.0)),
        ([], Or(())),
        ({60}, Equals("exptime", 60.0)),
        (range(2), AnyOf("exptime", (0.0, 1.0))),
        (np.array([60.0, 500.0]), AnyOf("exptime", (60.0, 500.0))),
        (np.float32(60), Equals("exptime", 60.0)),
        (np.array(60.0), Equals("exptime", 60.0)),
        (iter([60, 500]), AnyOf("exptime", (60.0, 500.0))),
        ([60, 60.0], Equals("exptime", 60.0)),
        (None, Not(Exists("exptime"))),
        ([60, None], Or((Not(Exists("exptime")), Equals("exptime", 60.0)))),
        (np.ma.masked, Not(Exists("exptime"))),
        (1 * units.min, Equals("exptime", 60.0)),
        ([1, 2] * units.min, AnyOf("exptime", (60.0, 120.0))),
        ((1 * units.min, None), Between("exptime", low=60.0)),
    ],
)
def test_a_python_keyword_states_a_condition(value, expected):
    stated = query.from_keywords({"EXPTIME": value})
    assert [query.prepare(condition, SPECS) for condition in stated] == [expected]


def test_a_python_text_may_be_a_pattern():
    assert query.from_keywords({"targname": "NGC*", "filter1": ["F606W", "F8*"]}) == [
        Like("targname", "NGC*"),
        Or((Like("filter1", "F8*"), Equals("filter1", "F606W"))),
    ]


@pytest.mark.parametrize("value", [(), (1,), (1, 2, 3)])
def test_a_range_is_of_two(value):
    with pytest.raises(QueryError, match="exptime: a range is a tuple of two"):
        query.from_keywords({"exptime": value})


@pytest.mark.parametrize(
    "value", [{"$gt": ""}, {"$gt": 0}, b"60", [{"$gt": 0}], [[60]], [(1, 2)], object()]
)
@pytest.mark.parametrize("keyword", OF_TYPE.values())
def test_what_is_no_value_is_refused(keyword, value):
    with pytest.raises(QueryError, match=keyword):
        query.prepare(And(tuple(query.from_keywords({keyword: value}))), SPECS)


@untimed
@given(conditions())
def test_preparing_twice_is_preparing_once(condition):
    prepared = query.prepare(condition, SPECS)
    assert query.prepare(prepared, SPECS) == prepared


@untimed
@given(conditions())
def test_preparing_resolves_and_types_everything(condition):
    for leaf, _ in query.leaves(query.prepare(condition, SPECS)):
        if isinstance(leaf, And | Or | Exists):
            continue
        type_ = SPECS.top_level[leaf.keyword].type
        match leaf:
            case Equals(_, value):
                values = [value]
            case AnyOf(_, values):
                pass
            case Between():
                values = [value for value in (leaf.low, leaf.high) if value is not None]
            case Like(_, pattern):
                values, type_ = [pattern], "str"
        assert all(is_stored(value, type_) for value in values)


@pytest.mark.parametrize("inner", ["exptime=1", None, 5, {"$where": "1"}, And])
@pytest.mark.parametrize("outer", [lambda c: c, Not, lambda c: And((c,)), lambda c: Or((c,))])
def test_what_is_no_condition_is_refused(outer, inner):
    with pytest.raises(QueryError, match="is not a condition"):
        query.prepare(outer(inner), SPECS)


@pytest.mark.parametrize("pattern", [None, 5, {"$regex": "."}, b"N*", ["N*"]])
def test_a_pattern_that_is_no_text_is_refused(pattern):
    with pytest.raises(QueryError, match="targname: expected a pattern"):
        query.prepare(Like("targname", pattern), SPECS)


def test_a_pattern_without_wildcards_is_equality():
    assert query.prepare(Like("targname", "NGC104"), SPECS) == Equals("targname", "NGC104")


def test_a_run_of_stars_is_one():
    assert query.prepare(Like("targname", "N***G"), SPECS) == Like("targname", "N*G")


# --- one form


a, b, c = (Equals("exptime", value) for value in (1.0, 2.0, 3.0))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (And((a,)), a),
        (Or((a,)), a),
        (And((a, And((b, c)))), And((a, b, c))),
        (Or((a, Or((b, c)))), Or((a, b, c))),
        (And((a, Or((b, c)))), And((a, Or((b, c))))),
        (And((a, And(()))), a),
        (And(()), And(())),
        (AnyOf("exptime", ()), Or(())),
        (AnyOf("exptime", (1, 1.0)), a),
        (AnyOf("exptime", [1, 2]), AnyOf("exptime", (1.0, 2.0))),
        (AnyOf("exptime", {1}), a),
        (Between("EXPTIME"), Exists("exptime")),
        (Between("exptime", high=1, low_inclusive=False), Between("exptime", high=1.0)),
    ],
)
def test_what_means_the_same_is_the_same(condition, expected):
    assert query.prepare(condition, SPECS) == expected


@pytest.mark.parametrize("values", ["F606W", b"F606W", {"F606W": 1}, 5, None])
def test_a_list_that_is_none_is_refused(values):
    with pytest.raises(QueryError, match="filter1: expected a list of values"):
        query.prepare(AnyOf("filter1", values), SPECS)


# --- dates


def mjd(text):
    return Time(text, scale="utc").mjd


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("date_obs=2002-04-13", Equals("date_obs", datetime(2002, 4, 13))),
        ("date_obs=2002-04-13T18:16:35", Equals("date_obs", datetime(2002, 4, 13))),
        ("date_obs=52377", Equals("date_obs", datetime(2002, 4, 13))),
        ("date_obs=52377.99", Equals("date_obs", datetime(2002, 4, 13))),
        ("date_obs<=2002-04-13", Between("date_obs", high=datetime(2002, 4, 13))),
        (
            "date_obs>2002-04-13",
            Between("date_obs", low=datetime(2002, 4, 13), low_inclusive=False),
        ),
        (
            "date_obs=2002-04",
            Between("date_obs", datetime(2002, 4, 1), datetime(2002, 5, 1), high_inclusive=False),
        ),
        (
            "date_obs=2002",
            Between("date_obs", datetime(2002, 1, 1), datetime(2003, 1, 1), high_inclusive=False),
        ),
        (
            "date_obs!=2002-12",
            Not(
                Between(
                    "date_obs", datetime(2002, 12, 1), datetime(2003, 1, 1), high_inclusive=False
                )
            ),
        ),
        ("date_obs>=2002-04", Between("date_obs", low=datetime(2002, 4, 1))),
        ("date_obs>2002-04", Between("date_obs", low=datetime(2002, 5, 1))),
        (
            "date_obs<2002-04",
            Between("date_obs", high=datetime(2002, 4, 1), high_inclusive=False),
        ),
        (
            "date_obs<=2002-04",
            Between("date_obs", high=datetime(2002, 5, 1), high_inclusive=False),
        ),
        (
            "date_obs=2002..2003",
            Between("date_obs", datetime(2002, 1, 1), datetime(2004, 1, 1), high_inclusive=False),
        ),
        (
            "last_ingest_date=2002-04-13",
            Between(
                "last_ingest_date",
                datetime(2002, 4, 13),
                datetime(2002, 4, 14),
                high_inclusive=False,
            ),
        ),
        (
            "last_ingest_date<=2002-04-13T18:16",
            Between("last_ingest_date", high=datetime(2002, 4, 13, 18, 17), high_inclusive=False),
        ),
        (
            "last_ingest_date=2002-04-13T18:16:35.0",
            Equals("last_ingest_date", datetime(2002, 4, 13, 18, 16, 35)),
        ),
        ("last_ingest_date=52377.5", Equals("last_ingest_date", datetime(2002, 4, 13, 12))),
        ("last_ingest_date<=9999-12-31T23:59:59.9", None),
        ("expstart=52377", Equals("expstart", 52377.0)),
        ("expstart>=52377.5", Between("expstart", low=52377.5)),
        ("expstart=2002-04-13", Between("expstart", 52377.0, 52378.0, high_inclusive=False)),
        ("expstart>=2002", Between("expstart", low=mjd("2002-01-01"))),
        (
            "expstart<2002-04-13T18:16:35",
            Between("expstart", high=mjd("2002-04-13T18:16:35"), high_inclusive=False),
        ),
        (
            "expstart>=2002-04-13T18:16:35.5",
            Between("expstart", low=mjd("2002-04-13T18:16:35.5")),
        ),
        ("raw.0.proctime>=2002", None),
    ],
)
def test_a_date_stands_for_all_of_what_it_names(text, expected):
    found = query.parse(text, SPECS)
    assert expected is None or found == expected
    assert query.prepare(found, SPECS) == found


@pytest.mark.parametrize("keyword", ["date_obs", "last_ingest_date", "expstart"])
@pytest.mark.parametrize(
    "value", ["2003-02-30", "2003-13", "2002-04-13T25:00", "2002-04-13T18", "13.4.2002", "today"]
)
def test_a_date_that_there_is_not_is_refused(keyword, value):
    with pytest.raises(QueryError, match=f"{keyword}: expected a .*date.*{value}"):
        query.parse(f"{keyword}={value}", SPECS)


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        ("date_obs", date(2002, 4, 13), Equals("date_obs", datetime(2002, 4, 13))),
        ("date_obs", Time("2002-04-13"), Equals("date_obs", datetime(2002, 4, 13))),
        ("date_obs", np.datetime64("2002-04-13"), Equals("date_obs", datetime(2002, 4, 13))),
        ("date_obs", 52377, Equals("date_obs", datetime(2002, 4, 13))),
        ("expstart", Time(52377.123456789, format="mjd"), Equals("expstart", 52377.123456789)),
        ("expstart", datetime(2002, 4, 13, 12), Equals("expstart", 52377.5)),
        ("expstart", date(2002, 4, 13), Between("expstart", 52377, 52378, high_inclusive=False)),
        ("expstart", (Time("2002-04-13"), None), Between("expstart", low=52377.0)),
        ("expstart", Time(["2002-04-13", "2002-04-14"]), AnyOf("expstart", (52377.0, 52378.0))),
        (
            "last_ingest_date",
            np.datetime64("2002-04-13T12:00:00.123456789"),
            Equals("last_ingest_date", datetime(2002, 4, 13, 12, 0, 0, 123000)),
        ),
        ("last_ingest_date", datetime(2002, 4, 13), None),
    ],
)
def test_dates_of_python_numpy_and_astropy_are_understood(keyword, value, expected):
    [stated] = query.from_keywords({keyword: value})
    found = query.prepare(stated, SPECS)
    assert found == (Equals(keyword, value) if expected is None else expected)


@untimed
@given(st.dates(date(1970, 1, 1), date(2030, 1, 1)))
def test_days_are_the_same_as_dates_and_as_numbers(day):
    found = query.prepare(Equals("expstart", day), SPECS)
    assert query.prepare(Equals("expstart", day.isoformat()), SPECS) == found
    assert found.high - found.low == 1
    assert query.coerce_value(found.low, column("date")) == query.coerce_value(day, column("date"))


@pytest.mark.parametrize("name", ["expstart", "expend", "raw.0.expstart", "raw.0.proctime"])
def test_dates_as_numbers_are_marked_in_the_specs(name):
    assert query.resolve(name, SPECS).spec.mjd


def test_every_modified_julian_date_is_marked():
    described = {
        name
        for name, spec in SPECS.keywords.items()
        if spec.type == "float" and re.search("MJD|Modified Julian", spec.description or "")
    }
    assert described == {name for name, spec in SPECS.keywords.items() if spec.mjd}


# --- the sky


@pytest.mark.parametrize(
    ("ra", "dec", "radius", "expected"),
    [
        (6.02, -72.08, 0.1, (6.02, -72.08, 0.1)),
        (-6, 90, 90, (354.0, 90.0, 90.0)),
        (360, 0, "5arcmin", (0.0, 0.0, 5 / 60)),
        (-1e-300, 0, 1, (0.0, 0.0, 1.0)),
        ("6.02", "-72.08", "1 deg", (6.02, -72.08, 1.0)),
        ("00:24:05.7", "-72:04:52", 1, (6.02375, -72.0811111111111, 1.0)),
        ("00h24m05.7s", "-72d04m52s", 1, (6.02375, -72.0811111111111, 1.0)),
        ("00:24:05.7 -72:04:52", None, 1, (6.02375, -72.0811111111111, 1.0)),
        ("00 24 05.7 -72 04 52", None, 1, (6.02375, -72.0811111111111, 1.0)),
        ("6.02 -72.08", None, 1, (6.02, -72.08, 1.0)),
        (Angle("6.02d"), 1 * units.rad, 30 * units.arcsec, (6.02, 180 / math.pi, 1 / 120)),
        (np.float64(6.02), np.int64(5), np.float32(0.5), (6.02, 5.0, 0.5)),
    ],
)
def test_a_position_is_understood_as_people_write_it(ra, dec, radius, expected):
    found = query.prepare(Within(ra, dec, radius), SPECS)
    assert (found.ra, found.dec, found.radius) == pytest.approx(expected, abs=1e-12)
    assert {type(value) for value in (found.ra, found.dec, found.radius)} == {float}
    assert query.prepare(found, SPECS) == found
    assert query.prepare(Covers(ra, dec), SPECS) == Covers(found.ra, found.dec)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        *((Within(ra, 0, 1), "ra: expected") for ra in (361, -181, math.nan, math.inf, True, [])),
        *((Within(0, dec, 1), "dec: expected") for dec in (90.1, -91, "x", {"$gt": 0}, b"1")),
        *((Within(0, 0, r), "radius: expected") for r in (0, -1, 90.1, math.nan, None, "", "5km")),
        *((Within(0, 0, r), "radius: expected") for r in (1 * units.km, math.inf, "1e999")),
        *((Within(p, None, 1), "position|ra|dec") for p in (None, 5, "", "1", "1 2 3", "0:60:0 1")),
        (Covers(0, 91), "dec: expected"),
        (Covers("00:60:00", 1), "ra: expected"),
        (Overlaps("j8bt"), "'j8bt' is not a rootname"),
        (Overlaps(None), "rootname: expected text"),
    ],
)
def test_a_position_that_there_is_not_is_refused(condition, reason):
    with pytest.raises(QueryError, match=reason):
        query.prepare(condition, SPECS)


def test_an_overlap_keeps_the_footprint_that_was_looked_up():
    footprint = {"type": "Polygon", "coordinates": []}
    found = query.prepare(Overlaps("J8BT05NJQ", footprint), SPECS)
    assert found == Overlaps("j8bt05nj")
    assert found.footprint == footprint


# --- limits


def nested(depth):
    condition = a
    for _ in range(depth):
        condition = Not(condition)
    return condition


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (AnyOf("exptime", range(10_001)), "at most 10000 values"),
        (And((a,) * 201), "more than 200 conditions"),
        (Or(tuple(Like("targname", f"{n}*") for n in range(201))), "more than 200 conditions"),
        (AnyOf("date_obs", [str(year) for year in range(1000, 1300)]), "more than 200 conditions"),
        (nested(20), "nested more than 20 deep"),
        (nested(100_000), "nested more than 20 deep"),
        (Like("targname", "a" * 1000 + "*"), "at most 1000 characters"),
        (Equals("proposid", 2**63), "expected a whole number"),
    ],
)
def test_too_much_is_refused(condition, reason):
    with pytest.raises(QueryError, match=reason):
        query.prepare(condition, SPECS)


def test_a_list_without_end_is_refused():
    with pytest.raises(QueryError, match="at most 10000 values"):
        query.prepare(query.from_keywords({"exptime": count()})[0], SPECS)


def test_ten_thousand_rootnames_are_a_legitimate_list():
    rootnames = [f"j{number:07d}q" for number in range(10_000)]
    found = query.parse(f"rootname={','.join(rootnames)}", SPECS)
    assert len(found.values) == 10_000
    assert query.prepare(query.one_of("rootname", rootnames), SPECS) == found
