"""The headers of an observation: shown, filtered, taken away, and compared with others.

A value leads to the observations that have it too, and a number to how it is distributed.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from ... import query
from ...compare import Compared, Difference, Part, Where
from ...errors import DatasetNotFound, InvalidName, ObservationNotFound, QueryError
from ...export import header_lines, header_record
from ...export.values import text
from ...keywords import BLOCK, BLOCKS, REPEATED, HeaderKey, KeywordSpec, KeywordSpecs
from ...observation import Header, Observation
from ...query import Column, Equals, Exists, Like, Not
from ..context import in_archive, named_observation, parameters, the_archive
from ..downloads import download
from ..errors import status_of
from ..params import Address

NUMBERS = ("int", "float")
# As which files the differences can be had.
DIFFERENCE_FORMATS = ("csv", "json")
DIFFERENCE_COLUMNS = ("header_a", "header_b", "keyword", "where", "a", "b", "unit", "description")

headers = Blueprint("headers", __name__)


class ShownHeaders(Address):
    """A header: only the keywords that contain some words, or as a file."""

    single = ("q", "format")
    FILES = ("txt", "json")

    @property
    def format(self) -> str:
        """One of `FILES`, or ``html``."""
        return self.chosen("format", ("html", *self.FILES), "html")

    def fits(self, *texts: str | None) -> bool:
        """Whether the texts together contain all the words asked for."""
        within = " ".join(text for text in texts if text).lower()
        return all(word in within for word in self.first("q").lower().split())


@headers.get("/archive/<proposal:proposid>/<name>/headers/")
def of_observation(proposid: int | None, name: str) -> str:
    """Show which headers an observation has."""
    parameters(Address)
    found = named_observation(proposid, name)
    return render_template("headers.html", observation=found)


@headers.get("/archive/<proposal:proposid>/<name>/headers/<filetype>/")
def of_file(proposid: int | None, name: str, filetype: str) -> AnyResponse:
    """Send all headers of a file, or go to the first of them."""
    asked = parameters(ShownHeaders)
    found = named_observation(proposid, name)
    extensions = found.filetype_headers(filetype)
    if asked.format != "html":
        return _file(found, filetype, extensions, asked.format)
    first = next(iter(extensions), 0)
    where = {"filetype": filetype, "extension": first, **asked.arguments()}
    return redirect(in_archive("headers.header", found, **where))


@headers.get("/archive/<proposal:proposid>/<name>/headers/<filetype>/<int:extension>/")
def header(proposid: int | None, name: str, filetype: str, extension: int) -> AnyResponse:
    """Show a header, or send it as a file."""
    asked = parameters(ShownHeaders)
    found = named_observation(proposid, name)
    extensions = found.filetype_headers(filetype)
    if extension not in extensions:
        raise DatasetNotFound(f"{found.datasets[filetype]} has no extension {extension}")
    if asked.format != "html":
        return _file(found, filetype, {extension: extensions[extension]}, asked.format)
    page = render_template(
        "header.html",
        observation=found,
        filetype=filetype,
        extension=extension,
        extensions=extensions,
        asked=asked,
        shown=_shown(found, extensions[extension], filetype, extension),
    )
    return Response(page)


def _file(
    found: Observation, filetype: str, extensions: Mapping[int, Header], format_: str
) -> Response:
    """Return headers as a file, of which the name says what is in it."""
    specs = the_archive().specs
    filename = found.datasets[filetype]
    if format_ == "json":
        records = {n: header_record(header.values, specs) for n, header in extensions.items()}
        content = json.dumps(records, indent=1, allow_nan=False)
    else:
        parts = (
            (f"# {filename}[{number}] {header.extension_name}".rstrip(), header)
            for number, header in extensions.items()
        )
        content = "\n\n".join(
            "\n".join((title, *header_lines(header.values, specs))) for title, header in parts
        )
    number = f"_{next(iter(extensions))}" if len(extensions) == 1 else ""
    name = f"{filename.removesuffix('.fits')}{number}_header.{format_}"
    media_type = {"json": "application/json", "txt": "text/plain"}[format_]
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(f"{content}\n", mimetype=media_type, headers=disposition)


@dataclass(frozen=True)
class Card:
    """A keyword of a header as a page shows it.

    `search` is what finds the observations that have the same value, in the query language,
    and `plot` the address of a keyword that is a number; None where there is nothing to find.
    """

    spec: KeywordSpec
    value: str
    again: bool = False
    search: str | None = None
    plot: str | None = None


@dataclass
class ShownHeader:
    """A header as a page shows it.

    `cards` are the keywords that have one value, `lists` are COMMENT and HISTORY, `blocks` the
    keywords that a drizzled product has for each input image, with `block_keywords` as its
    columns.
    """

    cards: list[Card] = field(default_factory=list)
    lists: dict[str, list[str]] = field(default_factory=dict)
    block_keywords: list[KeywordSpec] = field(default_factory=list)
    blocks: list[list[str]] = field(default_factory=list)


def _shown(found: Observation, header: Header, filetype: str, extension: int) -> ShownHeader:
    """Return a header for its page."""
    detector = found["detector"]
    key = HeaderKey(detector, filetype, extension) if detector else None
    specs = the_archive().specs
    shown = ShownHeader()
    later = header.values.get(REPEATED, {})
    promoted = found.metadata
    for name, value in header.values.items():
        if name == BLOCKS:
            _show_blocks(value, key, specs, shown)
        elif isinstance(value, list):
            shown.lists[name.upper()] = [text(part) for part in value]
        elif name != REPEATED:
            column = _column(name, key, specs)
            shown.cards.append(_card(column, value, _address(name, value, key, promoted, specs)))
            again = later.get(name, [])
            shown.cards += [Card(column.spec, text(part, column), again=True) for part in again]
    return shown


def _address(
    name: str,
    value: Any,
    key: HeaderKey | None,
    promoted: Mapping[str, Any],
    specs: KeywordSpecs,
) -> str | None:
    """Return how a search asks for a keyword of a header, None if it cannot.

    A promoted keyword is asked for at the top of the documents where its value there is the
    same: that is what people mean, and what has an index.
    """
    if name in specs.promoted and promoted[name] == value:
        return name
    if key is None or specs.listed_at(name, key) is None:
        return None
    return f"{key.filetype}.{key.extension}.{name}"


def _card(column: Column, value: Any, address: str | None) -> Card:
    shown = text(value, column)
    if address is None:
        return Card(column.spec, shown)
    condition = Not(Exists(address)) if value in (None, "") else Equals(address, value)
    days = column.spec.type == "date"
    search = query.parser.format_condition(condition, (address,) if days else ())
    plot = address if column.spec.type in NUMBERS else None
    return Card(column.spec, shown, search=search, plot=plot)


def _show_blocks(
    blocks: Sequence[Mapping[str, Any]],
    key: HeaderKey | None,
    specs: KeywordSpecs,
    shown: ShownHeader,
) -> None:
    parts = list(dict.fromkeys(name for block in blocks for name in block))
    columns = {part: _column(f"{BLOCKS}{part}", key, specs, part) for part in parts}
    shown.block_keywords = [column.spec for column in columns.values()]
    shown.blocks = [
        [text(block.get(part), column) for part, column in columns.items()] for block in blocks
    ]


def _column(
    name: str, key: HeaderKey | None, specs: KeywordSpecs, stored: str | None = None
) -> Column:
    """Return a keyword of a header; one that no spec names is shown as it is stored."""
    return Column(name, specs.spec(name, key) or KeywordSpec((stored or name).upper(), "str"))


class Comparison(Address):
    """What to compare with what."""

    single = ("a", "b", "bookkeeping", "format")

    @property
    def bookkeeping(self) -> bool:
        """Whether also what always differs is shown."""
        return self.chosen("bookkeeping", ("yes", "no"), "no") == "yes"

    @property
    def format(self) -> str:
        """One of `DIFFERENCE_FORMATS`, or ``html``."""
        return self.chosen("format", ("html", *DIFFERENCE_FORMATS), "html")


@dataclass(frozen=True)
class Side:
    """One of the two that are compared: what is asked for, and where else one can go."""

    part: Part
    observation: Observation
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Row:
    """A keyword that differs, as a page shows it; None where a header lacks it."""

    spec: KeywordSpec
    where: Where
    a: str | None
    b: str | None


@dataclass(frozen=True)
class Section:
    """Two headers and the keywords that differ: in both, or in one of them alone."""

    a: str
    b: str
    anchor: str
    rows: list[Row]


@dataclass(frozen=True)
class Way:
    """A comparison that is one click away."""

    label: str
    a: Part
    b: Part
    title: str = ""
    here: bool = False


@headers.get("/difference")
def difference() -> AnyResponse:
    """Show which keywords differ between two headers, files or observations."""
    asked = parameters(Comparison)
    try:
        return _difference(asked)
    except (DatasetNotFound, ObservationNotFound, InvalidName, QueryError) as error:
        # The form comes back with what was typed, and what is wrong with it.
        page = render_template("difference.html", asked=asked, sides=[], error=error)
        return Response(page, status_of(error))


def _difference(asked: Comparison) -> AnyResponse:
    one_named = asked.first("a") or asked.first("b")
    if not one_named:
        return Response(render_template("difference.html", asked=asked, sides=[], error=None))
    one = _side(one_named)
    if not (asked.first("a") and asked.first("b")):
        other = _usual_partner(one)
        if other is not None:
            both = {"a": str(one.part), "b": str(other)}
            return redirect(url_for(".difference", **asked.arguments(**both)))
        return Response(render_template("difference.html", asked=asked, sides=[one], error=None))
    two = _side(asked.first("b"))
    found = the_archive().differences(str(one.part), str(two.part), asked.bookkeeping)
    sections = [_section(compared, one, two) for compared in found if compared.a and compared.b]
    if asked.format != "html":
        return _difference_file(sections, asked.format, f"{one.part}_{two.part}")
    wheres = Counter(d.where for compared in found for d in compared.differences)
    page = render_template(
        "difference.html",
        asked=asked,
        sides=[one, two],
        error=None,
        sections=[section for section in sections if section.rows],
        same=[section.a for section in sections if not section.rows],
        alone=[_alone(compared) for compared in found if not (compared.a and compared.b)],
        both=wheres[Where.BOTH],
        only_a=wheres[Where.ONLY_A],
        only_b=wheres[Where.ONLY_B],
        filetypes=_other_filetypes(one, two),
        observations=_other_observations(one, two),
    )
    return Response(page)


def _side(name: str) -> Side:
    part = Part.parse(name)
    found = the_archive().observation(part.name)
    # An exposure is compared with exposures, and a product with products.
    alike = [Like("rootname", "?" * len(found.rootname))]
    if found["detector"]:
        alike.append(Equals("detector", found["detector"]))
    before, after = the_archive().neighbours(found, *alike)
    return Side(Part(found.ipppssoot, part.filetype, part.extension), found, before, after)


def _usual_partner(side: Side) -> Part | None:
    """Return what somebody who names only one part will compare it with, None if nothing will do.

    It is the same of the next observation, else of the one before; of an observation that is
    alone in its proposal another filetype.
    """
    part = side.part
    for name in (side.after, side.before):
        if _has(name, part.filetype):
            return Part(name, part.filetype, part.extension)
    others = [name for name in side.observation.datasets if name != part.filetype]
    if part.filetype is None or not others:
        return None
    return Part(part.name, others[0])


def _has(name: str | None, filetype: str | None) -> bool:
    """Whether there is such an observation, with this filetype if one is asked for."""
    return name is not None and filetype in (None, *the_archive().observation(name).datasets)


def _other_filetypes(one: Side, two: Side) -> list[Way]:
    """Return the ways to the other filetypes, of both observations or of the second part."""
    a, b = one.part, two.part
    known = the_archive().specs.filetypes
    if a.name == b.name:
        others = [name for name in two.observation.datasets if name != a.filetype]
        return [
            Way(f"with {name}", a, Part(b.name, name), known[name].description, name == b.filetype)
            for name in others
        ]
    here = a.filetype if a.filetype == b.filetype else ""
    everything = Way("all headers", Part(a.name), Part(b.name), here=here is None)
    both = [name for name in one.observation.datasets if name in two.observation.datasets]
    return [everything] + [
        Way(name, Part(a.name, name), Part(b.name, name), known[name].description, name == here)
        for name in both
    ]


def _other_observations(one: Side, two: Side) -> list[Way]:
    """Return the ways to what is compared with the neighbours of the first observation."""
    a, b = one.part, two.part
    like = a if a.name == b.name else b
    neighbours = {"the one before": one.before, "the next": one.after}
    ways = [
        Way(f"with {which}, {name}", a, Part(name, like.filetype, like.extension))
        for which, name in neighbours.items()
        if name != b.name and _has(name, like.filetype)
    ]
    return [*ways, Way("exchange the two", b, a)]


def _section(compared: Compared, one: Side, two: Side) -> Section:
    key_a, key_b = (_key(h, side) for h, side in ((compared.a, one), (compared.b, two)))
    rows = [_row(found, key_a, key_b) for found in compared.differences]
    name_a, name_b = (_name(header) for header in (compared.a, compared.b))
    return Section(name_a, name_b, f"{key_a.filetype}-{key_a.extension}", rows)


def _place(header: Header) -> tuple[str, int]:
    """Return the filetype and the extension of a header, of which its name tells."""
    _, filetype, extension = header.name.split()
    return filetype, int(extension)


def _key(header: Header, side: Side) -> HeaderKey:
    return HeaderKey(side.observation["detector"] or "", *_place(header))


def _name(header: Header) -> str:
    filetype, extension = _place(header)
    return f"{filetype} {extension} {header.extension_name or 'primary'}"


def _alone(compared: Compared) -> tuple[str, str]:
    """Return a header that the other side has not, and the side that has it."""
    return (_name(compared.a), "a") if compared.a else (_name(compared.b), "b")


def _row(found: Difference, key_a: HeaderKey, key_b: HeaderKey) -> Row:
    specs = the_archive().specs
    key = key_b if found.where == Where.ONLY_B else key_a
    block = BLOCK.fullmatch(found.keyword.upper())
    spec = specs.spec(f"{BLOCKS}{block[2].lower()}", key) if block else None
    if spec is not None:
        # Shown under the name that it has in the file, with the number of the input image.
        spec = KeywordSpec(found.keyword.upper(), spec.type, spec.unit, spec.description)
    column = _column(found.keyword, key, specs) if spec is None else Column(found.keyword, spec)
    a = None if found.where == Where.ONLY_B else _value(found.a, found.b, column)
    b = None if found.where == Where.ONLY_A else _value(found.b, found.a, column)
    return Row(column.spec, found.where, a, b)


def _value(value: Any, other: Any, column: Column) -> str:
    """Return a value as text; of two lists of lines only what the other has not."""
    if not isinstance(value, list):
        return text(value, column) or "unknown"
    lines = [text(part, column) for part in value]
    if isinstance(other, list):
        own = Counter(lines) - Counter(text(part, column) for part in other)
        lines = list(own.elements()) or ([] if len(other) > len(lines) else lines)
    return "\n".join(lines) or "nothing that the other has not"


def _difference_file(sections: Iterable[Section], format_: str, name: str) -> Response:
    """Return the differences as a table to take away."""
    columns = [Column(name, KeywordSpec(name.upper(), "str")) for name in DIFFERENCE_COLUMNS]
    rows = (
        {
            "header_a": section.a,
            "header_b": section.b,
            "keyword": row.spec.keyword,
            "where": str(row.where),
            "a": row.a,
            "b": row.b,
            "unit": row.spec.unit,
            "description": row.spec.description,
        }
        for section in sections
        for row in section.rows
    )
    return download(rows, columns, format_, f"{name}_difference")
