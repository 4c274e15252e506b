"""Differences between the headers of two observations, two files or two extensions.

Headers of the same filetype are compared extension by extension.  Extensions are matched by name,
such as ``SCI,1``, because a drizzled product numbers its extensions differently from the
exposures it is made of.
"""

import math
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from . import names
from .errors import DatasetNotFound, QueryError
from .fits.header import by_keyword
from .observation import Observation
from .query.messages import abbreviate
from .stored_header import Header

# Keywords that differ between any two files: their names, and when they were written.
BOOKKEEPING = frozenset(
    ("filename", "rootname", "expname", "date", "iraf_tlm", "proctime", "checksum", "datasum")
)


class Presence(StrEnum):
    """The headers that have a keyword: one of the two, or both."""

    BOTH = "both"
    ONLY_A = "only in a"
    ONLY_B = "only in b"


@dataclass(frozen=True)
class Difference:
    """A keyword that differs between two headers.

    Attributes
    ----------
    keyword : str
        As stored, such as ``date_obs``.
    a, b : object
        Its values; None in a header that lacks it, or where the value is unknown.
    presence : Presence
        The headers that have it.
    """

    keyword: str
    a: Any = None
    b: Any = None
    presence: Presence = Presence.BOTH


@dataclass(frozen=True)
class HeaderAddress:
    """The headers to compare: one, all of a file, or all of an observation.

    Attributes
    ----------
    name : str
        The rootname or ipppssoot of the observation.
    filetype : str, optional
        By default all files.
    extension : int, optional
        By default all extensions.
    """

    name: str
    filetype: str | None = None
    extension: int | None = None

    @classmethod
    def parse(cls, text: str) -> "HeaderAddress":
        """Parse ``j8bt05njq``, ``j8bt05njq.flt`` or ``j8bt05njq.flt.1``.

        Parameters
        ----------
        text : str
            The address, in any case.

        Returns
        -------
        HeaderAddress
            Its parts in lower case.

        Raises
        ------
        QueryError
            If the text is not a header address.
        InvalidName
            If it does not begin with a rootname.
        """
        name, *rest = text.strip().lower().split(".")
        names.rootname(name)
        number = rest[1] if len(rest) == 2 else None
        if len(rest) > 2 or not all(rest) or not (number is None or _is_extension(number)):
            raise QueryError(
                f"invalid header address {abbreviate(text)}: expected rootname, "
                "rootname.filetype or rootname.filetype.extension, such as j8bt05njq.flt.1"
            )
        return cls(name, rest[0] if rest else None, None if number is None else int(number))

    def __str__(self) -> str:
        parts = (self.name, self.filetype, self.extension)
        return ".".join(str(part) for part in parts if part is not None)


@dataclass(frozen=True)
class HeaderComparison:
    """Two headers side by side.

    Attributes
    ----------
    a, b : Header or None
        The headers; None where the other one has no counterpart.
    differences : list of Difference
        The keywords that differ; empty if one of the headers is None.
    """

    a: Header | None
    b: Header | None
    differences: list[Difference]


def differences(
    a: Mapping[str, Any], b: Mapping[str, Any], ignored: Container[str] = ()
) -> list[Difference]:
    """Return the keywords that differ between two headers.

    Parameters
    ----------
    a, b : mapping
        Stored headers, such as ``observation.headers["flt"][1]``.  The values of a repeated
        keyword are compared as a list; the keywords of drizzled blocks are named as in the file,
        ``d001data``.
    ignored : container of str
        Keywords, as stored, that are left out, such as `BOOKKEEPING` for two exposures.

    Returns
    -------
    list of Difference
        In the order of `a`, then of `b`.  Numbers are compared exactly, and an unknown value
        differs from every other value.
    """
    flat_a, flat_b = by_keyword(a), by_keyword(b)
    compared = (name for name in dict.fromkeys((*flat_a, *flat_b)) if name not in ignored)
    results = (_difference(name, flat_a, flat_b) for name in compared)
    return [difference for difference in results if difference is not None]


def _difference(name: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Difference | None:
    """Return how two flat headers differ in one keyword, or None if they do not."""
    if name not in b:
        return Difference(name, a=a[name], presence=Presence.ONLY_A)
    if name not in a:
        return Difference(name, b=b[name], presence=Presence.ONLY_B)
    return None if _same(a[name], b[name]) else Difference(name, a[name], b[name])


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a):
        return math.isnan(b)
    # In Python True equals 1.
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def compare(
    a: Observation,
    b: Observation,
    address_a: HeaderAddress,
    address_b: HeaderAddress,
    ignored: Container[str] = (),
) -> list[HeaderComparison]:
    """Compare the headers at two addresses.

    Parameters
    ----------
    a, b : Observation
        The observations that the addresses name.
    address_a, address_b : HeaderAddress
        The headers; a filetype or extension that one leaves out is taken from the other.
    ignored : container of str
        As in `differences`.

    Returns
    -------
    list of HeaderComparison
        All pairs of headers, also equal ones, and the headers without a counterpart.

    Raises
    ------
    DatasetNotFound
        If a filetype or an extension does not exist.
    """
    return [
        HeaderComparison(one, other, differences(one, other, ignored) if one and other else [])
        for filetype_a, filetype_b in _filetypes(a, b, address_a, address_b)
        for one, other in _pairs(
            _headers(a, filetype_a),
            _headers(b, filetype_b),
            (address_a.extension, address_b.extension),
        )
    ]


def _filetypes(
    a: Observation, b: Observation, address_a: HeaderAddress, address_b: HeaderAddress
) -> list[tuple[str | None, str | None]]:
    """Return the pairs of filetypes to compare, None for one that an observation lacks."""
    if address_a.filetype or address_b.filetype:
        one, other = address_a.filetype, address_b.filetype
        return [(one or other, other or one)]
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
    extensions: tuple[int | None, int | None],
) -> Iterator[tuple[Header | None, Header | None]]:
    """Yield the matching headers of two files, or those of the given extensions."""
    partners = _partners(a, b)
    extension_a, extension_b = extensions
    if extension_a is None and extension_b is None:
        for number, header in a.items():
            yield header, b[partners[number]] if number in partners else None
        for number, header in b.items():
            if number not in partners.values():
                yield None, header
        return
    if extension_a is None:
        backwards = {partner: number for number, partner in partners.items()}
        extension_a = backwards.get(extension_b) if extension_b is not None else None
    elif extension_b is None:
        extension_b = partners.get(extension_a)
    yield _optional_header_at(a, extension_a), _optional_header_at(b, extension_b)


def _partners(a: Mapping[int, Header], b: Mapping[int, Header]) -> dict[int, int]:
    """Return the extension of `b` that matches each extension of `a`: the one of the same name."""
    free: dict[str, list[int]] = {}
    for number, header in b.items():
        free.setdefault(header.extension_name, []).append(number)
    return {
        number: free[header.extension_name].pop(0)
        for number, header in a.items()
        if free.get(header.extension_name)
    }


def _optional_header_at(headers: Mapping[int, Header], extension: int | None) -> Header | None:
    return None if extension is None else _header_at(headers, extension)


def _header_at(headers: Mapping[int, Header], extension: int) -> Header:
    if extension not in headers:
        existing = ", ".join(map(str, headers)) or "none"
        raise DatasetNotFound(f"there is no extension {extension}; the extensions are {existing}")
    return headers[extension]


def _is_extension(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4
