"""The cards of a header, keywords and values as astropy reads them, in a fraction of its time.

Three quarters of the time of reading a header is astropy parsing values, with an eye on every
oddity that FITS files ever had.  Nearly all cards are plain: those are read here, and every card
about which there could be two opinions is left to astropy, whose reading is the right one.
"""

import re
from collections.abc import Callable
from typing import Any

from astropy.io import fits
from astropy.io.fits.card import Undefined
from astropy.io.fits.verify import VerifyError

from ..keywords import COMMENTARY

Cards = list[tuple[str, Any]]

# Of other kinds (compressed images, random groups ...) astropy may show a header of its making.
_SHOWN_AS_STORED = (fits.PrimaryHDU, fits.ImageHDU, fits.BinTableHDU, fits.TableHDU)
_END = "END".ljust(fits.Card.length)
_WITHOUT_VALUE = tuple(keyword.ljust(8) for keyword in (*COMMENTARY, ""))

# A card of 80 characters together with those that continue it; nothing continues the END.
_WHOLE_CARD = re.compile(r"END {77}|.{80}(?:CONTINUE.{72})*")
# Not plain are, for one, strings that are empty or hold a quote, which may end elsewhere than it
# seems, and those with a colon and a blank, which may make a record-valued card.
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
    """Return the (keyword, value) pairs of a header in their order, without blank cards.

    An undefined value is None; a card that cannot be parsed gives the text behind its keyword.

    Parameters
    ----------
    hdu : HDU
        One that astropy opened from a file that is still open, changed by nobody.
    """
    images = _WHOLE_CARD.findall(_stored(hdu)) if type(hdu) in _SHOWN_AS_STORED else []
    if _END not in images:
        return by_astropy(hdu.header)
    cards = [card for card in map(_card, images[: images.index(_END)]) if card[0]]
    # Astropy puts EXTEND into a primary header that lacks it, if there are extensions.
    if type(hdu) is fits.PrimaryHDU and dict(reversed(cards)).get("EXTEND") is not True:
        return by_astropy(hdu.header)
    return cards


def by_astropy(header: fits.Header) -> Cards:
    """Return what `read` does, of a header that astropy has parsed."""
    return [_card_by_astropy(card) for card in header.cards if card.keyword]


def _stored(hdu: Any) -> str:
    """Return the text of a header as it is in the file, none if it is not all of FITS's signs."""
    where = hdu.fileinfo()
    where["file"].seek(where["hdrLoc"])
    text = where["file"].read(where["datLoc"] - where["hdrLoc"]).decode("latin-1")
    return text if text.isascii() and text.isprintable() else ""


def _card(image: str) -> tuple[str, Any]:
    if image[:8] in _WITHOUT_VALUE:
        return image[:8].rstrip(), image[8:].rstrip()
    plain = _PLAIN_CARD.fullmatch(image)
    if plain is None:
        return _card_by_astropy(fits.Card.fromstring(image))
    kind = plain.lastgroup
    return plain["keyword"], _VALUES[kind](plain[kind])


def _card_by_astropy(card: fits.Card) -> tuple[str, Any]:
    try:
        value = card.value
    except (VerifyError, ValueError):
        value = card.image[8:].strip(" =")
    return card.keyword, None if isinstance(value, Undefined) else value
