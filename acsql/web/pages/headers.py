"""The headers of an observation: shown, filtered, taken away, and compared with others.

A value leads to the observations that have it too, and a number to how it is distributed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, redirect, render_template
from werkzeug.wrappers import Response as AnyResponse

from ... import query
from ...errors import DatasetNotFound
from ...export import header_lines, header_record
from ...export.values import text
from ...fits.header import BLOCKS, REPEATED
from ...keywords import HeaderKey, KeywordSpec, KeywordSpecs
from ...observation import Observation
from ...query import Column, Equals, Exists, Not
from ...stored_observation import Header
from ..context import in_archive, named_observation, parameters, the_archive
from ..params import Address

blueprint = Blueprint("headers", __name__)


NUMBERS = ("int", "float")


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


@blueprint.get("/archive/<proposal:proposid>/<name>/headers/")
def of_observation(proposid: int | None, name: str) -> str:
    """Show which headers an observation has."""
    parameters(Address)
    found = named_observation(proposid, name)
    return render_template("headers.html", observation=found)


@blueprint.get("/archive/<proposal:proposid>/<name>/headers/<filetype>/")
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


@blueprint.get("/archive/<proposal:proposid>/<name>/headers/<filetype>/<int:extension>/")
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
        records = {n: header_record(header.stored, specs) for n, header in extensions.items()}
        content = json.dumps(records, indent=1, allow_nan=False)
    else:
        parts = (
            (f"# {filename}[{number}] {header.extension_name}".rstrip(), header)
            for number, header in extensions.items()
        )
        content = "\n\n".join(
            "\n".join((title, *header_lines(header.stored, specs))) for title, header in parts
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
    later = header.get(REPEATED, {})
    promoted = found.metadata
    for name, value in header.items():
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
    search = query.printer.format_with_dates(condition, (address,) if days else ())
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
