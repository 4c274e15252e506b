"""Stored headers: their shape in a document, built from cards and read back as cards.

This module alone knows the shape, which is that of a mapping from stored keywords to values:

- commentary (COMMENT, HISTORY) is a list of lines;
- of a repeated keyword the later values are lists below `REPEATED`;
- the keywords that drizzling writes for each input image (``D001DATA``, ``D001DEXP`` ...) are a
  list of blocks, below `BLOCKS`, each with the number of its image as `BLOCK_NUMBER`.

`HeaderBuilder` makes that shape, `entries` and `cards` take it apart again, and
`acsql.fits.astropy_header` makes an astropy Header of it.  Blank cards, comments, the order of
blocks, lines of commentary and repeated keywords among the other cards, and values that were
stored as others (a blank that is unknown, T with quotes) are in the layout of the header
(`acsql.fits.header_layout`).  With how many digits a number was written is not kept.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .. import names
from ..keywords import (
    BLOCK_PREFIX,
    CardLocation,
    HeaderKey,
    KeywordSpec,
    KeywordSpecs,
)

# The blocks of a drizzled product, and the number of the input image in a block.
BLOCKS = BLOCK_PREFIX
BLOCK_NUMBER = "block"
# Later values of repeated keywords.
REPEATED = "_repeated"


class HeaderBuilder:
    """Builds a stored header, card by card in the order of the file."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}

    def add(self, location: CardLocation, value: Any) -> None:
        """Add a card.

        Parameters
        ----------
        location : CardLocation
            As `KeywordSpecs.card_location` returns it.
        value : object
            The typed value.
        """
        target = self._values
        if location.block is not None:
            target = self._blocks.setdefault(location.block, {BLOCK_NUMBER: location.block})
        name = location.name
        # A keyword may have one of the names that the shape itself uses.
        if name in target or name in (REPEATED, BLOCKS):
            target.setdefault(REPEATED, {}).setdefault(name, []).append(value)
        else:
            target[name] = value

    def add_commentary(self, keyword: str, line: str) -> None:
        """Add a line of COMMENT or HISTORY.

        Parameters
        ----------
        keyword : str
            One of `acsql.keywords.COMMENTARY`.
        line : str
            The text of the card.
        """
        self._values.setdefault(names.field(keyword), []).append(line)

    def build(self) -> dict[str, Any]:
        """Return the stored header, with its blocks in the order of their numbers."""
        if not self._blocks:
            return self._values
        return self._values | {BLOCKS: [self._blocks[number] for number in sorted(self._blocks)]}


class Entry(NamedTuple):
    """One value of a stored header.

    Attributes
    ----------
    name : str
        The keyword as stored, within its block if it is in one: ``exptime``, ``data``.
    value : object
        A single value, or one line of commentary.
    block : int or None
        Number of the input image.
    is_repeated : bool
        Whether it is a later value of a repeated keyword.
    is_line : bool
        Whether it is one of a list of lines, as COMMENT and HISTORY are stored.
    """

    name: str
    value: Any
    block: int | None = None
    is_repeated: bool = False
    is_line: bool = False

    @property
    def file_name(self) -> str:
        """The keyword as in the file, in lower case: ``exptime``, ``d001data``."""
        return self.name if self.block is None else f"d{self.block:03d}{self.name}"

    @property
    def spec_name(self) -> str:
        """The keyword as in the specs, in lower case: ``exptime``, ``dnnndata``."""
        return self.name if self.block is None else f"{BLOCKS}{self.name}"


class Card(NamedTuple):
    """One value of a stored header, as a card of a FITS file.

    Attributes
    ----------
    keyword : str
        In FITS spelling: ``DATE-OBS``, ``D001DATA``.
    value : object
        The stored value.
    spec : KeywordSpec
        Type, unit and description; text for keywords not in the specs.
    """

    keyword: str
    value: Any
    spec: KeywordSpec


def entries(values: Mapping[str, Any]) -> Iterator[Entry]:
    """Yield the values of a stored header one by one.

    Parameters
    ----------
    values : mapping
        A stored header.

    Yields
    ------
    Entry
        In the stored order; all values of a repeated keyword follow each other.
    """
    yield from _entries_of(values, None)


def _entries_of(values: Mapping[str, Any], block: int | None) -> Iterator[Entry]:
    repeated = values.get(REPEATED, {})
    for name, value in values.items():
        if name == REPEATED:
            # Keywords with the names that the shape itself uses have no first value.
            for other in (BLOCKS, REPEATED):
                later = value.get(other, ())
                yield from (Entry(other, each, block, is_repeated=True) for each in later)
        elif name == BLOCKS:
            for each in value:
                yield from _entries_of(each, each[BLOCK_NUMBER])
        else:
            if isinstance(value, list):
                yield from (Entry(name, line, block, is_line=True) for line in value)
            elif block is None or name != BLOCK_NUMBER:
                yield Entry(name, value, block)
            later = repeated.get(name, ())
            yield from (Entry(name, each, block, is_repeated=True) for each in later)


def by_keyword(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a stored header by keyword as in the file.

    Parameters
    ----------
    values : mapping
        A stored header.

    Returns
    -------
    dict
        Keywords in lower case, such as ``d001data``; of repeated keywords the list of their
        values, of commentary the list of its lines.
    """
    return dict(_by_keyword(values, ""))


def _by_keyword(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    repeated = values.get(REPEATED, {})
    for name, value in values.items():
        if name == BLOCKS:
            for block in value:
                yield from _by_keyword(block, f"d{block[BLOCK_NUMBER]:03d}")
        elif name != REPEATED and not (prefix and name == BLOCK_NUMBER):
            yield f"{prefix}{name}", [value, *repeated[name]] if name in repeated else value


def cards(
    values: Mapping[str, Any], specs: KeywordSpecs, key: HeaderKey | None = None
) -> Iterator[Card]:
    """Yield the values of a stored header as cards.

    Parameters
    ----------
    values : mapping
        A stored header.
    specs : KeywordSpecs
        The specs of the archive.
    key : HeaderKey, optional
        The key of the header, because types can differ between headers; None if unknown.

    Yields
    ------
    Card
        In the order of `entries`.
    """
    return (card(entry, specs, key) for entry in entries(values))


def card(entry: Entry, specs: KeywordSpecs, key: HeaderKey | None = None) -> Card:
    """Return one value of a stored header as a card; parameters as of `cards`."""
    spec = specs.spec(entry.spec_name, key) or KeywordSpec(entry.spec_name.upper(), "str")
    keyword = spec.fits_keyword if entry.block is None else entry.file_name.upper()
    return Card(keyword, entry.value, spec)


def value_path(name: str) -> str:
    """Return the path of a keyword in a stored header, as MongoDB writes paths.

    Parameters
    ----------
    name : str
        The keyword as in the specs, in lower case: ``exptime``, ``dnnndata``.

    Returns
    -------
    str
        ``exptime``; ``dnnn.data`` for the values in all blocks.
    """
    return f"{BLOCKS}.{name.removeprefix(BLOCKS)}" if name.startswith(BLOCKS) else name
