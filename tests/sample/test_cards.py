"""FITS cards."""

import re

import pytest
from astropy.io import fits
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from acsql.sample import cards


@settings(deadline=None)
@given(text=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=400))
def test_astropy_reads_texts_of_any_length_as_written(text):
    # astropy takes a quote before a slash as the end of the text, also in cards that it wrote.
    assume(not re.search("' */", text))
    header = fits.Header.fromstring(cards.card("TEXT", text, "whatever"))
    assert header["TEXT"] == text.rstrip(" ")


@settings(deadline=None)
@given(before=st.text("'a /", max_size=12), after=st.text("'a /", max_size=12))
def test_a_text_with_a_quote_before_a_slash_is_written_as_astropy_writes_it(before, after):
    text = f"{before}'/{after}"
    assert cards.card("TEXT", text, "whatever") == str(fits.Card("TEXT", text, "whatever"))


@settings(deadline=None)
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_astropy_reads_numbers_as_written(value):
    header = fits.Header.fromstring(cards.card("NUMBER", value, "whatever"))
    assert isinstance(header["NUMBER"], float)
    assert header["NUMBER"] == pytest.approx(value, rel=1e-11)
