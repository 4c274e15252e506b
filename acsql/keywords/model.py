"""Keyword specs as values: type, unit and description of keywords, and which header has which.

The specs of an archive are one immutable `KeywordSpecs`, which is passed to all code that needs it.
"""

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
_PLAIN = re.compile(r"[A-Z0-9_-]*", re.ASCII | re.IGNORECASE)
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


def _is_plain(keyword: str) -> bool:
    """Whether a keyword is as FITS allows them (FITS 4.0, 4.1.2.1), in any case and length."""
    return _PLAIN.fullmatch(keyword) is not None


def has_many_values(name: str) -> bool:
    """Return whether a header can hold several values of a keyword, by its name in lower case."""
    return name.startswith(BLOCK_PREFIX) or name.upper() in COMMENTARY


# Filetype and extension: which header, of whatever detector.
HeaderLocation = tuple[str, int]


class HeaderKey(NamedTuple):
    """Which header: that of a detector, filetype and extension."""

    detector: str
    filetype: str
    extension: int

    def __str__(self) -> str:
        return f"{self.detector} {self.filetype} {self.extension}"


@dataclass(frozen=True)
class KeywordSpec:
    """Spec of a keyword.

    Attributes
    ----------
    keyword : str
        In FITS spelling.
    type : str
        One of `TYPES`.
    unit : str, optional
        As astropy spells it.
    description : str, optional
        A short phrase.
    formats : tuple of str
        Formats of `datetime.datetime.strptime` for a date that is not in ISO 8601.
    mjd : bool
        Whether a number is a Modified Julian Date.
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
    """Source of the value of a promoted keyword: primary headers first.

    Attributes
    ----------
    spec : KeywordSpec
        The promoted keyword.
    also : tuple of (str, int, str)
        Filetype, extension and keyword of other sources, in the order in which they are tried.
    pattern : str, optional
        Regular expression; of a text, only the part that it matches is kept.
    """

    spec: KeywordSpec
    also: tuple[tuple[str, int, str], ...] = ()
    pattern: str | None = None

    @property
    def name(self) -> str:
        """Name of the top-level field."""
        return self.spec.name


@dataclass(frozen=True)
class Filetype:
    """A filetype of the pipeline.

    Attributes
    ----------
    name : str
        Such as ``flt``.
    description : str
        A short phrase.
    preview, thumbnail : bool
        Whether previews and thumbnails are made of it.
    pixels : bool
        Whether it has images that the viewer can show.
    """

    name: str
    description: str
    preview: bool = False
    thumbnail: bool = False
    pixels: bool = False


class CardLocation(NamedTuple):
    """Where the value of a card is stored.

    Attributes
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
    """The keyword specs of an archive; mappings have keywords as stored, such as ``date_obs``.

    Attributes
    ----------
    instrument : str
        Name of the instrument.
    instrument_keywords : tuple of str
        Keywords of primary headers that have the instrument.
    image_extname : str
        EXTNAME of the extensions that pictures are made of.
    internal_exposures : mapping
        Values of top-level fields that mark exposures which do not point at the sky.
    footprint_filetypes : tuple of str
        Filetypes whose WCS gives the footprint, in the order in which they are tried.
    reference_files : tuple of str
        Keywords that name calibration reference files.
    dq_extname : str
        EXTNAME of data quality arrays.
    dq_flags : mapping
        Meaning of the bits of data quality arrays.
    table_columns : mapping
        Descriptions of columns of tables, by their names.
    header_groups : mapping
        By filetype, the titles of the groups in which its headers are shown, each with the
        patterns (`fnmatch`) of its keywords.
    detectors, filetypes : mapping
        By name; filetypes in the order in which they are displayed.
    own_fields : mapping
        Specs of the top-level fields that acsql adds.
    keywords : mapping
        Specs of all keywords of headers.
    lists : mapping
        Specs of the keywords of each header, whose types can differ from those in `keywords`.
    promoted : mapping
        Sources of the promoted keywords.
    indexed, facets : tuple of str
        Top-level fields with an index, and those whose values are counted in advance.
    version : str
        Identifies the content of the specs.
    """

    instrument: str
    instrument_keywords: tuple[str, ...]
    image_extname: str
    internal_exposures: Mapping[str, tuple[str, ...]]
    footprint_filetypes: tuple[str, ...]
    reference_files: tuple[str, ...]
    dq_extname: str
    dq_flags: Mapping[int, str]
    table_columns: Mapping[str, str]
    header_groups: Mapping[str, Mapping[str, tuple[str, ...]]]
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
        """Return the spec of a keyword, in general or in one header.

        Parameters
        ----------
        name : str
            The keyword, in FITS spelling or as stored.
        key : HeaderKey, optional
            The header, whose list can give the keyword another type.

        Returns
        -------
        KeywordSpec or None
            None if the keyword is not in the specs.
        """
        listed = self.listed_at(name, key) if key else None
        return listed or self.keywords.get(names.field(name))

    def listed_at(self, name: str, key: HeaderKey) -> KeywordSpec | None:
        """Return the spec of a keyword in a header, None if the list of the header lacks it."""
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
        spec = self.spec(spec_name, key)
        is_standard = spec.keyword.upper() == keyword.upper() if spec else _is_plain(keyword)
        if not (block or is_standard):
            return self.distinct_location(keyword, key)
        listed = key is not None and self.listed_at(spec_name, key) is not None
        name, number = (names.field(block[2]), int(block[1])) if block else (keyword, None)
        return CardLocation(names.field(name), spec_name, spec, listed, number)

    def distinct_location(self, keyword: str, key: HeaderKey | None) -> CardLocation:
        """Return where a card is stored whose name in lower case belongs to another keyword.

        Parameters
        ----------
        keyword : str
            In FITS spelling, such as ``DATE_OBS``, as the specs have ``DATE-OBS``; so are names
            of HIERARCH cards with blanks and dots, which only their codes tell apart.
        key : HeaderKey or None
            The header.
        """
        name = names.distinct_field(keyword)
        listed = key is not None and self.listed_at(name, key) is not None
        return CardLocation(name, name.upper(), self.spec(name, key), listed)

    @cached_property
    def top_level(self) -> Mapping[str, KeywordSpec]:
        """The specs of all top-level fields: acsql's own and the promoted keywords."""
        return {**self.own_fields, **{name: promo.spec for name, promo in self.promoted.items()}}

    @cached_property
    def header_keywords(self) -> Mapping[HeaderKey, Mapping[str, KeywordSpec]]:
        """The specs of keywords that can be queried in each header: its list, and commentary."""
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

    def with_keywords(self, found: Iterable[tuple[HeaderKey, str, str]]) -> "KeywordSpecs":
        """Return these specs with keywords that files have and the specs lack.

        Parameters
        ----------
        found : iterable of (HeaderKey, str, str)
            Header, keyword and type; what the specs have already is left unchanged.
        """
        keywords = dict(self.keywords)
        lists = {key: dict(listed) for key, listed in self.lists.items()}
        for key, keyword, type_ in found:
            spec = keywords.setdefault(names.field(keyword), KeywordSpec(keyword, type_))
            lists.setdefault(key, {}).setdefault(
                spec.name, spec if spec.type == type_ else replace(spec, type=type_)
            )
        return replace(self, keywords=keywords, lists=lists)

    def is_internal(self, document: Mapping[str, Any]) -> bool:
        """Return whether an observation does not point at the sky, by its promoted keywords."""
        return any(document.get(name) in values for name, values in self.internal_exposures.items())

    @property
    def thumbnail_filetype(self) -> str:
        """The filetype of which thumbnails are made."""
        return next(name for name, filetype in self.filetypes.items() if filetype.thumbnail)

    def with_preview(self) -> list[str]:
        """Return the filetypes of which previews are made."""
        return [name for name, filetype in self.filetypes.items() if filetype.preview]
