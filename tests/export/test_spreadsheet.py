"""Texts that a spreadsheet would run as formulas get a quote on request; numbers never do."""

import re

import pytest
from export_rows import FORMULA, in_one_column, tricky, untimed
from hypothesis import given

from acsql.export import guarded, unguarded


def safe(value: object) -> object:
    (row,) = guarded(*in_one_column(value))
    return row["c0"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r", "\uff1d1", "-NGC104/+1"]
)
def test_a_text_that_begins_like_a_formula_is_quoted(text: str) -> None:
    assert safe(text) == f"'{text}"


def test_a_text_that_begins_like_a_formula_behind_a_semicolon_is_quoted_there() -> None:
    assert safe("x;=1+1") == "x;'=1+1"
    assert safe("x\n=1+1") == "x\n'=1+1"


@pytest.mark.parametrize("text", ["NGC104", "a=1", "1-2", "", "'a", "a; b"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert safe(text) == text


def test_a_text_that_is_quoted_already_gets_one_more_quote() -> None:
    assert safe("'=1") == "''=1"


@untimed
@given(tricky)
def test_the_quotes_are_removed_again(text: str) -> None:
    assert unguarded(str(safe(text))) == text


@pytest.mark.parametrize("value", [-2.5, True, None])
def test_a_negative_number_is_not_a_formula(value: object) -> None:
    assert safe(value) is value


def test_a_list_of_texts_is_quoted_like_a_text() -> None:
    assert safe(["=1", "b"]) == "'=1; b"


@untimed
@given(tricky)
def test_no_text_is_a_formula_wherever_cells_are_split(text: str) -> None:
    assert safe(text)[:1] not in FORMULA
    assert all(part[:1] not in ("=", "+", "-", "@") for part in re.split("[;\r\n]", safe(text)))
