"""The cards of a header: the keywords and values that astropy reads, in a fraction of the time.

Astropy spends three quarters of the time of reading a header on parsing values, because it allows
for every deviation from the standard; `acsql.fits.file_card` parses plain cards without it.  A card
that astropy refuses is kept as text, so that it costs no other card of the file.
"""

import re
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from astropy.io import fits
from astropy.io.fits.card import Undefined

from .file_card import (
    LENGTH,
    UNREADABLE,
    FileCard,
    UnreadableValue,
    file_cards,
    is_string,
    keyword_and_value,
)

Cards = list[tuple[str, Any]]

# For other HDUs (compressed images, random groups ...) astropy may construct a different header.
_SHOWN_AS_STORED = (fits.PrimaryHDU, fits.ImageHDU, fits.BinTableHDU, fits.TableHDU)
_END = b"END".ljust(LENGTH)
# Cards that astropy takes for END, also with other characters behind it.
_ENDS = re.compile(rb"END *[^A-Z0-9_ -]|END {77}")
# A card of 80 characters together with its CONTINUE cards; END has none.
_WHOLE_CARD = re.compile(rb"END {77}|.{80}(?:CONTINUE.{72})*", re.DOTALL)
# Characters that would close a text, or make a record-valued card of it.
_NOT_SHOWN = re.compile(r"[^ -~]|[':]")
_PLAIN_KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}", re.ASCII)
_TEXT_LENGTH = LENGTH - len("KEYWORD = ''")
# Getters, because a loop over millions of cards takes twice the time.
_PAIR, _IS_READABLE = attrgetter("pair"), attrgetter("is_readable")


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
    except UNREADABLE:
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
            cards.append(keyword_and_value(card))
        except UNREADABLE:
            # The public image is the card as astropy would write it, an error where it cannot.
            image = card._image.encode("latin-1", "replace")
            cards += values(file_cards[part] for part in _parts(image))
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
    cards = _all_cards(header)
    return cards if header.isascii() and all(map(_IS_READABLE, cards)) else None


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
    return [pair for pair in map(_PAIR, cards) if pair[0]]


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
    shown = b"".join([*map(_shown, images[:end]), *images[end:]])
    # A truncated file may end within a card.
    return (shown + header[len(shown) :]).decode("latin-1").encode("ascii", "replace")


def _all_cards(header: bytes) -> tuple[FileCard, ...]:
    """Return the cards of a stored header, none if it has no END."""
    images = _images(header)
    end = images.index(_END) if _END in images else 0
    return tuple(map(file_cards.__getitem__, images[:end]))


# `read` and `in_file` parse the same header.
_parsed = lru_cache(maxsize=64)(_all_cards)


def _stored(hdu: Any) -> bytes:
    """Return a header as it is in the file."""
    info = hdu.fileinfo()
    size = info["datLoc"] - info["hdrLoc"]
    info["file"].seek(info["hdrLoc"])
    # A byte more, because `open_fits` returns the readable header to those who read one block.
    return bytes(info["file"].read(size + 1)[:size])


def _images(header: bytes) -> Sequence[bytes]:
    """Return the cards of a header, each with the CONTINUE cards that belong to it."""
    if b"CONTINUE" not in header:
        number = len(header) // LENGTH
        return struct.unpack(number * f"{LENGTH}s", header[: number * LENGTH])
    images = _WHOLE_CARD.findall(header)
    return [part for image in images for part in (_parts(image) if image[LENGTH:] else [image])]


def _parts(image: bytes) -> list[bytes]:
    """Return a card with its CONTINUE cards as one, or each as one where astropy refuses them.

    Strings belong together even if astropy refuses one for its characters.
    """
    records = [image[at : at + LENGTH] for at in range(0, len(image), LENGTH)]
    if not isinstance(file_cards[image].pair[1], UnreadableValue):
        return [image]
    return [image] if all(map(is_string, records)) else records


def _shown(image: bytes) -> bytes:
    """Return a card with a text for a value that astropy cannot read, else as it is."""
    card = file_cards[image]
    if card.is_readable:
        return image
    keyword, value = card.pair
    is_plain = _PLAIN_KEYWORD.fullmatch(keyword) and keyword not in ("CONTINUE", "END")
    text = f"{keyword:8}= '{_NOT_SHOWN.sub('?', value)[:_TEXT_LENGTH]:8}'" if is_plain else ""
    return text.ljust(len(image)).encode("ascii")


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
