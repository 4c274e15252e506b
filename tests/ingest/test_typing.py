"""Typing of headers by their specs, from cards as astropy reads them."""

import math
from collections.abc import Callable
from datetime import datetime

import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from acsql import names
from acsql.fits import cards
from acsql.fits.astropy_header import to_fits
from acsql.fits.file_card import UnreadableValue
from acsql.ingest import typing
from acsql.keywords import HeaderKey, KeywordSpec, KeywordSpecs

KEY = HeaderKey("WFC", "raw", 0)


def spec(type_: str, *formats: str) -> KeywordSpec:
    return KeywordSpec("X", type_, formats=formats)


@pytest.mark.parametrize(
    ("value", "type_", "stored"),
    [
        (3, "int", 3),
        (3.0, "int", 3),
        (3, "float", 3.0),
        (2.5, "float", 2.5),
        ("WFC", "str", "WFC"),
        ("", "str", ""),
        (True, "str", "T"),
        (False, "str", "F"),
        (True, "bool", True),
        ("F", "bool", False),
        ("", "int", None),
        ("  ", "float", None),
        ("", "date", None),
        (None, "int", None),
        ("2002-04-13", "date", datetime(2002, 4, 13)),
        ("18:16:35", "time", "18:16:35"),
        ("2007-02-08T21:38:46", "datetime", datetime(2007, 2, 8, 21, 38, 46)),
        ("2011-03-10", "datetime", datetime(2011, 3, 10)),
    ],
)
def test_values_that_fit_are_typed(value: object, type_: str, stored: object) -> None:
    result, fits_type = typing.type_value(value, spec(type_))
    assert fits_type
    assert result == stored
    assert type(result) is type(stored)


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("abc", "int"),
        (2.5, "int"),
        (True, "int"),
        (float("inf"), "int"),
        ("1.0", "float"),
        (2**60 + 1, "float"),
        (True, "float"),
        (1.5, "str"),
        (1, "bool"),
        ("2003-02-30", "date"),
        ("13/04/02", "date"),
        (20020413, "date"),
        ("25:00:00", "time"),
        ("2007-02-08T21:38:46.123456", "datetime"),
        (2**70, "int"),
    ],
)
def test_type_mismatches_are_stored_as_read(value: object, type_: str) -> None:
    result, fits_type = typing.type_value(value, spec(type_))
    assert not fits_type
    assert result == (value if value != 2**70 else str(value))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("NaN", math.nan),
        ("NAN", math.nan),
        ("nan", math.nan),
        ("-NaN", math.nan),
        ("nan(0x8)", math.nan),
        ("NaNQ", math.nan),
        ("-1.#IND", math.nan),
        ("1.#QNAN", math.nan),
        ("INF", math.inf),
        ("Infinity", math.inf),
        ("+inf", math.inf),
        ("-Inf", -math.inf),
        ("-1.#INF00", -math.inf),
    ],
)
@pytest.mark.parametrize("as_read", [UnreadableValue, str, "{:8}".format])
def test_nan_and_infinity_are_numbers_in_any_spelling(
    text: str, number: float, as_read: Callable[[str], str]
) -> None:
    assert repr(typing.type_value(as_read(text), spec("float"))) == repr((number, True))
    assert repr(typing.type_value(as_read(text), spec("int"))) == repr((number, False))
    assert typing.type_value(as_read(text), spec("str")) == (as_read(text), True)


@pytest.mark.parametrize("text", ["-77,35", "TRUE", "unquoted", "infinite", "nano", "1E999"])
@pytest.mark.parametrize("type_", ["float", "int", "bool", "date"])
def test_other_texts_that_astropy_cannot_read_stay_texts(text: str, type_: str) -> None:
    stored, fits_type = typing.type_value(UnreadableValue(text), spec(type_))
    assert (stored, type(stored), fits_type) == (text, str, False)


def test_values_that_astropy_cannot_read_are_listed_unless_they_are_numbers(
    specs: KeywordSpecs,
) -> None:
    header = typed("EXPTIME = NAN / nothing\nTARGNAME= unquoted / name\nNEWKEY  = 1,5", specs)
    assert repr(header.values["exptime"]) == "nan"
    assert (header.values["targname"], header.values["newkey"]) == ("unquoted", "1,5")
    assert header.unreadable == {"TARGNAME": "unquoted", "NEWKEY": "1,5"}
    assert header.unspecified == {"NEWKEY": "str"}
    assert not header.mismatches


def test_dates_are_parsed_by_the_formats_of_their_spec() -> None:
    orbit = spec("datetime", "%Y.%j:%H:%M:%S")
    assert typing.type_value("2002.103:18:15:33", orbit) == (
        datetime(2002, 4, 13, 18, 15, 33),
        True,
    )
    assert typing.type_value("2002-04-13", orbit) == ("2002-04-13", False)


@given(st.one_of(st.booleans(), st.floats(), st.text(max_size=68), st.integers()))
@pytest.mark.parametrize("type_", ["int", "float", "str", "bool", "date", "time", "datetime"])
def test_typing_is_idempotent_and_loses_no_value(type_: str, value: object) -> None:
    stored, fits_type = typing.type_value(value, spec(type_))
    if not fits_type and not (isinstance(value, int) and abs(value) >= 2**63):
        assert stored is value or (isinstance(stored, float) and not math.isfinite(stored))
    if fits_type and type_ not in ("date", "datetime"):
        again = typing.type_value(stored, spec(type_))
        assert again == (stored, True) or stored != stored


def typed(text: str, specs: KeywordSpecs, key: HeaderKey = KEY) -> typing.TypedHeader:
    header = fits.Header.fromstring(text, sep="\n")
    return typing.type_header(cards.by_astropy(header), key, specs)


def test_commentary_becomes_lists(specs: KeywordSpecs) -> None:
    header = typed("COMMENT one\nHISTORY first\nHISTORY second\n\nEXPTIME =   1.0", specs)
    assert header.values == {"comment": ["one"], "history": ["first", "second"], "exptime": 1.0}
    assert not header.unspecified


def test_all_values_of_repeated_keywords_are_stored(specs: KeywordSpecs) -> None:
    header = typed("EXPTIME =   1.0\nEXPTIME =   2.0\nEXPTIME =   3.0", specs)
    assert header.values == {"exptime": 1.0, "_repeated": {"exptime": [2.0, 3.0]}}


def test_undefined_values_are_null(specs: KeywordSpecs) -> None:
    assert typed("EXPTIME =", specs).values == {"exptime": None}


def test_long_strings_are_stored_whole(specs: KeywordSpecs) -> None:
    header = fits.Header()
    header["TARGNAME"] = "NGC" * 50
    assert len(header.cards["TARGNAME"].image) > 80
    read = typing.type_header(cards.by_astropy(header), KEY, specs)
    assert read.values == {"targname": "NGC" * 50}


def test_record_valued_cards_become_one_keyword_each(specs: KeywordSpecs) -> None:
    key = HeaderKey("WFC", "flt", 1)
    header = typed("DP1     = 'EXTVER: 1.0'\nDP1     = 'AXIS.1: 1.0'", specs, key)
    assert header.values == {"dp1_extver": 1.0, "dp1_axis_1": 1.0}
    assert not header.unspecified


def test_drizzle_keywords_become_a_list_of_blocks(specs: KeywordSpecs) -> None:
    key = HeaderKey("WFC", "drz", 0)
    text = "D002DEXP=  2.0\nD001DATA= 'a.fits'\nD001DEXP=  1.0\nNDRIZIM =  2"
    header = typed(text, specs, key)
    assert header.values == {
        "ndrizim": 2,
        "dnnn": [{"block": 1, "data": "a.fits", "dexp": 1.0}, {"block": 2, "dexp": 2.0}],
    }
    assert not header.unspecified


def test_keywords_not_in_the_specs_are_stored_and_listed(specs: KeywordSpecs) -> None:
    header = typed("NEWKEY  =   2.5\nNEW-KEY2= T", specs)
    assert header.values == {"newkey": 2.5, "new_key2__2d": True}
    assert header.unspecified == {"NEWKEY": "float", "NEW_KEY2__2D": "bool"}


def test_keywords_that_differ_only_in_spelling_are_told_apart(specs: KeywordSpecs) -> None:
    text = "DATE_OBS= 'other'\nDATE-OBS= '2002-04-13'\nNEW-KEY = 1\nNEW_KEY = 2"
    hierarch = "HIERARCH A B = 3\nHIERARCH A.B = 4\nHIERARCH A_B = 5"
    header = typed(f"{text}\n{hierarch}", specs)
    assert header.values == {
        "date_obs__5f": "other",
        "date_obs": datetime(2002, 4, 13),
        "new_key__2d": 1,
        "new_key": 2,
        "a_b__20": 3,
        "a_b__2e": 4,
        "a_b": 5,
    }
    assert set(map(names.field, header.unspecified)) == set(header.values) - {"date_obs"}
    found = [(KEY, keyword, type_) for keyword, type_ in header.unspecified.items()]
    shown = to_fits(header.values, specs.with_keywords(found), KEY)
    expected = ["DATE_OBS", "DATE-OBS", "NEW-KEY", "NEW_KEY", "A B", "A.B", "A_B"]
    assert list(shown) == expected


def test_type_mismatches_are_listed(specs: KeywordSpecs) -> None:
    header = typed("EXPTIME = 'long'", specs)
    assert header.values == {"exptime": "long"}
    assert header.mismatches == {"EXPTIME": "long"}


@pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning")
def test_the_text_of_invalid_cards_is_stored(specs: KeywordSpecs) -> None:
    header = typed("EXPTIME = 12.3.4 abc'", specs)
    assert "12.3.4 abc'" in header.values["exptime"]
    assert "EXPTIME" in header.mismatches


@given(st.integers(min_value=0, max_value=3))
def test_every_keyword_in_the_specs_is_stored_under_its_name(extension: int) -> None:
    from acsql import keywords as keyword_specs

    specs = keyword_specs.load()
    key = HeaderKey("HRC", "raw", extension)
    read = [(listed.keyword, None) for listed in specs.lists[key].values()]
    header = typing.type_header(read, key, specs)
    assert set(header.values) == {names.field(keyword) for keyword, _ in read}
    assert not header.unspecified
