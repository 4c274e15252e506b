"""Keyword specs as values: what is known of each ACS keyword, header, filetype and detector."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from .. import names

TYPES = ("int", "float", "str", "bool", "date", "time", "datetime")

# Keywords of a drizzled product that repeat for every input image: D001DATA, D002DATA ... are
# one keyword of the specs, DnnnDATA (DrizzlePac handbook, section 3.1).
BLOCK = re.compile(r"D(\d{3})([A-Z]+)", re.ASCII)
BLOCK_KEYWORD = "Dnnn{}"
# What their names in lower case begin with.
BLOCK_PREFIX = names.field(BLOCK_KEYWORD.format(""))
# Keywords that any header can have any number of times (FITS standard 4.0, section 4.4.2.4).
COMMENTARY = ("COMMENT", "HISTORY")
# Cached card locations: three times the keywords of all lists, because damaged files have others.
_LOCATION_CACHE_SIZE = 32_768


def spec_keyword(keyword: str) -> str:
    """Return the keyword of the specs for one of a file: ``DnnnDATA`` for ``D001DATA``.

    Parameters
    ----------
    keyword : str
        In FITS spelling.
    """
    block = BLOCK.fullmatch(keyword)
    return BLOCK_KEYWORD.format(block[2]) if block else keyword


def has_many_values(name: str) -> bool:
    """Return whether a header can hold several values of a keyword, by its name in lower case."""
    return name.startswith(BLOCK_PREFIX) or name.upper() in COMMENTARY


# Filetype and extension: which header, of whatever detector.
HeaderLocation = tuple[str, int]


class HeaderKey(NamedTuple):
    """Which header: the one of this detector, filetype and extension."""

    detector: str
    filetype: str
    extension: int

    def __str__(self) -> str:
        return f"{self.detector} {self.filetype} {self.extension}"


@dataclass(frozen=True)
class KeywordSpec:
    """What is known of one keyword.

    `formats` are the `datetime.datetime.strptime` formats of a date that is not written in
    ISO 8601; `mjd` says that a number is a Modified Julian Date.
    """

    keyword: str
    type: str
    unit: str | None = None
    description: str | None = None
    formats: tuple[str, ...] = ()
    mjd: bool = False

    @property
    def name(self) -> str:
        """The name under which the keyword is stored."""
        return names.field(self.keyword)


@dataclass(frozen=True)
class Promotion:
    """Where the value of a promoted keyword comes from.

    It is taken from the primary headers, then from the (filetype, extension, keyword) of
    `also`; of a text only what `pattern` matches is kept.
    """

    spec: KeywordSpec
    also: tuple[tuple[str, int, str], ...] = ()
    pattern: str | None = None

    @property
    def name(self) -> str:
        """The promoted keyword's field in a document."""
        return self.spec.name


@dataclass(frozen=True)
class Filetype:
    """One of the products of the pipeline, the pictures made of it, and whether it is one."""

    name: str
    description: str
    preview: bool = False
    thumbnail: bool = False
    pixels: bool = False


class CardLocation(NamedTuple):
    """Where the value of a card is stored.

    Parameters
    ----------
    name : str
        Name under which the value is stored, in its block if `block` is not None.
    spec_name : str
        The keyword in the specs: ``DnnnDATA`` for ``D001DATA``.
    spec : KeywordSpec or None
        None for a keyword not in the specs.
    listed : bool
        Whether the list of the header has the keyword.
    block : int or None
        Number of the input image of a drizzled product.
    """

    name: str
    spec_name: str
    spec: KeywordSpec | None
    listed: bool
    block: int | None = None


@dataclass(frozen=True)
class KeywordSpecs:
    """All specs together.  Keywords are keyed by the names under which they are stored."""

    instrument: str
    instrument_keywords: tuple[str, ...]
    image_extname: str
    internal_exposures: Mapping[str, tuple[str, ...]]
    footprint_filetypes: tuple[str, ...]
    reference_files: tuple[str, ...]
    dq_extname: str
    dq_flags: Mapping[int, str]
    detectors: Mapping[str, str]
    filetypes: Mapping[str, Filetype]
    own_fields: Mapping[str, KeywordSpec]
    keywords: Mapping[str, KeywordSpec]
    lists: Mapping[HeaderKey, Mapping[str, KeywordSpec]]
    promoted: Mapping[str, Promotion]
    indexed: tuple[str, ...]
    facets: tuple[str, ...]
    version: str

    def spec(self, name: str, key: HeaderKey | None = None) -> KeywordSpec | None:
        """Return what is known of a keyword, in one header if `key` says which.

        Parameters
        ----------
        name : str
            The keyword, in FITS spelling or as stored.
        key : HeaderKey, optional
            The header in which it stands; a list can give a keyword another type there.

        Returns
        -------
        KeywordSpec or None
            None if no spec names the keyword.
        """
        listed = self.listed_at(name, key) if key else None
        return listed or self.keywords.get(names.field(name))

    def listed_at(self, name: str, key: HeaderKey) -> KeywordSpec | None:
        """Return what is known of a keyword if the list of this header has it."""
        return self.lists.get(key, {}).get(names.field(name))

    @cached_property
    def card_location(self) -> Callable[[str, HeaderKey | None], CardLocation]:
        """Function that returns where the card of a keyword is stored in a header.

        It is cached, because an ingest calls it for every card of every file.
        """
        return lru_cache(maxsize=_LOCATION_CACHE_SIZE)(self._card_location)

    def _card_location(self, keyword: str, key: HeaderKey | None) -> CardLocation:
        block = BLOCK.fullmatch(keyword)
        spec_name = spec_keyword(keyword)
        listed = key is not None and self.listed_at(spec_name, key) is not None
        name, number = (names.field(block[2]), int(block[1])) if block else (keyword, None)
        return CardLocation(names.field(name), spec_name, self.spec(spec_name, key), listed, number)

    @cached_property
    def top_level(self) -> Mapping[str, KeywordSpec]:
        """The fields at the top of a document: those of acsql itself and the promoted ones."""
        return {**self.own_fields, **{name: promo.spec for name, promo in self.promoted.items()}}

    @cached_property
    def header_keywords(self) -> Mapping[HeaderKey, Mapping[str, KeywordSpec]]:
        """What can be asked for in each header: the keywords of its list, and commentary."""
        commentary = {name: self.keywords[name] for name in map(names.field, COMMENTARY)}
        return {key: {**listed, **commentary} for key, listed in self.lists.items()}

    @cached_property
    def queryable_keywords(self) -> Mapping[HeaderLocation, Mapping[str, KeywordSpec]]:
        """The keywords of every (filetype, extension), of whatever detector.

        Where detectors differ in the type of a keyword, one that is not text is taken, because
        it says more about how to compare values.
        """
        merged: dict[HeaderLocation, dict[str, KeywordSpec]] = {}
        for key, listed in self.header_keywords.items():
            specs = merged.setdefault((key.filetype, key.extension), {})
            for name, spec in listed.items():
                if name not in specs or (specs[name].type == "str" != spec.type):
                    specs[name] = spec
        return merged

    def headers_with(self, name: str) -> list[HeaderLocation]:
        """Return the headers that can have a keyword.

        Parameters
        ----------
        name : str
            Name under which the keyword is stored.

        Returns
        -------
        list of (str, int)
            Filetype and extension, in the order of the filetypes.
        """
        return list(self._headers_by_keyword.get(name, ()))

    @cached_property
    def _headers_by_keyword(self) -> dict[str, list[HeaderLocation]]:
        order = list(self.filetypes)
        headers: dict[str, list[HeaderLocation]] = {}
        for header in sorted(self.queryable_keywords, key=lambda h: (order.index(h[0]), h[1])):
            for name in self.queryable_keywords[header]:
                headers.setdefault(name, []).append(header)
        return headers

    def with_keywords(self, met: Iterable[tuple[HeaderKey, str, str]]) -> "KeywordSpecs":
        """Return these specs with keywords that no spec names, as they were met in files.

        Parameters
        ----------
        met : iterable of (HeaderKey, keyword, type)
        """
        keywords = dict(self.keywords)
        lists = {key: dict(listed) for key, listed in self.lists.items()}
        for key, keyword, type_ in met:
            spec = keywords.setdefault(names.field(keyword), KeywordSpec(keyword, type_))
            lists.setdefault(key, {}).setdefault(
                spec.name, spec if spec.type == type_ else replace(spec, type=type_)
            )
        return replace(self, keywords=keywords, lists=lists)

    def is_internal(self, document: Mapping[str, Any]) -> bool:
        """Whether an observation looks at nothing in the sky, as its promoted keywords say."""
        return any(document.get(name) in values for name, values in self.internal_exposures.items())

    @property
    def thumbnail_filetype(self) -> str:
        """The filetype of which thumbnails are made."""
        return next(name for name, filetype in self.filetypes.items() if filetype.thumbnail)

    def with_preview(self) -> list[str]:
        """Return the filetypes of which previews are made."""
        return [name for name, filetype in self.filetypes.items() if filetype.preview]
