"""Which texts are equal?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.query.texts import Exact, beginnings, fold, ignores_case, stated_number

ascii_texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)


def test_an_exact_text_equals_no_other_kind_of_text() -> None:
    assert Exact("WFC") == Exact("WFC") != "WFC"
    assert len({Exact("WFC"), Exact("WFC"), "WFC"}) == 2
    assert repr(Exact("WFC")) == "Exact('WFC')"


@pytest.mark.parametrize(
    ("text", "ignored"), [("wfc", True), (Exact("wfc"), False), ("05", False), ("", False)]
)
def test_case_is_ignored_in_texts_with_letters_that_are_not_exact(text: str, ignored: bool) -> None:
    assert ignores_case(text) == ignored


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.1", 0.1), ("-5", -5), ("1e3", 1000), (".5", 0.5), ("1_000", None), ("nan", None),
     ("18:16", None), ("", None), (Exact("5"), None)],
)  # fmt: skip
def test_a_text_states_a_number_if_it_is_a_decimal_one(text: str, number: float | None) -> None:
    assert stated_number(text) == number


@given(ascii_texts, st.randoms())
def test_every_spelling_of_a_text_begins_with_one_of_its_beginnings(text: str, chance) -> None:
    spelling = "".join(chance.choice([c.upper(), c.lower()]) for c in text)
    assert fold(spelling) == fold(text)
    assert any(spelling.startswith(start) for start in beginnings(text))


def test_a_beginning_has_at_most_three_letters() -> None:
    assert beginnings("a1b") == ("A1B", "A1b", "a1B", "a1b")
    assert len(beginnings("OMEGA CEN")) == 8
    assert beginnings("NGC104")[0] == "NGC104"
