"""The cards of a header: the keywords and values that astropy reads, in a fraction of the time.

Astropy spends three quarters of the time of reading a header on parsing values, because it allows
for every deviation from the standard.  Nearly all cards are plain: those are parsed here, and
every card that could be ambiguous is left to astropy, whose reading is authoritative.
"""

import re
from collections.abc import Callable
from typing import Any

from astropy.io import fits
from astropy.io.fits.card import Undefined
from astropy.io.fits.verify import VerifyError

from ..keywords import COMMENTARY

Cards = list[tuple[str, Any]]

# For other HDUs (compressed images, random groups ...) astropy may construct a different header.
_SHOWN_AS_STORED = (fits.PrimaryHDU, fits.ImageHDU, fits.BinTableHDU, fits.TableHDU)
_END = "END".ljust(fits.Card.length)
_WITHOUT_VALUE = tuple(keyword.ljust(8) for keyword in (*COMMENTARY, ""))

# A card of 80 characters together with its CONTINUE cards; END has none.
_WHOLE_CARD = re.compile(r"END {77}|.{80}(?:CONTINUE.{72})*")
# Not plain are, for example, strings that are empty or contain a quote, whose end is ambiguous,
# and strings with a colon and a blank, which may make a record-valued card.
_PLAIN_CARD = re.compile(
    r"""
    (?= [^=]{8} =[ ] .{70} \Z ) (?! END[ ] )
    (?P<keyword> [A-Z0-9_-]+ ) [ ]* = [ ]+
    (?: ' (?P<text> (?! ' ) [^':]* (?: : (?![ ]) [^':]* )* ) '
      | (?P<truth> [TF] )
      | (?P<integer> [+-]? [0-9]+ )
      | (?P<real> [+-]? (?: [0-9]+ \.? [0-9]* | \. [0-9]+ ) (?: E [+-]? [0-9]+ )? )
    )
    [ ]* (?: / .* )?
    """,
    re.VERBOSE,
)
_VALUES: dict[str, Callable[[str], Any]] = {
    "text": str.rstrip,
    "truth": "T".__eq__,
    "integer": int,
    "real": float,
}


def read(hdu: Any) -> Cards:
    """Return the cards of a header in their order, without blank ones.

    Parameters
    ----------
    hdu : HDU
        An HDU that astropy read from a file that is still open; its header is unmodified.

    Returns
    -------
    list of (str, value)
        Keywords and values.  An undefined value is None; a card that cannot be parsed has the
        text after its keyword as its value.
    """
    images = _WHOLE_CARD.findall(_stored(hdu)) if type(hdu) in _SHOWN_AS_STORED else []
    if _END not in images:
        return by_astropy(hdu.header)
    cards = [card for card in map(_card, images[: images.index(_END)]) if card[0]]
    # Astropy adds EXTEND to a primary header that lacks it if the file has extensions.
    if type(hdu) is fits.PrimaryHDU and dict(reversed(cards)).get("EXTEND") is not True:
        return by_astropy(hdu.header)
    return cards


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
    return [_card_by_astropy(card) for card in header.cards if card.keyword]


def _stored(hdu: Any) -> str:
    """Return the text of a header in the file, empty if it has characters that FITS forbids."""
    info = hdu.fileinfo()
    info["file"].seek(info["hdrLoc"])
    text: str = info["file"].read(info["datLoc"] - info["hdrLoc"]).decode("latin-1")
    return text if text.isascii() and text.isprintable() else ""


def _card(image: str) -> tuple[str, Any]:
    if image[:8] in _WITHOUT_VALUE:
        return image[:8].rstrip(), image[8:].rstrip()
    plain = _PLAIN_CARD.fullmatch(image)
    if plain is None or (kind := plain.lastgroup) is None:
        return _card_by_astropy(fits.Card.fromstring(image))
    return plain["keyword"], _VALUES[kind](plain[kind])


def _card_by_astropy(card: fits.Card) -> tuple[str, Any]:
    try:
        value = card.value
    except (VerifyError, ValueError):
        value = card.image[8:].strip(" =")
    return card.keyword, None if isinstance(value, Undefined) else value
