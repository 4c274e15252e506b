"""Content of the page of differences: the keywords that differ, sorted into sections."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..compare import Difference, HeaderAddress, HeaderComparison, Presence
from ..export.values import text
from ..keywords import HeaderKey, KeywordSpec, KeywordSpecs, spec_keyword
from ..observation import Observation
from ..query import Column, computed_column
from ..stored_header import Header
from .header_view import header_column

COLUMNS = tuple(
    computed_column(name, "str")
    for name in ("header_a", "header_b", "keyword", "where", "a", "b", "unit", "description")
)


@dataclass(frozen=True)
class Side:
    """One of the two sides of a comparison.

    Parameters
    ----------
    part : HeaderAddress
        The observation, file or header.
    observation : Observation
        The observation that it belongs to.
    before, after : str or None
        The neighbours with the same detector in the same proposal.
    """

    part: HeaderAddress
    observation: Observation
    before: str | None
    after: str | None


@dataclass(frozen=True)
class DifferenceRow:
    """A keyword that differs.

    Parameters
    ----------
    spec : KeywordSpec
        With its unit and description.
    where : Presence
        The headers that contain it.
    a, b : str or None
        The values as text; None where a header does not contain the keyword.
    """

    spec: KeywordSpec
    where: Presence
    a: str | None
    b: str | None


@dataclass(frozen=True)
class Section:
    """The differences of two headers.

    Parameters
    ----------
    a, b : str
        The headers, such as ``flt 1 SCI,1``.
    anchor : str
        The HTML id of the section.
    rows : list of DifferenceRow
        In the order of the first header.
    """

    a: str
    b: str
    anchor: str
    rows: list[DifferenceRow]


@dataclass(frozen=True)
class ComparisonView:
    """A comparison as the page shows it.

    Parameters
    ----------
    sections : list of Section
        A section for each pair of headers, with or without differences.
    only_a, only_b : list of str
        Headers without a counterpart on the other side.
    """

    sections: list[Section]
    only_a: list[str]
    only_b: list[str]

    @property
    def different(self) -> list[Section]:
        """The sections with differences."""
        return [section for section in self.sections if section.rows]

    @property
    def same(self) -> list[str]:
        """The headers without differences."""
        return [section.a for section in self.sections if not section.rows]

    def number(self, where: Presence) -> int:
        """Return the number of differing keywords that are in both headers or in one of them."""
        return sum(row.where == where for section in self.sections for row in section.rows)

    def records(self) -> Iterable[dict[str, Any]]:
        """Yield the differences as rows with `COLUMNS`, for a file."""
        for section in self.sections:
            for row in section.rows:
                yield {
                    "header_a": section.a,
                    "header_b": section.b,
                    "keyword": row.spec.fits_keyword,
                    "where": str(row.where),
                    "a": row.a,
                    "b": row.b,
                    "unit": row.spec.unit,
                    "description": row.spec.description,
                }


def view_comparison(
    compared: Iterable[HeaderComparison], side_a: Side, side_b: Side, specs: KeywordSpecs
) -> ComparisonView:
    """Return a comparison as the page shows it.

    Parameters
    ----------
    compared : iterable of HeaderComparison
        As `Archive.differences` returns it.
    side_a, side_b : Side
        The two sides.
    specs : KeywordSpecs
        With the units and descriptions.

    Returns
    -------
    ComparisonView
        With values as text.
    """
    view = ComparisonView([], [], [])
    for pair in compared:
        if pair.a and pair.b:
            key_a, key_b = _key(pair.a, side_a), _key(pair.b, side_b)
            rows = [_row(each, key_a, key_b, specs) for each in pair.differences]
            anchor = f"{key_a.filetype}-{key_a.extension}"
            view.sections.append(Section(_name(pair.a), _name(pair.b), anchor, rows))
        elif pair.a:
            view.only_a.append(_name(pair.a))
        elif pair.b:
            view.only_b.append(_name(pair.b))
    return view


def _place(header: Header) -> tuple[str, int]:
    """Return the filetype and the extension of a header."""
    _, filetype, extension = header.name.split()
    return filetype, int(extension)


def _key(header: Header, side: Side) -> HeaderKey:
    return HeaderKey(side.observation["detector"] or "", *_place(header))


def _name(header: Header) -> str:
    filetype, extension = _place(header)
    return f"{filetype} {extension} {header.extension_name or 'primary'}"


def _row(
    difference: Difference, key_a: HeaderKey, key_b: HeaderKey, specs: KeywordSpecs
) -> DifferenceRow:
    key = key_b if difference.presence == Presence.ONLY_B else key_a
    column = _column(difference.keyword, key, specs)
    a = (
        None
        if difference.presence == Presence.ONLY_B
        else _value(difference.a, difference.b, column)
    )
    b = (
        None
        if difference.presence == Presence.ONLY_A
        else _value(difference.b, difference.a, column)
    )
    return DifferenceRow(column.spec, difference.presence, a, b)


def _column(keyword: str, key: HeaderKey, specs: KeywordSpecs) -> Column:
    """Return a keyword with its spec, also one of an input image such as ``d001data``."""
    name = spec_keyword(keyword.upper())
    spec = None if name == keyword.upper() else specs.spec(name, key)
    if spec is None:
        return header_column(keyword, key, specs)
    # Named as in the file, with the number of the input image.
    return Column(keyword, KeywordSpec(keyword.upper(), spec.type, spec.unit, spec.description))


def _value(value: Any, other: Any, column: Column) -> str:
    """Return a value as text; of two lists of lines only those that the other one lacks."""
    if not isinstance(value, list):
        return text(value, column) or "unknown"
    lines = [text(line, column) for line in value]
    if isinstance(other, list):
        own = Counter(lines) - Counter(text(line, column) for line in other)
        lines = list(own.elements()) or ([] if len(other) > len(lines) else lines)
    return "\n".join(lines) or "no other lines"
