"""The keyword specs of an archive: all keywords, and which header has which.

They are one immutable `KeywordSpecs`, which is passed to all code that needs it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from .. import names
from .alternate_wcs import primary_keyword
from .model import (
    BLOCK,
    COMMENTARY,
    PRIMARY,
    CardLocation,
    DetectorReadout,
    Filetype,
    Flag,
    HeaderKey,
    HeaderLocation,
    KeywordSpec,
    Promotion,
    StatisticSpec,
    alternate_spec,
    spec_keyword,
)

# Cached card locations: three times the keywords of all lists, because damaged files have others.
_LOCATION_CACHE_SIZE = 32_768


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
    thumbnail_filetypes : tuple of str
        Filetypes that thumbnails are made of, the best first.
    thumbnail_fallbacks : tuple of str
        The last of these, of which one is made only where an observation has no better preview.
    reference_files : tuple of str
        Keywords that name calibration reference files.
    pixel_values : tuple of str
        Keywords whose unit is that of the pixels of their image.
    dq_extname : str
        EXTNAME of data quality arrays.
    dq_flags : mapping
        Meaning of the bits of data quality arrays.
    readouts : mapping
        How detectors are read out, by name; those without amplifiers are missing.
    saturation_flags : int
        The bits of data quality arrays that mark saturated pixels.
    table_columns : mapping
        Descriptions of columns of tables, by their names.
    header_groups : mapping
        By filetype, the titles of the groups in which its headers are shown, each with the
        patterns (`fnmatch`) of its keywords.
    detectors, filetypes : mapping
        By name; filetypes in the order in which they are displayed.
    own_fields : mapping
        Specs of the top-level fields that acsql adds.
    image_statistics : mapping
        Specs of the statistics of images, by name.
    keywords : mapping
        Specs of all keywords of headers.
    lists : mapping
        Specs of the keywords of each header, whose types can differ from those in `keywords`.
    extensions : mapping
        Stored names of further keywords of the extensions with an EXTNAME, of any detector and
        filetype.
    promoted : mapping
        Sources of the promoted keywords.
    flags : mapping
        The flags of images by name, in the order in which they are displayed.
    indexed, facets : tuple of str
        Top-level fields with an index, and those with few values, which the query form offers as
        checkboxes.
    version : str
        Identifies the content of the specs.
    """

    instrument: str
    instrument_keywords: tuple[str, ...]
    image_extname: str
    internal_exposures: Mapping[str, tuple[str, ...]]
    footprint_filetypes: tuple[str, ...]
    thumbnail_filetypes: tuple[str, ...]
    thumbnail_fallbacks: tuple[str, ...]
    reference_files: tuple[str, ...]
    pixel_values: tuple[str, ...]
    dq_extname: str
    dq_flags: Mapping[int, str]
    readouts: Mapping[str, DetectorReadout]
    saturation_flags: int
    table_columns: Mapping[str, str]
    header_groups: Mapping[str, Mapping[str, tuple[str, ...]]]
    detectors: Mapping[str, str]
    filetypes: Mapping[str, Filetype]
    own_fields: Mapping[str, KeywordSpec]
    image_statistics: Mapping[str, StatisticSpec]
    keywords: Mapping[str, KeywordSpec]
    lists: Mapping[HeaderKey, Mapping[str, KeywordSpec]]
    extensions: Mapping[str, frozenset[str]]
    promoted: Mapping[str, Promotion]
    flags: Mapping[str, Flag]
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
        listed = self.lists.get(key, {}).get(names.field(name)) if key else None
        spec = listed or self.keywords.get(names.field(name))
        primary = None if spec else primary_keyword(name.upper())
        if primary and (of_primary := self.spec(primary, key)):
            return alternate_spec(of_primary, name.upper())
        return self._in_filetype(spec, key.filetype) if spec and key else spec

    def _in_filetype(self, spec: KeywordSpec, filetype: str) -> KeywordSpec:
        """Return a spec with the unit that the keyword has in files of a filetype."""
        if spec.name not in self.pixel_values:
            return spec
        return replace(spec, unit=self.filetypes[filetype].unit)

    def listed_at(
        self, name: str, key: HeaderKey, extname: str | None = None
    ) -> KeywordSpec | None:
        """Return the spec of a keyword in a header, None if no list of the header has it.

        Parameters
        ----------
        name : str
            The keyword, in FITS spelling or as stored.
        key : HeaderKey
            The header.
        extname : str, optional
            The EXTNAME of the extension, `PRIMARY` of a primary header; by default those that its
            number allows.
        """
        further = self.extensions.get(extname, frozenset()) if extname else self._by_number(key)
        for keyword in filter(None, (name, primary_keyword(name.upper()))):
            field = names.field(keyword)
            if field in further or field in self.lists.get(key, ()):
                return self.spec(name, key)
        return None

    def _by_number(self, key: HeaderKey) -> frozenset[str]:
        """Return the keywords of the extensions that can have the number of a header."""
        if key not in self.lists:
            return self._of_further_extensions
        extname = self.filetypes[key.filetype].extension_name(key.extension)
        return self.extensions.get(extname or "", frozenset())

    @cached_property
    def _of_further_extensions(self) -> frozenset[str]:
        """The keywords of the extensions whose number differs between files."""
        fixed = {PRIMARY, *(name for each in self.filetypes.values() for name in each.extensions)}
        further = [listed for extname, listed in self.extensions.items() if extname not in fixed]
        return frozenset().union(*further)

    @cached_property
    def card_location(self) -> Callable[[str, HeaderKey | None, str | None], CardLocation]:
        """Function that returns where the card of a keyword is stored in a header of an EXTNAME.

        It is cached, because an ingest calls it for every card of every file.
        """
        return lru_cache(maxsize=_LOCATION_CACHE_SIZE)(self._card_location)

    def _card_location(
        self, keyword: str, key: HeaderKey | None, extname: str | None
    ) -> CardLocation:
        block = BLOCK.fullmatch(keyword)
        spec_name = spec_keyword(keyword)
        spec = self.spec(spec_name, key)
        standard = spec.keyword if spec else names.field(keyword)
        is_standard = standard.upper() == keyword.upper()
        if not (block or is_standard):
            return self.distinct_location(keyword, key)
        listed = key is not None and self.listed_at(spec_name, key, extname) is not None
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
        """The keywords of every (filetype, extension), for all detectors together.

        If detectors differ in the type of a keyword, a type other than text is taken, because it
        determines better how values compare.
        """
        merged: dict[HeaderLocation, dict[str, KeywordSpec]] = {}
        for key, listed in self.header_keywords.items():
            specs = merged.setdefault((key.filetype, key.extension), {})
            further = {name: self.keywords[name] for name in self._by_number(key)}
            for name, spec in (further | dict(listed)).items():
                if name not in specs or (specs[name].type == "str" != spec.type):
                    specs[name] = spec
        return merged

    def queryable_at(self, header: HeaderLocation, name: str) -> KeywordSpec | None:
        """Return the spec of a keyword that can be queried in a header.

        Parameters
        ----------
        header : tuple of (str, int)
            Filetype and extension.
        name : str
            Name under which the keyword is stored.

        Returns
        -------
        KeywordSpec or None
            None if neither a list nor an extension that can have this number has the keyword.
        """
        if spec := self.queryable_keywords.get(header, {}).get(name):
            return self._in_filetype(spec, header[0])
        if primary := primary_keyword(name.upper()):
            of_primary = self.queryable_at(header, names.field(primary))
            return alternate_spec(of_primary, name.upper()) if of_primary else None
        filetype, extension = header
        number_differs = 0 < len(self.filetypes[filetype].extensions) < extension
        return (
            self.keywords[name] if number_differs and name in self._of_further_extensions else None
        )

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

    def with_preview(self) -> list[str]:
        """Return the filetypes of which previews are made."""
        return [name for name, filetype in self.filetypes.items() if filetype.preview]
