"""Which keyword an address names: ``exptime`` at the top, ``flt.1.goodmean`` in a header.

FITS spelling and any case are accepted.  Where an address could mean several keywords the error
lists them, and where it means none it suggests those that are nearest.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .. import names
from ..errors import QueryError
from ..keywords import BLOCK, BLOCK_KEYWORD, KeywordSpec, KeywordSpecs, has_many_values

_IN_A_HEADER = re.compile(r"([a-z0-9*?]+)\.(\d{1,4}|[*?])\.(.+)")


@dataclass(frozen=True)
class Column:
    """A keyword that can be asked for: its normalised address and what is known of it.

    `header` is the (filetype, extension) of a header keyword, None for one at the top.
    """

    address: str
    spec: KeywordSpec
    header: tuple[str, int] | None = None

    @property
    def has_many_values(self) -> bool:
        """Whether an observation can have several values of it: nothing is sorted by such."""
        return self.header is not None and has_many_values(self.spec.name)


def resolve_all(addresses: Sequence[str], specs: KeywordSpecs) -> list[Column]:
    """Return the columns of some addresses, each once, in their order."""
    found = (resolve(address, specs) for address in addresses)
    return list({column.address: column for column in found}.values())


def resolve(address: str, specs: KeywordSpecs) -> Column:
    """Return the column that an address names.

    Parameters
    ----------
    address : str
        ``exptime``, ``DATE-OBS``, ``flt.1.goodmean`` ...

    Raises
    ------
    QueryError
        If there is no such keyword (the nearest are suggested), or if it stands in headers
        and the address does not say in which.
    """
    if not isinstance(address, str):
        raise QueryError(f"a keyword is a text like exptime, not {address!r}")
    text = address.strip().lower()
    in_header = _IN_A_HEADER.fullmatch(text)
    if in_header and in_header[1] in specs.filetypes and in_header[2].isdecimal():
        return _header_column(in_header[1], int(in_header[2]), in_header[3], specs)
    name = names.field(in_header[3] if in_header else text)
    if not in_header and name in specs.top_level:
        return Column(name, specs.top_level[name])
    filetype = in_header[1] if in_header else None
    raise QueryError(_unplaced(address, name, specs, filetype))


def search_keywords(text: str, specs: KeywordSpecs, limit: int = 20) -> list[Column]:
    """Return the columns whose keyword or description has a text in it, the likeliest first.

    Those that begin with it come before those that contain it, keywords at the top before those
    of headers, and what only the description says comes last.  An address like ``flt.1.good``
    finds the keywords of that header alone.
    """
    typed = text.strip().lower()
    header, _, name = typed.rpartition(".")
    name = names.field(name)
    found: dict[str, tuple[Any, Column]] = {}
    for column in _all(specs):
        if header and not column.address.startswith(f"{header}."):
            continue
        rank = _rank(name if header else names.field(typed), typed, column)
        if rank is not None:
            found[column.address] = ((rank, column.header is not None), column)
    # Python's sort keeps the order of the specs among equals.
    ranked = sorted(found.values(), key=lambda item: item[0])
    return [column for _, column in ranked[:limit]]


def _rank(name: str, words: str, column: Column) -> int | None:
    keyword = column.spec.name
    if keyword == name:
        return 0
    if keyword.startswith(name):
        return 1
    if name in keyword:
        return 2
    return 3 if words in (column.spec.description or "").lower() else None


def _all(specs: KeywordSpecs) -> Iterator[Column]:
    """Yield every column that there is, those at the top first."""
    for name, spec in specs.top_level.items():
        yield Column(name, spec)
    for key, listed in specs.header_keywords.items():
        place = (key.filetype, key.extension)
        for name, spec in listed.items():
            yield Column(f"{key.filetype}.{key.extension}.{name}", spec, place)


def _header_column(filetype: str, extension: int, keyword: str, specs: KeywordSpecs) -> Column:
    name = names.field(keyword)
    address = f"{filetype}.{extension}.{name}"
    found = [
        listed[name]
        for key, listed in specs.header_keywords.items()
        if (key.filetype, key.extension) == (filetype, extension) and name in listed
    ]
    if found:
        # Detectors can differ: a type other than text says more about how to compare.
        spec = next((spec for spec in found if spec.type != "str"), found[0])
        return Column(address, spec, (filetype, extension))
    if places := _listed(specs.headers_with(name), name):
        raise QueryError(f"no {filetype} header {extension} has {keyword!r}; it is in {places}")
    raise QueryError(
        f"there is no keyword {_shown(address)}"
        f"{_block_hint(name, specs) or _suggestion(name, specs, (filetype, extension))}"
    )


def _unplaced(address: str, name: str, specs: KeywordSpecs, filetype: str | None) -> str:
    """Return why an address names no column, and what can be written instead."""
    places = specs.headers_with(name)
    if filetype:  # and a header that is none, like raw.*
        places = [place for place in places if place[0] == filetype] or places
    if filetype and name in specs.top_level:
        choices = ", ".join(filter(None, (name, _listed(places, name))))
        return f"{_shown(address)} names no header; say which: {choices}"
    if len(places) > 1:
        return f"{_shown(address)} stands in several headers; say which: {_listed(places, name)}"
    if places:
        return f"{_shown(address)} stands in a header; write {_listed(places, name)}"
    hint = _block_hint(name, specs) or _suggestion(name, specs)
    return f"there is no keyword {_shown(address)}{hint}"


def _shown(address: str) -> str:
    return repr(address if len(address) <= 80 else f"{address[:77]}...")


def _block_hint(name: str, specs: KeywordSpecs) -> str:
    """Return how to ask for D001DATA: no input image has the same number in two products."""
    block = BLOCK.fullmatch(name.upper())
    together = names.field(BLOCK_KEYWORD.format(block[2])) if block else ""
    places = _listed(specs.headers_with(together), together)
    numbered = "; input images are numbered anew in every product, so ask for any of them with"
    return f"{numbered} {places}" if places else ""


def _listed(places: Iterable[tuple[str, int]], name: str) -> str:
    return ", ".join(f"{filetype}.{extension}.{name}" for filetype, extension in places)


def _suggestion(name: str, specs: KeywordSpecs, place: tuple[str, int] | None = None) -> str:
    """Return the nearest keywords: of the header if one was named, else those at the top first."""
    first = {top: top for top in specs.top_level}
    if place:
        first = {
            listed_name: f"{place[0]}.{place[1]}.{listed_name}"
            for key, listed in specs.header_keywords.items()
            if (key.filetype, key.extension) == place
            for listed_name in listed
        }
    near = [first[found] for found in _nearest(name, first)] or _nearest(name, specs.keywords)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _nearest(name: str, known: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(name, known, n=3, cutoff=0.6)
