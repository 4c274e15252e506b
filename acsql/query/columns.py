"""Resolution of keyword addresses: ``exptime`` at the top level, ``flt.1.goodmean`` in a header.

FITS spelling and any case are accepted.  An ambiguous address raises an error that lists the
choices, and a misspelt one an error that suggests the nearest keywords.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .. import names
from ..errors import QueryError
from ..keywords import (
    BLOCK,
    BLOCK_KEYWORD,
    HeaderLocation,
    KeywordSpec,
    KeywordSpecs,
    has_many_values,
)
from .annotation_fields import ALIASES, ANNOTATION_FIELDS, FLAG_DATE
from .document_fields import REGION, REGION_SPEC, dataset, is_region
from .image_statistics import is_statistic, statistic_spec
from .messages import abbreviate

# flt.sci.2.goodmean, or flt.sci.goodmean for the first extension of the name.
_NAMED_ADDRESS = re.compile(r"([a-z0-9]+)\.([a-z][a-z0-9_]*)(?:\.(\d{1,4}))?\.(.+)")
_HEADER_ADDRESS = re.compile(r"([a-z0-9*?]+)\.(\d{1,4}|[*?])\.(.+)")
# Suggestions for a misspelt keyword: how many, and how alike (difflib's default ratio).
_SUGGESTIONS = 3
_MIN_RATIO = 0.6


@dataclass(frozen=True)
class Column:
    """A keyword that can be queried: its normalised address and its spec.

    Attributes
    ----------
    address : str
        ``exptime``, ``flt.1.goodmean``.
    spec : KeywordSpec
        Type, unit and description.
    header : tuple of (str, int), optional
        Filetype and extension of a header keyword; None for any other field.
    """

    address: str
    spec: KeywordSpec
    header: HeaderLocation | None = None

    @property
    def can_be_sorted(self) -> bool:
        """Whether observations can be sorted by it, as each has one value that compares."""
        return self.why_not_sorted is None

    @property
    def why_not_sorted(self) -> str | None:
        """The reason why observations cannot be sorted or grouped by it, None if they can."""
        if self.address == REGION:
            return "footprints have no order"
        if self.address == FLAG_DATE:
            return "annotations are not stored with the observation"
        has_many = self.header is not None and has_many_values(self.spec.name)
        return "an observation can have several values" if has_many or self.is_annotation else None

    @property
    def is_annotation(self) -> bool:
        """Whether it is a field of the annotations, which are not in the observation."""
        return self.address in ANNOTATION_FIELDS


def computed_column(
    name: str, type_: str, description: str | None = None, unit: str | None = None
) -> Column:
    """Return a column of values that no keyword has.

    Parameters
    ----------
    name : str
        The name of the column.
    type_ : str
        A type of the keyword specs, such as ``int``.
    description : str, optional
        The meaning of the values.
    unit : str, optional
        Their unit.

    Returns
    -------
    Column
        Its values are computed, or belong to no observation.
    """
    return Column(name, KeywordSpec(name.upper(), type_, unit, description))


def resolve_all(addresses: Iterable[str], specs: KeywordSpecs) -> list[Column]:
    """Return the columns of some addresses, in their order and without repetition.

    Parameters
    ----------
    addresses : iterable of str
        As in `resolve`.
    specs : KeywordSpecs
        The specs of the archive.

    Raises
    ------
    QueryError
        As `resolve`.
    """
    resolved = (resolve(address, specs) for address in addresses)
    return list({column.address: column for column in resolved}.values())


def resolve_results(addresses: Iterable[str], specs: KeywordSpecs) -> list[Column]:
    """Return the columns of a result: those of `resolve_all`, and the footprint.

    Parameters
    ----------
    addresses : iterable of str
        As in `resolve`; also ``s_region``.
    specs : KeywordSpecs
        The specs of the archive.

    Raises
    ------
    QueryError
        As `resolve`.
    """
    resolved = (
        Column(REGION, REGION_SPEC) if is_region(str(address)) else resolve(address, specs)
        for address in addresses
    )
    return list({column.address: column for column in resolved}.values())


def resolve(address: str, specs: KeywordSpecs) -> Column:
    """Return the column that an address names.

    Parameters
    ----------
    address : str
        ``exptime``, ``DATE-OBS``, ``flt.1.goodmean``, by EXTNAME and EXTVER
        ``flt.SCI.1.goodmean``, ``stats.flt.1.all.mean``, or ``datasets.flc``.
    specs : KeywordSpecs
        The specs of the archive.

    Raises
    ------
    QueryError
        If there is no such keyword (the message suggests the nearest), or if it is in headers
        and the address does not say in which.
    """
    if not isinstance(address, str):
        raise QueryError(f"a keyword is a text like exptime, not {abbreviate(address)}")
    text = _by_number(address.strip().lower(), specs)
    if is_statistic(text):
        return Column(text, statistic_spec(text, specs))
    if named := dataset(text, specs):
        return Column(*named)
    match = _HEADER_ADDRESS.fullmatch(text)
    if match and match[1] in specs.filetypes and match[2].isdecimal():
        return _header_column(match[1], int(match[2]), match[3], specs)
    name = names.field(match[3] if match else text)
    if not match and name in specs.top_level:
        return Column(name, specs.top_level[name])
    annotation = ALIASES.get(name, name)
    if not match and annotation in ANNOTATION_FIELDS:
        return Column(annotation, ANNOTATION_FIELDS[annotation])
    raise QueryError(_unresolved(address, name, specs, match[1] if match else None))


def _by_number(address: str, specs: KeywordSpecs) -> str:
    """Return an address that names an extension with its number instead."""
    match = _NAMED_ADDRESS.fullmatch(address)
    if not match or match[1] not in specs.filetypes:
        return address
    filetype, extname, extver, keyword = match.groups()
    number = specs.filetypes[filetype].extension_number(extname.upper(), int(extver or 1))
    if number is not None:
        return f"{filetype}.{number}.{keyword}"
    if extname.upper() in specs.extensions:
        raise QueryError(
            f"{abbreviate(address)}: {extname.upper()} has no fixed number in {filetype} files; "
            f"write the number that it has, such as {filetype}.7.{keyword}"
        )
    return address


def header_column(header: HeaderLocation, name: str, specs: KeywordSpecs) -> Column | None:
    """Return the column of a keyword in a header.

    Parameters
    ----------
    header : tuple of (str, int)
        Filetype and extension.
    name : str
        Name under which the keyword is stored.
    specs : KeywordSpecs
        The specs of the archive.

    Returns
    -------
    Column or None
        None if no detector has the keyword there.
    """
    spec = specs.queryable_at(header, name)
    return Column(f"{header[0]}.{header[1]}.{name}", spec, header) if spec else None


def _header_column(filetype: str, extension: int, keyword: str, specs: KeywordSpecs) -> Column:
    name = names.field(keyword)
    for stored in names.possible_fields(keyword):
        column = header_column((filetype, extension), stored, specs)
        if column is not None:
            return column
    if addresses := _addresses(specs.headers_with(name), name):
        raise QueryError(
            f"no {filetype} header {extension} has {abbreviate(keyword)}; it is in {addresses}"
        )
    raise QueryError(
        f"there is no keyword {abbreviate(f'{filetype}.{extension}.{name}')}"
        f"{_block_hint(name, specs) or _suggestion(name, specs, (filetype, extension))}"
    )


def _unresolved(address: str, name: str, specs: KeywordSpecs, filetype: str | None) -> str:
    """Return a message with the reason why an address names no column, and a correct form."""
    headers = specs.headers_with(name)
    if is_region(address):
        return f"{REGION} is a column of results; search with covers(), overlaps() or near()"
    if filetype:  # with an extension that is not a number, such as raw.*
        headers = [header for header in headers if header[0] == filetype] or headers
    if filetype and name in specs.top_level:
        choices = ", ".join(filter(None, (name, _addresses(headers, name))))
        return f"{abbreviate(address)} names no header; choose one of {choices}"
    if len(headers) > 1:
        choices = _addresses(headers, name)
        return f"{abbreviate(address)} is in several headers; choose one of {choices}"
    if headers:
        return f"{abbreviate(address)} is in a header; write {_addresses(headers, name)}"
    hint = _block_hint(name, specs) or _suggestion(name, specs)
    return f"there is no keyword {abbreviate(address)}{hint}"


def _block_hint(name: str, specs: KeywordSpecs) -> str:
    """Return a hint at a query for D001DATA: every product numbers its input images anew."""
    block = BLOCK.fullmatch(name.upper())
    common_name = names.field(BLOCK_KEYWORD.format(block[2])) if block else ""
    addresses = _addresses(specs.headers_with(common_name), common_name)
    if not addresses:
        return ""
    return f"; input images are numbered anew in every product, search all of them with {addresses}"


def _addresses(headers: Iterable[HeaderLocation], name: str) -> str:
    return ", ".join(f"{filetype}.{extension}.{name}" for filetype, extension in headers)


def _suggestion(name: str, specs: KeywordSpecs, header: HeaderLocation | None = None) -> str:
    """Return the nearest keywords, those of the header or else of the top level first."""
    if header:
        listed = specs.queryable_keywords.get(header, {})
        addresses = {
            listed_name: f"{header[0]}.{header[1]}.{listed_name}" for listed_name in listed
        }
    else:
        addresses = {top: top for top in specs.top_level}
    nearest = [addresses[match] for match in _nearest(name, list(addresses))]
    nearest = nearest or _nearest(name, list(specs.keywords))
    return f"; did you mean {' or '.join(nearest)}?" if nearest else ""


def _nearest(name: str, candidates: Sequence[str]) -> list[str]:
    return difflib.get_close_matches(name, candidates, n=_SUGGESTIONS, cutoff=_MIN_RATIO)
