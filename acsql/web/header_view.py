"""Content of the page of a header: its keywords, with links to searches and plots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import query
from ..export.values import text
from ..fits.header import BLOCK_NUMBER, Entry, entries
from ..keywords import HeaderKey, KeywordSpec, KeywordSpecs
from ..observation import Observation
from ..query import Column, Equals, Exists, Not
from ..stored_header import Header

NUMBERS = ("int", "float")


@dataclass(frozen=True)
class HeaderRow:
    """A keyword of a header.

    Parameters
    ----------
    spec : KeywordSpec
        With its unit and description.
    value : str
        The value as text.
    repeated : bool
        Whether the keyword occurs earlier in the same header.
    search : str, optional
        The query for the observations with the same value.
    plot : str, optional
        The keyword address of a number, for a histogram.
    """

    spec: KeywordSpec
    value: str
    repeated: bool = False
    search: str | None = None
    plot: str | None = None


@dataclass(frozen=True)
class HeaderView:
    """A header, sorted into what the page shows in different ways.

    Parameters
    ----------
    rows : list of HeaderRow
        The keywords with one value.
    texts : dict of list of str
        The lines of COMMENT and HISTORY.
    block_keywords : list of KeywordSpec
        The keywords that a drizzled product has for each input image.
    blocks : list of list of str
        Their values, a list for each input image.
    """

    rows: list[HeaderRow] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    block_keywords: list[KeywordSpec] = field(default_factory=list)
    blocks: list[list[str]] = field(default_factory=list)


def view_header(
    observation: Observation, header: Header, filetype: str, extension: int, specs: KeywordSpecs
) -> HeaderView:
    """Return what the page of a header shows.

    Parameters
    ----------
    observation : Observation
        The observation of the header.
    header : Header
        The header as it is stored.
    filetype, extension : str, int
        Where it is.
    specs : KeywordSpecs
        With the units and descriptions.

    Returns
    -------
    HeaderView
        In the order of the file.
    """
    detector = observation["detector"]
    key = HeaderKey(detector, filetype, extension) if detector else None
    promoted = observation.metadata
    rows: list[HeaderRow] = []
    texts: dict[str, list[str]] = {}
    blocks: dict[int, dict[str, list[Any]]] = {}
    for entry in entries(header.stored):
        if entry.block is not None:
            block = blocks.setdefault(entry.block, {BLOCK_NUMBER: [entry.block]})
            block.setdefault(entry.name, []).append(entry.value)
            continue
        if entry.is_line:
            texts.setdefault(entry.name.upper(), []).append(text(entry.value))
            continue
        column = header_column(entry.name, key, specs)
        if entry.is_repeated:
            rows.append(HeaderRow(column.spec, text(entry.value, column), repeated=True))
        else:
            address = _address(entry.name, entry.value, key, promoted, specs)
            rows.append(_row(column, entry.value, address))
    block_keywords, block_values = _blocks(list(blocks.values()), key, specs)
    return HeaderView(rows, texts, block_keywords, block_values)


def header_column(
    name: str, key: HeaderKey | None, specs: KeywordSpecs, shown_name: str | None = None
) -> Column:
    """Return a keyword of a header with its spec.

    Parameters
    ----------
    name : str
        The keyword as it is stored.
    key : HeaderKey or None
        The header, None if its detector is unknown.
    specs : KeywordSpecs
        The keyword specs.
    shown_name : str, optional
        The name of a keyword without a spec, by default its own.

    Returns
    -------
    Column
        A keyword that is not in the specs is a text without unit and description.
    """
    spec = specs.spec(name, key)
    return Column(name, spec or KeywordSpec((shown_name or name).upper(), "str"))


def _address(
    name: str,
    value: Any,
    key: HeaderKey | None,
    promoted: Mapping[str, Any],
    specs: KeywordSpecs,
) -> str | None:
    """Return the keyword address for a search, or None if the keyword cannot be searched.

    Where the promoted keyword has the same value its address is preferred: it has an index.
    """
    if name in specs.promoted and promoted[name] == value:
        return name
    if key is None or specs.listed_at(name, key) is None:
        return None
    return f"{key.filetype}.{key.extension}.{name}"


def _row(column: Column, value: Any, address: str | None) -> HeaderRow:
    shown = text(value, column)
    if address is None:
        return HeaderRow(column.spec, shown)
    condition = Not(Exists(address)) if value in (None, "") else Equals(address, value)
    dates = (address,) if column.spec.type == "date" else ()
    search = query.printer.format_with_dates(condition, dates)
    plot = address if column.spec.type in NUMBERS else None
    return HeaderRow(column.spec, shown, search=search, plot=plot)


def _blocks(
    blocks: Sequence[Mapping[str, list[Any]]], key: HeaderKey | None, specs: KeywordSpecs
) -> tuple[list[KeywordSpec], list[list[str]]]:
    """Return the keywords of the input images, and their values for each."""
    parts = dict.fromkeys(name for block in blocks for name in block)
    columns = {
        part: header_column(Entry(part, None, block=0).spec_name, key, specs, part)
        for part in parts
    }
    values = [
        [text(block.get(part, []), column) for part, column in columns.items()] for block in blocks
    ]
    return [column.spec for column in columns.values()], values
