"""The headers of an observation: shown, filtered, taken away, and compared with others.

A value leads to the observations that have it too, and a number to how it is distributed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from ...compare import Difference, HeaderAddress, HeaderComparison, Presence
from ...errors import DatasetNotFound, InvalidName, ObservationNotFound, QueryError
from ...export.values import text
from ...keywords import HeaderKey, KeywordSpec, spec_keyword
from ...observation import Observation
from ...query import Column, Equals, Like
from ...stored_observation import Header
from ..context import parameters, the_archive
from ..downloads import download
from ..errors import status_of
from ..params import Address
from .headers import _column

blueprint = Blueprint("differences", __name__)


# As which files the differences can be had.
DIFFERENCE_FORMATS = ("csv", "json")
DIFFERENCE_COLUMNS = ("header_a", "header_b", "keyword", "where", "a", "b", "unit", "description")


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

    part: HeaderAddress
    observation: Observation
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Row:
    """A keyword that differs, as a page shows it; None where a header lacks it."""

    spec: KeywordSpec
    where: Presence
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
    a: HeaderAddress
    b: HeaderAddress
    title: str = ""
    here: bool = False


@blueprint.get("/difference")
def page() -> AnyResponse:
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
            return redirect(url_for(".page", **asked.arguments(**both)))
        return Response(render_template("difference.html", asked=asked, sides=[one], error=None))
    two = _side(asked.first("b"))
    found = the_archive().differences(str(one.part), str(two.part), asked.bookkeeping)
    sections = [_section(compared, one, two) for compared in found if compared.a and compared.b]
    if asked.format != "html":
        return _difference_file(sections, asked.format, f"{one.part}_{two.part}")
    wheres = Counter(d.presence for compared in found for d in compared.differences)
    page = render_template(
        "difference.html",
        asked=asked,
        sides=[one, two],
        error=None,
        sections=[section for section in sections if section.rows],
        same=[section.a for section in sections if not section.rows],
        alone=[_alone(compared) for compared in found if not (compared.a and compared.b)],
        both=wheres[Presence.BOTH],
        only_a=wheres[Presence.ONLY_A],
        only_b=wheres[Presence.ONLY_B],
        filetypes=_other_filetypes(one, two),
        observations=_other_observations(one, two),
    )
    return Response(page)


def _side(name: str) -> Side:
    part = HeaderAddress.parse(name)
    found = the_archive().observation(part.name)
    # An exposure is compared with exposures, and a product with products.
    alike = [Like("rootname", "?" * len(found.rootname))]
    if found["detector"]:
        alike.append(Equals("detector", found["detector"]))
    before, after = the_archive().neighbours(found, *alike)
    return Side(HeaderAddress(found.ipppssoot, part.filetype, part.extension), found, before, after)


def _usual_partner(side: Side) -> HeaderAddress | None:
    """Return what somebody who names only one part will compare it with, None if nothing will do.

    It is the same of the next observation, else of the one before; of an observation that is
    alone in its proposal another filetype.
    """
    part = side.part
    for name in (side.after, side.before):
        if _has(name, part.filetype):
            return HeaderAddress(name, part.filetype, part.extension)
    others = [name for name in side.observation.datasets if name != part.filetype]
    if part.filetype is None or not others:
        return None
    return HeaderAddress(part.name, others[0])


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
            Way(
                f"with {name}",
                a,
                HeaderAddress(b.name, name),
                known[name].description,
                name == b.filetype,
            )
            for name in others
        ]
    here = a.filetype if a.filetype == b.filetype else ""
    everything = Way("all headers", HeaderAddress(a.name), HeaderAddress(b.name), here=here is None)
    both = [name for name in one.observation.datasets if name in two.observation.datasets]
    return [everything] + [
        Way(
            name,
            HeaderAddress(a.name, name),
            HeaderAddress(b.name, name),
            known[name].description,
            name == here,
        )
        for name in both
    ]


def _other_observations(one: Side, two: Side) -> list[Way]:
    """Return the ways to what is compared with the neighbours of the first observation."""
    a, b = one.part, two.part
    like = a if a.name == b.name else b
    neighbours = {"the one before": one.before, "the next": one.after}
    ways = [
        Way(f"with {which}, {name}", a, HeaderAddress(name, like.filetype, like.extension))
        for which, name in neighbours.items()
        if name != b.name and _has(name, like.filetype)
    ]
    return [*ways, Way("exchange the two", b, a)]


def _section(compared: HeaderComparison, one: Side, two: Side) -> Section:
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


def _alone(compared: HeaderComparison) -> tuple[str, str]:
    """Return a header that the other side has not, and the side that has it."""
    return (_name(compared.a), "a") if compared.a else (_name(compared.b), "b")


def _row(found: Difference, key_a: HeaderKey, key_b: HeaderKey) -> Row:
    specs = the_archive().specs
    key = key_b if found.presence == Presence.ONLY_B else key_a
    keyword = found.keyword.upper()
    spec = None if spec_keyword(keyword) == keyword else specs.spec(spec_keyword(keyword), key)
    if spec is not None:
        # Shown under the name that it has in the file, with the number of the input image.
        spec = KeywordSpec(found.keyword.upper(), spec.type, spec.unit, spec.description)
    column = _column(found.keyword, key, specs) if spec is None else Column(found.keyword, spec)
    a = None if found.presence == Presence.ONLY_B else _value(found.a, found.b, column)
    b = None if found.presence == Presence.ONLY_A else _value(found.b, found.a, column)
    return Row(column.spec, found.presence, a, b)


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
