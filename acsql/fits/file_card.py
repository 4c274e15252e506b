"""One card of a header: its keyword, value and comment as astropy reads them.

Nearly all cards are plain: those are parsed here, and every card that could be ambiguous is left to
astropy, whose reading is authoritative.
"""

import re
import warnings
from typing import Any, NamedTuple

from astropy.io import fits
from astropy.io.fits.card import Undefined
from astropy.io.fits.verify import VerifyError, VerifyWarning

from ..keywords import COMMENTARY
from .make_card import make_card

# Bytes of a card.
LENGTH = fits.Card.length
# Errors that astropy raises for a card that it cannot read.
UNREADABLE = (VerifyError, ValueError)
# Where a value begins, and the characters that astropy uses for a number; a text in quotes has as
# many at least (FITS 4.0, section 4.2).
_VALUE_COLUMN, _NUMBER_WIDTH = len("KEYWORD = "), 20
# A real number of that many characters has no more than `_NUMBER_WIDTH` as Python writes it.
_SHORT = 15
_WITHOUT_VALUE = tuple(keyword.ljust(8) for keyword in (*COMMENTARY, ""))
# Four fifths of the cards of an exposure are those of another one; these take about 8 MB.
_REMEMBERED_CARDS = 1 << 14
# The longest card that is remembered, in bytes; one with its CONTINUE cards can be a whole header.
_REMEMBERED_LENGTH = 4 * LENGTH
# Not plain are, for example, strings that are empty or contain a quote, whose end is ambiguous,
# strings with a colon and a blank, which may make a record-valued card, and strings with
# characters outside printable ASCII.
_PLAIN_CARD = re.compile(
    r"""
    (?= [^=]{8} =[ ] ) (?! (?: END | COMMENT | HISTORY ) [ ] )
    ( [A-Z0-9_-]++ ) [ ]*+ = [ ]++
    (?: ' ( (?! ' ) [ -&(-9;-~]*+ (?: : (?![ ]) [ -&(-9;-~]*+ )*+ ) '  # text
      | ( [+-]?+ [0-9]++ ) (?! [.E] )  # integer
      | ( [+-]?+ (?: [0-9]++ \.?+ [0-9]*+ | \. [0-9]++ ) (?: E [+-]?+ [0-9]++ )?+ )  # real
      | ( [TF] )
    )?+
    [ ]*+ (?: / ( .*+ ) )?+
    """,
    re.VERBOSE | re.DOTALL,
)
# A string of any characters, closed by the quote that astropy takes for its end.
_STRING = re.compile(r"'(.*?)'(?![!-.0-~])", re.DOTALL)
_NOT_IN_FITS = re.compile(r"[^ -~]")
# Comments of CHECKSUM say when it was computed; with them each header would have its own layout.
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
# Between a keyword and its comment in a header layout.
SEPARATOR = "\t"
# The end of a string that no quote closes; a slash within a word may belong to a path.
_COMMENT = re.compile(r" /|/ |/\Z")


class UnreadableValue(str):
    """The text of a value that astropy cannot read, without quotes and comment."""

    __slots__ = ()


class FileCard(NamedTuple):
    """A card as it is in a file.

    Attributes
    ----------
    pair : tuple of (str, value)
        Keyword in FITS spelling and value; an undefined value is None, and one that astropy
        cannot read an `UnreadableValue`; of a blank card an empty keyword and its text,
        such as the title of a section.
    image : bytes
        The card, with the CONTINUE cards that belong to it.
    line : str
        Keyword and comment, or the text of a blank card, as a header layout has them.
    needs_image : bool
        Whether astropy would write another keyword, value or comment.
    is_readable : bool
        Whether astropy reads it; a CONTINUE card, where it is one, makes it refuse another.
    """

    pair: tuple[str, Any]
    image: bytes
    line: str
    needs_image: bool
    is_readable: bool


class _FileCards(dict[bytes, FileCard]):
    """Cards by their bytes, each with its CONTINUE cards; emptied when there are too many.

    A look-up takes a third of the time of `functools.lru_cache`, and there are millions.
    """

    def __missing__(self, image: bytes) -> FileCard:
        card = _parse_card(image)
        if len(image) <= _REMEMBERED_LENGTH:
            if len(self) >= _REMEMBERED_CARDS:
                self.clear()
            self[image] = card
        return card


file_cards = _FileCards()


def _parse_card(card: bytes) -> FileCard:
    image = card.decode("latin-1")
    plain = _PLAIN_CARD.fullmatch(image) if len(card) == LENGTH else None
    if plain is None:
        return _commentary(card) if image[:8] in _WITHOUT_VALUE else _left_to_astropy(card)
    keyword, text, integer, real, truth, comment = plain.groups("")
    value: Any = None
    # The columns that astropy writes for it.
    width = _NUMBER_WIDTH
    if text:
        value = text.rstrip()
        width = max(width, len(value) + len("''"))
    elif integer:
        value = int(integer)
        width = max(width, len(str(value)))
    elif real:
        value = float(real)
        # Astropy cuts a longer one.
        if len(real) > _SHORT and len(str(value)) > width:
            width = LENGTH
    elif truth:
        value = truth == "T"
    else:
        width = 0
    if comment := comment.strip(" "):
        width += len(" / ") + len(comment)
    return _file_card(keyword, value, comment, card, _VALUE_COLUMN + width <= LENGTH)


def _commentary(card: bytes) -> FileCard:
    image = card.decode("latin-1")
    keyword, text = image[:8].rstrip(), image[8:].rstrip()
    line = _line(keyword, "" if keyword else text)
    return FileCard((keyword, text), card, line, needs_image=False, is_readable=True)


def _file_card(keyword: str, value: Any, comment: str, image: bytes, is_written: bool) -> FileCard:
    """Return a card with a value; `is_written` says whether astropy writes it as it reads it."""
    has_time = ":" in comment and _TIME.search(comment) is not None
    line = _line(keyword, "" if has_time else comment)
    pair, is_readable = (keyword, value), keyword != "CONTINUE"
    # A call of the class takes three times as long.
    return tuple.__new__(FileCard, (pair, image, line, has_time or not is_written, is_readable))


def _line(keyword: str, text: str) -> str:
    shown = keyword + text
    if not (shown.isascii() and shown.isprintable()):
        keyword, text = _NOT_IN_FITS.sub("?", keyword), _NOT_IN_FITS.sub("?", text)
    return f"{keyword}{SEPARATOR}{text}"


def _left_to_astropy(image: bytes) -> FileCard:
    text = image.decode("latin-1")
    card, keyword = fits.Card.fromstring(text), text[:8].strip()
    try:
        keyword = card.keyword
        keyword, value = keyword_and_value(card)
        comment = card.comment
        is_written = _is_reproducible(keyword, value, comment)
        return _file_card(keyword, value, comment, image, is_written)
    except UNREADABLE:
        # Its text is shown in its place, because astropy cannot read the image.
        pair = keyword, UnreadableValue(_text(text))
        return FileCard(pair, image, _line(keyword, ""), False, False)


def _is_reproducible(keyword: str, value: Any, comment: str) -> bool:
    """Return whether astropy reads a card of these that it has written as these."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VerifyWarning)
            again = fits.Card.fromstring(make_card(keyword, value, comment).image)
            return (*keyword_and_value(again), again.comment) == (keyword, value, comment)
    except UNREADABLE:
        return False


def keyword_and_value(card: fits.Card) -> tuple[str, Any]:
    """Return what astropy reads of a card.

    Parameters
    ----------
    card : astropy.io.fits.Card
        The card.

    Returns
    -------
    tuple of (str, value)
        As a `FileCard` has them.

    Raises
    ------
    VerifyError, ValueError
        If astropy cannot read it.
    """
    value = card.value
    return card.keyword, None if isinstance(value, Undefined) else value


def is_string(record: bytes) -> bool:
    """Return whether the value of a card of 80 bytes is a closed string of any characters.

    Parameters
    ----------
    record : bytes
        The card.
    """
    return _STRING.match(_value_field(record.decode("latin-1"))) is not None


def _text(image: str) -> str:
    """Return the text of the value of a card, without quotes and comment."""
    records = (image[at : at + LENGTH] for at in range(0, len(image), LENGTH))
    *first, last = map(_record_text, map(_value_field, records))
    return "".join([*(text.removesuffix("&") for text in first), last])


def _record_text(field: str) -> str:
    if string := _STRING.match(field):
        return string[1].replace("''", "'").rstrip()
    is_unclosed = field.startswith("'")
    return (_COMMENT.split(field[1:], 1)[0] if is_unclosed else field.partition("/")[0]).rstrip()


def _value_field(record: str) -> str:
    """Return what follows the keyword and the equals sign of a card."""
    has_sign = "=" in (record if record.startswith("HIERARCH ") else record[:9])
    return (record.partition("=")[2] if has_sign else record[8:]).strip(" \0")
