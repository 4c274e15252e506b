"""Which keywords differ between two headers, two files or two observations.

Headers of the same filetype are compared extension by extension: those of the same name, like
``SCI,1``, belong together, for a drizzled product counts its extensions otherwise than the
exposures it is made of.
"""

import math
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from . import names
from .errors import DatasetNotFound, QueryError
from .keywords import BLOCK_NUMBER, BLOCKS, REPEATED
from .observation import Header, Observation

# No two files agree in these, however alike they are: their names, and when they were written.
BOOKKEEPING = frozenset(
    ("filename", "rootname", "expname", "date", "iraf_tlm", "proctime", "checksum", "datasum")
)


class Where(StrEnum):
    """In which of two headers a keyword stands."""

    BOTH = "both"
    ONLY_A = "only in a"
    ONLY_B = "only in b"


@dataclass(frozen=True)
class Difference:
    """A keyword, as it is stored, whose values differ, or that one of two headers lacks."""

    keyword: str
    a: Any = None
    b: Any = None
    where: Where = Where.BOTH


@dataclass(frozen=True)
class Part:
    """What is compared: a header, all headers of a file, or those of a whole observation."""

    name: str
    filetype: str | None = None
    extension: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Part":
        """Take ``j8bt05njq``, ``j8bt05njq.flt`` or ``j8bt05njq.flt.1`` apart.

        Raises
        ------
        QueryError
            If the text is none of these.
        InvalidName
            If it does not begin with a rootname.
        """
        name, *rest = text.strip().lower().split(".")
        names.rootname(name)
        number = rest[1] if len(rest) == 2 else None
        if len(rest) > 2 or not all(rest) or not (number is None or _is_extension(number)):
            raise QueryError(
                f"{_shown(text)} is no header: write a rootname, rootname.filetype or "
                "rootname.filetype.extension, like j8bt05njq.flt.1"
            )
        return cls(name, rest[0] if rest else None, None if number is None else int(number))

    def __str__(self) -> str:
        given = (self.name, self.filetype, self.extension)
        return ".".join(str(part) for part in given if part is not None)


@dataclass(frozen=True)
class Compared:
    """Two headers and how they differ; None in the place of one that there is not."""

    a: Header | None
    b: Header | None
    differences: list[Difference]


def differences(
    a: Mapping[str, Any], b: Mapping[str, Any], ignored: Container[str] = ()
) -> list[Difference]:
    """Return the keywords in which two headers differ, in the order of the first one.

    Parameters
    ----------
    a, b : mapping
        Headers as they are stored, like ``observation.headers["flt"][1]``.  Of a keyword that
        stands in one more than once the values are compared as a list; those that drizzling
        writes of each input image are called as in the file, ``d001data``.
    ignored : container of str
        Keywords, as stored, that do not matter; `BOOKKEEPING` for two exposures.

    Returns
    -------
    list of Difference
        Numbers differ if they are not equal, and not only if they are far apart; a value that
        is unknown differs from every other.
    """
    flat_a, flat_b = dict(_flat(a)), dict(_flat(b))
    found = []
    for name in dict.fromkeys((*flat_a, *flat_b)):
        if name in ignored:
            continue
        if name not in flat_b:
            found.append(Difference(name, a=flat_a[name], where=Where.ONLY_A))
        elif name not in flat_a:
            found.append(Difference(name, b=flat_b[name], where=Where.ONLY_B))
        elif not _same(flat_a[name], flat_b[name]):
            found.append(Difference(name, flat_a[name], flat_b[name]))
    return found


def _flat(header: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each keyword once, with its value or, if it stands there again, its values."""
    repeated = header.get(REPEATED, {})
    for name in header:
        if name == BLOCKS:
            for block in header[name]:
                yield from _flat(block, f"d{block[BLOCK_NUMBER]:03d}")
        elif name not in (REPEATED, BLOCK_NUMBER):
            value = header[name]
            yield f"{prefix}{name}", [value, *repeated[name]] if name in repeated else value


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a):
        return math.isnan(b)
    # In Python True equals 1.
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def compare(
    a: Observation, b: Observation, part_a: Part, part_b: Part, ignored: Container[str] = ()
) -> list[Compared]:
    """Compare what two parts name, header by header.

    Parameters
    ----------
    a, b : Observation
        The observations of the parts.
    part_a, part_b : Part
        What one does not say, filetype or extension, is as in the other.

    Returns
    -------
    list of Compared
        Every pair of headers, also those that do not differ, and every header of one for which
        the other has none.

    Raises
    ------
    DatasetNotFound
        If a filetype or an extension that is named does not exist.
    """
    filetypes = _filetypes(a, b, part_a, part_b)
    return [
        Compared(one, two, differences(one or {}, two or {}, ignored) if one and two else [])
        for filetype_a, filetype_b in filetypes
        for one, two in _pairs(
            _headers(a, filetype_a),
            _headers(b, filetype_b),
            (part_a.extension, part_b.extension),
        )
    ]


def _filetypes(
    a: Observation, b: Observation, part_a: Part, part_b: Part
) -> list[tuple[str | None, str | None]]:
    """Return the pairs of filetypes to compare, None for one that an observation lacks."""
    if part_a.filetype or part_b.filetype:
        return [(part_a.filetype or part_b.filetype, part_b.filetype or part_a.filetype)]
    every = dict.fromkeys((*a.datasets, *b.datasets))
    return [
        (name if name in a.datasets else None, name if name in b.datasets else None)
        for name in every
    ]


def _headers(observation: Observation, filetype: str | None) -> dict[int, Header]:
    return {} if filetype is None else observation.filetype_headers(filetype)


def _pairs(
    a: Mapping[int, Header],
    b: Mapping[int, Header],
    numbers: tuple[int | None, int | None],
) -> Iterator[tuple[Header | None, Header | None]]:
    """Yield the headers of two files that belong together, or the ones that are asked for."""
    partners = _partners(a, b)
    number_a, number_b = numbers
    if number_a is not None or number_b is not None:
        backwards = {partner: number for number, partner in partners.items()}
        one = None if number_a is None else _numbered(a, number_a)
        two = None if number_b is None else _numbered(b, number_b)
        yield one or a.get(backwards.get(number_b)), two or b.get(partners.get(number_a))
        return
    yield from ((header, b.get(partners.get(number))) for number, header in a.items())
    yield from ((None, header) for number, header in b.items() if number not in partners.values())


def _partners(a: Mapping[int, Header], b: Mapping[int, Header]) -> dict[int, int]:
    """Return which header of `b` belongs to each one of `a`: the one of the same name."""
    free: dict[str, list[int]] = {}
    for number, header in b.items():
        free.setdefault(header.extension_name, []).append(number)
    return {
        number: free[header.extension_name].pop(0)
        for number, header in a.items()
        if free.get(header.extension_name)
    }


def _numbered(headers: Mapping[int, Header], number: int) -> Header:
    if number not in headers:
        held = ", ".join(map(str, headers)) or "none"
        raise DatasetNotFound(f"there is no extension {number}; the extensions are {held}")
    return headers[number]


def _is_extension(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
