"""Keyword specs as values: the type, unit and description of a keyword, and where it is stored.

They know nothing of each other; `acsql.keywords.specs` has all those of an archive.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

from .. import names

TYPES = ("int", "float", "str", "bool", "date", "time", "datetime")

# Keywords of a drizzled product that repeat for every input image: D001DATA, D002DATA ... are
# one keyword of the specs, DnnnDATA (DrizzlePac handbook, section 3.1).
BLOCK = re.compile(r"D(\d{3})([A-Z]+)", re.ASCII)
BLOCK_KEYWORD = "Dnnn{}"
# The beginning of their names in lower case.
BLOCK_PREFIX = names.field(BLOCK_KEYWORD.format(""))
# The name under which `KeywordSpecs.extensions` has the keywords of primary headers.
PRIMARY = "PRIMARY"
# Keywords that any header can have any number of times (FITS standard 4.0, section 4.4.2.4).
COMMENTARY = ("COMMENT", "HISTORY")


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


# Filetype and extension of a header, for any detector.
HeaderLocation = tuple[str, int]


class HeaderKey(NamedTuple):
    """The key of a header: detector, filetype and extension."""

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
    ucd : str, optional
        The kind of quantity (IVOA UCD1+), such as ``pos.eq.ra``.
    utype : str, optional
        Its role in a data model of the IVOA, such as ``obscore:Char.TimeAxis.Coverage...``.
    xtype : str, optional
        The form of a text in VOTables (DALI 1.1, section 3.3); computed columns have it.
    """

    keyword: str
    type: str
    unit: str | None = None
    description: str | None = None
    formats: tuple[str, ...] = ()
    mjd: bool = False
    ucd: str | None = None
    utype: str | None = None
    xtype: str | None = None

    @property
    def name(self) -> str:
        """The name under which the keyword is stored."""
        return names.field(self.keyword)

    @property
    def fits_keyword(self) -> str:
        """The keyword as in files, also where `name` tells it apart from another spelling."""
        return names.distinct_keyword(self.name) or self.keyword


def alternate_spec(primary: KeywordSpec, keyword: str) -> KeywordSpec:
    """Return the spec of a keyword of an alternate WCS, by that of the primary WCS."""
    description = f"{primary.description or primary.keyword}, alternate WCS {keyword[-1]}"
    return replace(primary, keyword=keyword, description=description)


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
    upper : bool
        Whether it is an identifier that is kept in upper case.
    """

    spec: KeywordSpec
    also: tuple[tuple[str, int, str], ...] = ()
    pattern: str | None = None
    upper: bool = False

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
    preview : bool
        Whether previews are made of it.
    pixels : bool
        Whether it has images that the viewer can show.
    extensions : tuple of str
        EXTNAME of its first extensions, in their order, which repeats with each EXTVER.
    weights : str, optional
        EXTNAME of the weights of a drizzled image: a pixel of weight 0 has no data.
    unit : str, optional
        Unit of the pixels of its images, as astropy spells it.
    """

    name: str
    description: str
    preview: bool = False
    pixels: bool = False
    extensions: tuple[str, ...] = ()
    weights: str | None = None
    unit: str | None = None

    def extension_name(self, number: int) -> str | None:
        """Return the EXTNAME that an extension has by its number, None if the specs say none."""
        if number == 0:
            return PRIMARY
        return self.extensions[(number - 1) % len(self.extensions)] if self.extensions else None

    def extension_number(self, extname: str, extver: int) -> int | None:
        """Return the number of an extension, None if its name has no fixed number."""
        if extname == PRIMARY:
            return 0
        if extname not in self.extensions or extver < 1:
            return None
        return (extver - 1) * len(self.extensions) + self.extensions.index(extname) + 1


# Where an amplifier is on its chip; one that reads whole columns is only left or right.
CORNERS = ("left", "right", "top left", "top right", "bottom left", "bottom right")


@dataclass(frozen=True)
class DetectorReadout:
    """The readout of a detector.

    Attributes
    ----------
    columns, rows : int
        Pixels of a whole chip without overscan.
    amplifiers : mapping
        By CCDCHIP, the amplifiers that can read the chip with their `CORNERS`.
    overscan_columns : int
        Columns of the physical overscan, next to the chip, where the bias level has settled.
    saturation : int
        The largest number of the analogue-to-digital converters, in DN.
    """

    columns: int
    rows: int
    amplifiers: Mapping[int, Mapping[str, str]]
    overscan_columns: int
    saturation: int


READOUT_ENTRIES = {field.name for field in fields(DetectorReadout)}


@dataclass(frozen=True)
class StatisticSpec:
    """Spec of a statistic of an image.

    Attributes
    ----------
    spec : KeywordSpec
        Name, type, unit and description.
    filetypes : tuple of str
        The filetypes that have it, empty for all with a preview.
    amplifiers : bool
        Whether only the parts that one amplifier reads have it.
    """

    spec: KeywordSpec
    filetypes: tuple[str, ...] = ()
    amplifiers: bool = False


@dataclass(frozen=True)
class Flag:
    """A flag of the vocabulary, with which people and monitors annotate images.

    Attributes
    ----------
    name : str
        Such as ``satellite_trail``.
    title : str
        As pages show it.
    description : str
        Its appearance in an image.
    detectors, filetypes : tuple of str
        The detectors and filetypes for which it makes sense; empty for all.
    example : str, optional
        The rootname of an observation that shows it.
    """

    name: str
    title: str
    description: str
    detectors: tuple[str, ...] = ()
    filetypes: tuple[str, ...] = ()
    example: str | None = None


class CardLocation(NamedTuple):
    """The location of the value of a card in a stored header.

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
