"""The cards of a header: the keywords and values that astropy reads, in a fraction of the time.

Astropy spends three quarters of the time of reading a header on parsing values, because it allows
for every deviation from the standard.  Nearly all cards are plain: those are parsed here, and
every card that could be ambiguous is left to astropy, whose reading is authoritative.  A card that
astropy refuses is kept as text, so that it costs no other card of the file.
"""

import re
import warnings
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from astropy.io import fits
from astropy.io.fits.card import Undefined
from astropy.io.fits.verify import VerifyError, VerifyWarning

from ..keywords import COMMENTARY
from .make_card import make_card

Cards = list[tuple[str, Any]]

# For other HDUs (compressed images, random groups ...) astropy may construct a different header.
_SHOWN_AS_STORED = (fits.PrimaryHDU, fits.ImageHDU, fits.BinTableHDU, fits.TableHDU)
_LENGTH = fits.Card.length
_END = "END".ljust(_LENGTH)
# What astropy takes for END, also with other characters behind it.
_ENDS = re.compile("END *[^A-Z0-9_ -]|END {77}")
# Where a value begins, and the characters that astropy uses for a number; a text in quotes has as
# many at least (FITS 4.0, section 4.2).
_VALUE_COLUMN, _NUMBER_WIDTH = len("KEYWORD = "), 20
_WITHOUT_VALUE = tuple(keyword.ljust(8) for keyword in (*COMMENTARY, ""))
_UNREADABLE = (VerifyError, ValueError)
# Four fifths of the cards of an exposure are those of another one; these take about 8 MB.
_REMEMBERED_CARDS = 1 << 14
# The longest card that is remembered, in characters.
_REMEMBERED_LENGTH = 4 * _LENGTH

# A card of 80 characters together with its CONTINUE cards; END has none.
_WHOLE_CARD = re.compile(r"END {77}|.{80}(?:CONTINUE.{72})*", re.DOTALL)
# Not plain are, for example, strings that are empty or contain a quote, whose end is ambiguous,
# strings with a colon and a blank, which may make a record-valued card, and strings with
# characters outside printable ASCII.
_PLAIN_CARD = re.compile(
    r"""
    (?= [^=]{8} =[ ] .{70} \Z ) (?! END[ ] )
    (?P<keyword> [A-Z0-9_-]+ ) [ ]* = [ ]+
    (?: ' (?P<text> (?! ' ) [ -&(-9;-~]* (?: : (?![ ]) [ -&(-9;-~]* )* ) '
      | (?P<truth> [TF] )
      | (?P<integer> [+-]? [0-9]+ )
      | (?P<real> [+-]? (?: [0-9]+ \.? [0-9]* | \. [0-9]+ ) (?: E [+-]? [0-9]+ )? )
    )
    [ ]* (?: / .* )?
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
# Characters that would close a text, or make a record-valued card of it.
_NOT_SHOWN = re.compile(r"[^ -~]|[':]")
_PLAIN_KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}", re.ASCII)
_TEXT_LENGTH = _LENGTH - len("KEYWORD = ''")
# What ends a string that no quote closes; a slash within a word may belong to a path.
_COMMENT = re.compile(r" /|/ |/\Z")
_VALUES: dict[str, Callable[[str], Any]] = {
    "text": str.rstrip,
    "truth": "T".__eq__,
    "integer": int,
    "real": float,
}


class UnreadableValue(str):
    """The text of a value that astropy cannot read, without quotes and comment."""

    __slots__ = ()


class FileCard(NamedTuple):
    """A card as it is in a file.

    Attributes
    ----------
    keyword : str
        In FITS spelling; empty for a blank card.
    value : object
        As `read` returns it; of a blank card its text, such as the title of a section.
    image : str
        The card, with the CONTINUE cards that belong to it.
    line : str
        Keyword and comment, or the text of a blank card, as a header layout has them.
    needs_image : bool
        Whether astropy would write another keyword, value or comment.
    """

    keyword: str
    value: Any
    image: str
    line: str
    needs_image: bool


def read(hdu: Any) -> Cards:
    """Return the cards of a header in their order, without blank ones.

    Parameters
    ----------
    hdu : HDU
        An HDU of a file that `acsql.fits.open.open_fits` opened and that is still open; its
        header is unmodified.

    Returns
    -------
    list of (str, value)
        Keywords and values.  An undefined value is None, and one that astropy cannot read an
        `UnreadableValue`.  A CONTINUE card that continues no string is a separate card.
    """
    cards = values(_in_file(hdu))
    if not cards:
        return by_astropy(hdu.header)
    if type(hdu) is fits.PrimaryHDU and not dict(reversed(cards)).get("EXTEND"):
        return _with_extend(cards, hdu.header)
    return cards


def in_file(hdu: Any) -> tuple[FileCard, ...]:
    """Return all cards of a header, also blank ones, as they are in the file.

    Parameters
    ----------
    hdu : HDU
        As for `read`.

    Returns
    -------
    tuple of FileCard
        Those of `read` and blank ones, in their order.  If astropy constructs the header, its
        cards as astropy writes them; none where it cannot.
    """
    cards = _in_file(hdu)
    if values(cards) == read(hdu):
        return cards
    try:
        return _parsed(hdu.header.tostring().encode("ascii", "replace"))
    except _UNREADABLE:
        return ()


def _in_file(hdu: Any) -> tuple[FileCard, ...]:
    return _parsed(_stored(hdu)) if type(hdu) in _SHOWN_AS_STORED else ()


def by_astropy(header: fits.Header) -> Cards:
    """Return the cards of a header that astropy has parsed, as `read` does.

    Parameters
    ----------
    header : astropy.io.fits.Header
        Any header.

    Returns
    -------
    list of (str, value)
        See `read`.
    """
    cards: Cards = []
    for card in header.cards:
        try:
            cards.append(_by_astropy(card))
        except _UNREADABLE:
            # The public image is the card as astropy would write it, an error where it cannot.
            cards += values(map(_card, _parts(card._image)))
    return [card for card in cards if card[0]]


def parse(header: bytes) -> tuple[FileCard, ...] | None:
    """Return all cards of a stored header if astropy reads every one of them.

    Parameters
    ----------
    header : bytes
        A header as stored, with its END.

    Returns
    -------
    tuple of FileCard, optional
        As of `in_file`; empty without END, and None where `readable` would replace a card.
    """
    cards = _parsed(header)
    return cards if header.isascii() and all(map(_is_readable, cards)) else None


def values(cards: Iterable[FileCard]) -> Cards:
    """Return the keywords and values of cards, without blank ones.

    Parameters
    ----------
    cards : iterable of FileCard
        Of one header.

    Returns
    -------
    list of (str, value)
        See `read`.
    """
    # Slices and indices, because attributes take twice the time and there are millions of cards.
    return [card[:2] for card in cards if card[0]]


def readable(header: bytes) -> bytes:
    """Return a header with texts in place of the values that astropy cannot read.

    Astropy refuses a file, or stops before an extension, because of some of them.

    Parameters
    ----------
    header : bytes
        A header as stored, with its END, after which other characters may stand.

    Returns
    -------
    bytes
        As many, and ASCII; the header itself if astropy can read all of it.
    """
    if parse(header):
        return header
    images = _images(header)
    end = next((number for number, image in enumerate(images) if _ENDS.match(image)), 0)
    shown = "".join([*map(_shown, images[:end]), *images[end:]])
    # A truncated file may end within a card.
    return (shown + header[len(shown) :].decode("latin-1")).encode("ascii", "replace")


# A file is parsed when it is opened, and its headers are read afterwards.
@lru_cache(maxsize=64)
def _parsed(header: bytes) -> tuple[FileCard, ...]:
    """Return the cards of a stored header, none if it has no END."""
    images = _images(header)
    # Without CONTINUE all cards have one length, which is remembered.
    parsed = _card if b"CONTINUE" in header else _remembered
    return tuple(map(parsed, images[: images.index(_END)])) if _END in images else ()


def _stored(hdu: Any) -> bytes:
    """Return a header as it is in the file."""
    info = hdu.fileinfo()
    size = info["datLoc"] - info["hdrLoc"]
    info["file"].seek(info["hdrLoc"])
    # A byte more, because `open_fits` returns the readable header to those who read one block.
    return bytes(info["file"].read(size + 1)[:size])


def _images(header: bytes) -> list[str]:
    """Return the cards of a header as text, each with the CONTINUE cards that belong to it."""
    images: list[str] = _WHOLE_CARD.findall(header.decode("latin-1"))
    if b"CONTINUE" not in header:
        return images
    return [part for image in images for part in _parts(image)]


def _parts(image: str) -> list[str]:
    """Return a card with its CONTINUE cards as one, or each as one where astropy refuses them.

    Strings belong together even if astropy refuses one for its characters.
    """
    records = _records(image)
    if len(records) == 1 or not isinstance(_card(image).value, UnreadableValue):
        return [image]
    return [image] if all(map(_STRING.match, map(_value_field, records))) else records


def _records(image: str) -> list[str]:
    return [image[at : at + _LENGTH] for at in range(0, len(image), _LENGTH)]


def _card(image: str) -> FileCard:
    # One with its CONTINUE cards can be as long as a header.
    return (_remembered if len(image) <= _REMEMBERED_LENGTH else _parse_card)(image)


def _parse_card(image: str) -> FileCard:
    if image[:8] in _WITHOUT_VALUE:
        keyword, value = image[:8].rstrip(), image[8:].rstrip()
        return FileCard(keyword, value, image, _line(keyword, "" if keyword else value), False)
    plain = _PLAIN_CARD.fullmatch(image)
    if plain is None or (kind := plain.lastgroup) is None:
        return _left_to_astropy(image)
    value = _VALUES[kind](plain[kind])
    comment = image[plain.end(kind) :].partition("/")[2].strip(" ")
    width = 2 + len(value) if kind == "text" else len(str(value))
    with_comment = len(comment) + len(" / ") if comment else 0
    is_written = _VALUE_COLUMN + max(_NUMBER_WIDTH, width) + with_comment <= _LENGTH
    if kind == "real" and width > _NUMBER_WIDTH:
        is_written = False
    return _file_card(plain["keyword"], value, comment, image, is_written)


def _file_card(keyword: str, value: Any, comment: str, image: str, is_written: bool) -> FileCard:
    """Return a card with a value; `is_written` says whether astropy writes it as it reads it."""
    has_time = ":" in comment and _TIME.search(comment) is not None
    if image.isascii() and image.isprintable() and not has_time:
        line = f"{keyword}{SEPARATOR}{comment}"
    else:
        line = _line(keyword, "" if has_time else comment)
    return FileCard(keyword, value, image, line, has_time or not is_written)


def _line(keyword: str, text: str) -> str:
    return _NOT_IN_FITS.sub("?", keyword) + SEPARATOR + _NOT_IN_FITS.sub("?", text)


_remembered = lru_cache(maxsize=_REMEMBERED_CARDS)(_parse_card)


def _left_to_astropy(image: str) -> FileCard:
    card, keyword = fits.Card.fromstring(image), image[:8].strip()
    try:
        keyword = card.keyword
        keyword, value = _by_astropy(card)
        comment = card.comment
        is_written = _is_reproducible(keyword, value, comment)
        return _file_card(keyword, value, comment, image, is_written)
    except _UNREADABLE:
        # Its text is shown in its place, because astropy cannot read the image.
        return FileCard(keyword, UnreadableValue(_text(image)), image, _line(keyword, ""), False)


def _is_reproducible(keyword: str, value: Any, comment: str) -> bool:
    """Return whether astropy reads a card of these that it has written as these."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VerifyWarning)
            again = fits.Card.fromstring(make_card(keyword, value, comment).image)
            return (*_by_astropy(again), again.comment) == (keyword, value, comment)
    except _UNREADABLE:
        return False


def _by_astropy(card: fits.Card) -> tuple[str, Any]:
    value = card.value
    return card.keyword, None if isinstance(value, Undefined) else value


def _is_readable(card: FileCard) -> bool:
    """Whether astropy reads a card; a CONTINUE card, where it is one, makes it refuse another."""
    return type(card[1]) is not UnreadableValue and card[0] != "CONTINUE"


def _shown(image: str) -> str:
    """Return a card with a text for a value that astropy cannot read, else as it is."""
    card = _card(image)
    if _is_readable(card):
        return image
    keyword, value = card.keyword, card.value
    is_plain = _PLAIN_KEYWORD.fullmatch(keyword) and keyword not in ("CONTINUE", "END")
    text = f"{keyword:8}= '{_NOT_SHOWN.sub('?', value)[:_TEXT_LENGTH]:8}'" if is_plain else ""
    return text.ljust(len(image))


def _text(image: str) -> str:
    """Return the text of the value of a card, without quotes and comment."""
    *first, last = (_record_text(_value_field(record)) for record in _records(image))
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


def _with_extend(cards: Cards, header: fits.Header) -> Cards:
    """Return the cards of a primary header with EXTEND as astropy shows it.

    Astropy sets it, or adds it, where a file has extensions.
    """
    keywords = [keyword for keyword, _ in cards]
    if "EXTEND" not in header:
        return cards
    if "EXTEND" in keywords:
        at = keywords.index("EXTEND")
        shown = None if isinstance(header["EXTEND"], Undefined) else header["EXTEND"]
        return [*cards[:at], ("EXTEND", shown), *cards[at + 1 :]]
    previous = header.cards[header.index("EXTEND") - 1].keyword
    at = keywords.index(previous) + 1
    return [*cards[:at], ("EXTEND", header["EXTEND"]), *cards[at:]]
