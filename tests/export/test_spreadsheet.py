"""Cells that a spreadsheet would run as formulas get a quote; numbers never do."""

import pytest
from export_rows import columns

from acsql.export.spreadsheet import safe_cell

(TEXT, NUMBER) = columns("str", "float")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1"])
def test_a_text_that_begins_like_a_formula_is_quoted(text: str) -> None:
    assert safe_cell(text, TEXT) == f"'{text}"


@pytest.mark.parametrize("text", ["NGC104", "a=1", "1-2", "", "'=1"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert safe_cell(text, TEXT) == text


def test_a_negative_number_is_not_a_formula() -> None:
    assert safe_cell(-2.5, NUMBER) == "-2.5"


def test_a_list_of_texts_is_quoted_like_a_text() -> None:
    assert safe_cell(["=1", "b"], TEXT).startswith("'=1")
