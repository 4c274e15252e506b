"""Astropy cards of any keyword, value and comment.

Astropy decides by the spelling of a keyword what sort of card it makes, and refuses some.
"""

import re
from typing import Any

from astropy.io import fits

# The keywords of ordinary cards.
PLAIN_KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}", re.ASCII)
# As astropy recognises them: "DP1.AXIS.1".
_RECORD_VALUED = re.compile(
    r"[A-Z_][A-Z0-9_]{0,7}(\.[A-Z_]\w*(\.[0-9]+)?)+", re.ASCII | re.IGNORECASE
)
_NOT_IN_KEYWORD = re.compile(r"[^ -<>-~]")


def make_card(keyword: str, value: Any, comment: str = "") -> fits.Card:
    """Return a card; a keyword that no other sort of card can have makes a HIERARCH card.

    Parameters
    ----------
    keyword : str
        In FITS spelling.
    value : object
        As a file holds it; None if it is undefined.
    comment : str
        Of printable ASCII characters.

    Returns
    -------
    astropy.io.fits.Card
        Astropy cuts a comment that is too long when it writes the card.
    """
    is_record_valued = _RECORD_VALUED.fullmatch(keyword) and isinstance(value, int | float)
    if not is_record_valued and not PLAIN_KEYWORD.fullmatch(keyword):
        keyword = f"HIERARCH {_NOT_IN_KEYWORD.sub('?', keyword)}"
    return fits.Card(keyword, value, comment or None)
