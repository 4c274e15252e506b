"""Is there a card for every keyword?"""

import pytest
from astropy.io import fits

from acsql.fits.make_card import make_card


@pytest.mark.parametrize(
    ("keyword", "value", "image"),
    [
        ("EXPTIME", 60.0, "EXPTIME =                 60.0 / comment"),
        ("DP1.AXIS.1", 1.0, "DP1     = 'AXIS.1: 1.0' / comment"),
        ("DP1.EXTVER", "x", "HIERARCH DP1.EXTVER = 'x       ' / comment"),
        ("A_LONG_KEYWORD", 1, "HIERARCH A_LONG_KEYWORD = 1 / comment"),
        ("Ä=B", 1, "HIERARCH ??B =                    1 / comment"),
        ("EXPTIME", None, "EXPTIME =  / comment"),
    ],
)
def test_a_card_is_of_the_sort_that_its_keyword_needs(keyword, value, image) -> None:
    card = make_card(keyword, value, "comment")
    assert card.image.rstrip() == image
    assert fits.Card.fromstring(card.image).comment == "comment"
