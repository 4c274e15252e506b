"""Header layouts: what a header of a file has beside its values.

That is the order of its keywords, their comments, blank cards and the titles of sections.  Most
headers of a kind share one layout, so it is stored once, under an identifier made of its content;
a document has the identifiers of its headers.  A card that does not come back from its stored
value is kept with the document as it is in the file.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, repeat
from operator import attrgetter
from typing import NamedTuple

from ..keywords import COMMENTARY
from .file_card import SEPARATOR, FileCard

# Bytes: of a million layouts two have the same digest with a probability of 3e-8.
_DIGEST_SIZE = 8
_COMMENTARY_LINES = frozenset(f"{keyword}{SEPARATOR}" for keyword in COMMENTARY)
_WITHOUT_VALUE = {*COMMENTARY, ""}


class Place(NamedTuple):
    """The place of one card, or of consecutive lines of commentary.

    Attributes
    ----------
    keyword : str
        In FITS spelling; empty for a blank card.
    text : str
        The comment of a card, the text of a blank card, or the number of lines, empty for all
        that are left.
    image : str, optional
        The card as it is in the file, where it does not come back from its value.
    """

    keyword: str
    text: str
    image: str | None = None


@dataclass(frozen=True)
class HeaderLayout:
    """The layout of one header.

    Attributes
    ----------
    text : str
        A line for each place: keyword and text, with a tab between them.
    images : mapping
        Cards as they are in the file, by their number among those with a value.
    """

    text: str
    images: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def identifier(self) -> str:
        """The identifier of the text."""
        return hashlib.blake2b(self.text.encode(), digest_size=_DIGEST_SIZE).hexdigest()

    def places(self) -> Iterator[Place]:
        """Yield the places in their order."""
        number = 0
        for line in self.text.split("\n"):
            keyword, _, text = line.partition(SEPARATOR)
            if not keyword or keyword in COMMENTARY:
                yield Place(keyword, text)
            else:
                yield Place(keyword, text, self.images.get(number))
                number += 1


def layout_of(cards: Sequence[FileCard], altered: Collection[int] = ()) -> HeaderLayout:
    """Return the layout of a header.

    Parameters
    ----------
    cards : sequence of FileCard
        All of its cards, as they are in the file.
    altered : collection of int
        The numbers, among the cards with a value, of those whose values are stored as others.

    Returns
    -------
    HeaderLayout
        With the images of the cards that do not come back without them.
    """
    images = {}
    if altered or any(map(attrgetter("needs_image"), cards)):
        valued = [card for card in cards if card.pair[0] not in _WITHOUT_VALUE]
        images = {
            number: card.image.decode("latin-1").rstrip()
            for number, card in enumerate(valued)
            if card.needs_image or number in altered
        }
    return HeaderLayout("\n".join(_lines(cards)), images)


def _lines(cards: Sequence[FileCard]) -> Iterator[str]:
    """Yield the lines of the layout of some cards."""
    lines = list(map(attrgetter("line"), cards))
    if _COMMENTARY_LINES.isdisjoint(lines):
        yield from lines
        return
    runs = [(line, len(list(run))) for line, run in groupby(lines)]
    last = {line: number for number, (line, _) in enumerate(runs)}
    for number, (line, length) in enumerate(runs):
        if line not in _COMMENTARY_LINES:
            yield from repeat(line, length)
        else:
            yield line if number == last[line] else f"{line}{length}"
