"""Cards one by one; `test_cards` compares them with astropy's."""

from pathlib import Path

import astropy
import pytest
from astropy.io import fits

from acsql.fits import cards, file_card
from acsql.fits.file_card import FileCard, UnreadableValue, file_cards

ACS = Path(astropy.__file__).parent / "wcs" / "tests" / "data" / "j94f05bgq_flt.fits"


def read(text: str) -> FileCard:
    return file_cards[text.ljust(80).encode("latin-1")]


@pytest.mark.parametrize(
    ("text", "pair", "line"),
    [
        ("A       = 'words   ' / a comment", ("A", "words"), "A\ta comment"),
        ("A       = 5 / caf\xe9", ("A", 5), "A\tcaf?"),
        ("A       = 5 / updated 2019-10-01T12:00:00", ("A", 5), "A\t"),
        ("A       =      / undefined", ("A", None), "A\tundefined"),
        ("A       = NAN / mean", ("A", UnreadableValue("NAN")), "A\t"),
        ("HISTORY words", ("HISTORY", "words"), "HISTORY\t"),
        ("         / A TITLE", ("", " / A TITLE"), "\t / A TITLE"),
    ],
)
def test_a_card_is_a_pair_and_a_line_of_the_layout(text: str, pair: tuple, line: str) -> None:
    assert (read(text).pair, read(text).line) == (pair, line)


@pytest.mark.parametrize(
    ("text", "needs_image"),
    [
        ("A       = 1.5E-05 / a comment", False),
        ("A       = 1.2345678901234567E-05", True),
        ("A       = 1.234567890123456E-05", True),
        ("A       = 1.23456789012345E-05", False),
        ("A       = 5 / " + 47 * "x", False),
        ("A       = 5 / " + 48 * "x", True),
        ("A       = / " + 67 * "x", False),
    ],
)
def test_a_card_that_astropy_writes_in_another_way_is_kept(text: str, needs_image: bool) -> None:
    assert read(text).needs_image is needs_image


def test_few_cards_of_an_acs_file_are_left_to_astropy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Agreement alone would not show that plain cards are no longer seen as such."""
    file_cards.clear()
    left = []
    by_astropy = file_card._left_to_astropy
    monkeypatch.setattr(
        file_card, "_left_to_astropy", lambda card: left.append(card) or by_astropy(card)
    )
    if not ACS.is_file():
        pytest.skip("astropy is installed without its test data")
    with fits.open(ACS, memmap=False) as hdus:
        read = [pair for hdu in hdus for pair in cards.read(hdu)]
    assert len(left) < 0.05 * len(read)


@pytest.mark.parametrize("line", ["A       =      / undefined", "A       =", "A       = 5E3 / m/s"])
def test_a_plain_card_needs_no_astropy(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr(file_card, "_left_to_astropy", None)
    file_cards.clear()
    assert read(line).is_readable


def test_cards_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_card, "_REMEMBERED_CARDS", 3)
    assert [read(f"A       = {number}").pair[1] for number in range(9)] == list(range(9))
    assert len(file_cards) <= 3
