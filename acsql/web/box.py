"""What the text in the box of every page means: an observation, a proposal, or a search.

Nobody should have to say what it is that they type, so the first reading that makes sense is
taken: rootname, proposal, coordinates, conditions, the beginning of rootnames, target.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .. import query
from ..archive import Archive
from ..errors import InvalidName, ObservationNotFound
from ..observation import Observation
from ..query import AnyOf, Like, Within

# A field of view of the WFC is 3.4 arc minutes wide (ACS Instrument Handbook, chapter 3): what
# points no farther away than this may show a position.
RADIUS = "3arcmin"
# So many suggestions are read while typing.
SUGGESTIONS = 12
_NUMBER = r"[-+]?\d+(?:\.\d*)?"
_SKY = re.compile(rf"{_NUMBER}(?:[:\s,hmsd°'\"]+{_NUMBER}){{1,5}}[s'\"]?", re.ASCII)
_CONDITIONS = re.compile(r"[=<>()]")
# The part of a text that is being typed: the last word, or the value behind its comparison.
_LAST = re.compile(r"(?:^|[\s(<>=!,])([^\s()<>=!,]*)$")


@dataclass(frozen=True)
class ProposalNamed:
    """The number of a proposal that there is."""

    proposid: int


@dataclass(frozen=True)
class Searched:
    """A search, as a text in the query language."""

    text: str


def meaning(text: str, archive: Archive) -> Observation | ProposalNamed | Searched:
    """Return what a text means.

    Raises
    ------
    QueryError, ProposalNotFound, ObservationNotFound
        If it means nothing; the message says what was expected, or what is like it.
    """
    text = " ".join(text.split())
    if text.isascii() and text.isdigit():
        return ProposalNamed(archive.proposal(int(text)).proposid)
    if _SKY.fullmatch(text):
        return Searched(_near(text, archive))
    if _CONDITIONS.search(text):
        query.parse(text, archive.specs)
        return Searched(text)
    try:
        return archive.observation(text)
    except (InvalidName, ObservationNotFound):
        pass
    beginning = Like("rootname", f"{text.rstrip('*')}*")
    if text.isascii() and text.rstrip("*").isalnum():
        beginning = archive.condition(beginning)
        if archive.page(beginning, columns=["rootname"], size=1).rows:
            return Searched(query.to_text(beginning))
    return Searched(_target(text, archive))


def _near(text: str, archive: Archive) -> str:
    """Return the search for what points near coordinates."""
    found = query.prepare(Within(text.replace(",", " "), None, RADIUS), archive.specs)
    return f"near({found.ra!r}, {found.dec!r}, {RADIUS})"


def _target(text: str, archive: Archive) -> str:
    """Return the search for a target, however its letters and blanks are written."""
    if re.search(r"[*?]", text):
        return query.to_text(archive.condition(Like("targname", text.upper())))
    targets = archive.distinct("targname")
    same = tuple(name for name in targets if _plain(name) == _plain(text))
    if same:
        return query.to_text(archive.condition(AnyOf("targname", same)))
    near = difflib.get_close_matches(_plain(text), list(map(_plain, targets)), n=3, cutoff=0.75)
    alike = [name for name in targets if _plain(name) in near]
    hint = f"; did you mean {' or '.join(alike[:3])}?" if alike else ""
    raise ObservationNotFound(f"nothing here is called {text!r}: no rootname, no target{hint}")


def _plain(name: str) -> str:
    """Return a name without what people write differently: NGC 104, ngc-104."""
    return re.sub(r"[\s_-]", "", str(name)).upper()


def suggestions(text: str, archive: Archive) -> list[tuple[str, str]]:
    """Return how a text could go on, each with what that is: keywords first, then targets."""
    word = _LAST.search(text)
    typed = word[1] if word else ""
    before = text[: len(text) - len(typed)]
    if not typed or before.endswith(tuple("=<>!,")):
        value = re.search(r"([\w.]+)\s*=\s*(?:[^\s=]*,)?$", before)
        return _values(before, value[1], typed, archive) if value else []
    found = [
        (f"{before}{column.address}", described(column))
        for column in query.matching(typed, archive.specs, SUGGESTIONS)
    ]
    targets = [] if before.strip() else _beginning(archive.distinct("targname"), typed)
    return [*[(name, "target") for name in targets], *found][:SUGGESTIONS]


def _values(before: str, keyword: str, typed: str, archive: Archive) -> list[tuple[str, str]]:
    """Return the values of a keyword that begin as typed; only of those whose values are known."""
    if keyword.lower() not in (*archive.specs.facets, "targname"):
        return []
    known = archive.distinct(keyword.lower())
    names = (query.to_text(query.Equals("x", v)).removeprefix("x=") for v in known)
    return [(f"{before}{name}", keyword.lower()) for name in _beginning(names, typed)]


def _beginning(names: Iterable[object], typed: str) -> list[str]:
    plain = _plain(typed)
    return [str(name) for name in names if _plain(str(name)).startswith(plain)][:SUGGESTIONS]


def described(column: query.Column) -> str:
    """Return what a keyword is, in a line."""
    unit = f" ({column.spec.unit})" if column.spec.unit else ""
    return f"{column.spec.description or column.spec.keyword}{unit}"
