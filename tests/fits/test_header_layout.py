"""Does a header come back from its stored values and its layout?"""

import warnings

import pytest
from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning
from hypothesis import given
from hypothesis import strategies as st

from acsql.fits import cards
from acsql.fits.astropy_header import to_fits
from acsql.fits.header_layout import HeaderLayout, Place, layout_of
from acsql.ingest.typing import type_header
from acsql.keywords import HeaderKey, KeywordSpecs

KEY = HeaderKey("WFC", "flt", 0)


def come_back(header: fits.Header, specs: KeywordSpecs) -> tuple[fits.Header, HeaderLayout]:
    """Return a header as it comes back after it was stored, and its layout."""
    in_file = cards.parse(header.tostring().encode("ascii"))
    typed = type_header(cards.values(in_file), KEY, specs)
    layout = layout_of(in_file, typed.altered)
    written = to_fits(typed.values, specs, KEY, layout).tostring()
    return fits.Header.fromstring(written), layout


def described(header: fits.Header) -> list[tuple[str, str, str]]:
    return [(card.keyword, repr(card.value), card.comment) for card in header.cards]


@pytest.mark.parametrize(
    ("made", "images"),
    [
        ([("EXPTIME", 60.0, "exposure duration")], 0),
        ([("EXPTIME", 60, "a whole number where the specs have a float")], 1),
        ([("SUBARRAY", "T", "with quotes")], 1),
        ([("SUBARRAY", True, "without quotes")], 0),
        ([("MTFLAG", True, "where the specs have a text")], 1),
        ([("EXPTIME", "  ", "blank")], 1),
        ([("EXPTIME", None, "undefined")], 0),
        ([("EXPTIME", "NaN", "not a number")], 1),
        ([("DATE-OBS", "2002-04-13", "date")], 0),
        ([("DATE-OBS", "13/04/02", "date of old")], 0),
        ([("DATE", "2002-04-13T00:00:00", "midnight")], 1),
        ([("TARGNAME", "O'NEIL", "quote")], 0),
        ([("TARGNAME", "", "empty")], 0),
        ([("TARGNAME", "N" * 100, "long")], 0),
        ([("DP1.AXIS.1", 1.0, "record-valued")], 0),
        ([("HIERARCH a long keyword", 1, "of another sort")], 0),
        ([("CHECKSUM", "a", "HDU checksum updated 2019-10-01T12:00:00")], 1),
        ([("WCSNAME", "A", "first"), ("NAXIS", 0), ("WCSNAME", "B", "second")], 0),
        ([("D002DATA", "b", "of 2"), ("D001DATA", "a", "of 1"), ("NAXIS", 0, "after")], 0),
        ([("DATE-OBS", "2002-04-13", "a"), ("DATE_OBS", "x", "b")], 0),
        ([("", "    / SECTION"), ("", ""), ("NAXIS", 0), ("", "")], 0),
        ([("HISTORY", "a"), ("COMMENT", "b"), ("NAXIS", 0), ("HISTORY", "c"), ("HISTORY", "d")], 0),
    ],
)
def test_a_header_comes_back(specs: KeywordSpecs, made: list[tuple], images: int) -> None:
    header = fits.Header()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VerifyWarning)
        for card in made:
            header.append(card, end=True)
        again, layout = come_back(header, specs)
    assert described(again) == described(fits.Header.fromstring(header.tostring()))
    assert len(layout.images) == images


texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
values = st.one_of(
    texts, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.none(),
    st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
keywords = st.one_of(
    st.from_regex(r"[A-Z0-9_-]{1,8}", fullmatch=True).filter(lambda name: name != "END"),
    st.sampled_from(["EXPTIME", "DATE-OBS", "SUBARRAY", "TARGNAME", "HISTORY", "D001DATA"]),
)


@given(st.lists(st.tuples(keywords, values, texts), max_size=8))
def test_every_header_that_astropy_reads_comes_back(specs: KeywordSpecs, made: list) -> None:
    header = fits.Header()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VerifyWarning)
        for keyword, value, comment in made:
            if keyword in ("HISTORY", "COMMENT", "CONTINUE"):
                header.append((keyword, str(value)[:70]), end=True)
            else:
                header.append((keyword, value, comment), end=True)
        image = header.tostring()
        expected = fits.Header.fromstring(image)
        if cards.parse(image.encode("ascii")):
            again, _ = come_back(expected, specs)
            assert described(again) == described(expected)


def test_headers_that_differ_in_values_lines_and_times_share_a_layout(
    specs: KeywordSpecs,
) -> None:
    identifiers = set()
    for number in range(3):
        header = fits.Header([("EXPTIME", number + 0.5, "exposure duration")])
        header["CHECKSUM"] = ("a", f"HDU checksum updated 2019-10-0{number + 1}T12:00:00")
        for line in range(number + 1):
            header.add_history(f"line {line}")
        identifiers.add(come_back(header, specs)[1].identifier)
    assert len(identifiers) == 1


def test_values_without_a_place_follow_the_others(specs: KeywordSpecs) -> None:
    header = to_fits({"new": 1, "exptime": 2.0}, specs, KEY, HeaderLayout("EXPTIME\ttime"))
    assert [(card.keyword, card.comment) for card in header.cards] == [
        ("EXPTIME", "time"),
        ("NEW", ""),
    ]


def test_a_place_without_a_value_is_left_out(specs: KeywordSpecs) -> None:
    header = to_fits({"naxis": 0}, specs, KEY, HeaderLayout("EXPTIME\ttime\nHISTORY\t\nNAXIS\tn"))
    assert header.tostring(sep="\n").strip("\n ").startswith("NAXIS   =")


@pytest.mark.parametrize("layout", [None, HeaderLayout("END\t\nNAXIS\tn", {0: "END     = 'x'"})])
def test_a_keyword_that_would_end_the_header_is_left_out(
    specs: KeywordSpecs, layout: HeaderLayout | None
) -> None:
    assert list(to_fits({"end": "= 'x'", "naxis": 0}, specs, KEY, layout)) == ["NAXIS"]


@pytest.mark.parametrize("image", ["", "x" * 100, "EXPTIME = NaN / time", "EXPTIME = '\n'", "END"])
def test_a_damaged_card_of_a_layout_costs_no_header(specs: KeywordSpecs, image: str) -> None:
    layout = HeaderLayout("EXPTIME\ttime\nNAXIS\tn", {0: image})
    header = fits.Header.fromstring(
        to_fits({"exptime": 1.0, "naxis": 0}, specs, KEY, layout).tostring()
    )
    assert header["NAXIS"] == 0


def test_characters_that_fits_does_not_allow_are_question_marks_in_a_layout() -> None:
    header = b"EXPTIME =  1.0 / a\ttab".ljust(80) + b"END".ljust(80)
    assert layout_of(cards.parse(header.ljust(2880))).text == "EXPTIME\ta?tab"


def test_places_are_those_of_the_cards() -> None:
    layout = HeaderLayout("EXPTIME\ttime\n\t  / TITLE\nHISTORY\t", {0: "EXPTIME = 1"})
    assert list(layout.places()) == [
        Place("EXPTIME", "time", "EXPTIME = 1"),
        Place("", "  / TITLE"),
        Place("HISTORY", ""),
    ]
