"""What the text in the box of every page means: an observation, a proposal, or a search.

Nobody should have to say what it is that they type, so the first reading that makes sense is
taken: proposal, coordinates, conditions, rootname, two rootnames to compare, the beginning of
rootnames, target.  Names may stand before conditions, as in ``NGC104 F814W exptime>300``.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .. import query
from ..archive import Archive
from ..errors import InvalidName, ObservationNotFound
from ..observation import Observation
from ..query import And, Condition, Equals, Like, Or, Within
from .selection import FILTERS

# A field of view of the WFC is 3.4 arc minutes wide (ACS Instrument Handbook, chapter 3): what
# points no farther away than this may show a position.
RADIUS = "3arcmin"
# So many suggestions are read while typing.
SUGGESTIONS = 12
_NUMBER = r"[-+]?\d+(?:\.\d*)?"
_SKY = re.compile(rf"{_NUMBER}(?:[:\s,hmsd°'\"]+{_NUMBER}){{1,5}}[s'\"]?", re.ASCII)
# Words that name something, and the conditions behind them: a word before a sign is a keyword.
_NAMES_AND_CONDITIONS = re.compile(r"((?:[^\s()=<>!,\"']+(?:\s+(?![=<>!(])|$))*)(.*)", re.DOTALL)
# The part of a text that is being typed: the last word, or the value behind its comparison.
_LAST = re.compile(r"(?:^|[\s(<>=!,])([^\s()<>=!,]*)$")


@dataclass(frozen=True)
class ProposalNamed:
    """The number of a proposal that there is."""

    proposid: int


@dataclass(frozen=True)
class Pair:
    """Two observations to compare."""

    a: Observation
    b: Observation


@dataclass(frozen=True)
class Searched:
    """A search, as a text in the query language."""

    text: str


def meaning(text: str, archive: Archive) -> Observation | Pair | ProposalNamed | Searched:
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
    names, conditions = _NAMES_AND_CONDITIONS.fullmatch(text).groups()
    if conditions:
        return Searched(_names_and_conditions(names.split(), conditions, text, archive))
    found = [_observation(word, archive) for word in text.split()[:3]]
    if len(found) <= 2 and all(found):
        return found[0] if len(found) == 1 else Pair(*found)
    beginning = Like("rootname", f"{text.rstrip('*')}*")
    if text.isascii() and text.rstrip("*").isalnum():
        beginning = archive.condition(beginning)
        if archive.page(beginning, columns=["rootname"], size=1).rows:
            return Searched(query.format_condition(beginning))
    return Searched(_target(text, archive))


def _observation(word: str, archive: Archive) -> Observation | None:
    try:
        return archive.observation(word)
    except (InvalidName, ObservationNotFound):
        return None


def _near(text: str, archive: Archive) -> str:
    """Return the search for what points near coordinates."""
    found = query.prepare(Within(text.replace(",", " "), None, RADIUS), archive.specs)
    return f"near({found.ra!r}, {found.dec!r}, {RADIUS})"


def _names_and_conditions(names: list[str], conditions: str, text: str, archive: Archive) -> str:
    """Return the search for what has some names and meets conditions."""
    named = _named(names, archive) if names else None
    if named is None:
        # As it was typed; the language says what is wrong with a word that names nothing.
        query.parse(text, archive.specs)
        return text
    return query.format_condition(archive.condition(named, conditions), archive.specs)


def _named(words: list[str], archive: Archive) -> Condition | None:
    """Return the condition to have each of some names, None if a word belongs to none.

    A name is that of a target, of a filter in either wheel, or another value of a facet; it may
    be of several words, as targets are.
    """
    together = [filter_.keywords for filter_ in FILTERS if filter_.parameter != "visit"]
    single = {keyword for keywords in together for keyword in keywords}
    together += [(keyword,) for keyword in archive.specs.facets if keyword not in single]
    known: dict[str, Condition] = {}
    for keywords in together:
        values: dict[str, list[Condition]] = {}
        for keyword in keywords:
            for value in archive.distinct(keyword):
                values.setdefault(_plain(value), []).append(Equals(keyword, value))
        known |= {name: Or(tuple(has)) for name, has in values.items() if name not in known}
    parts = []
    while words:
        lengths = range(len(words), 0, -1)
        length = next((n for n in lengths if _plain("".join(words[:n])) in known), None)
        if length is None:
            return None
        parts.append(known[_plain("".join(words[:length]))])
        words = words[length:]
    return And(tuple(parts))


def _target(text: str, archive: Archive) -> str:
    """Return the search for a target, however its letters and blanks are written."""
    if re.search(r"[*?]", text):
        return query.format_condition(archive.condition(Like("targname", text.upper())))
    named = _named(text.split(), archive)
    if named is not None:
        return query.format_condition(archive.condition(named))
    targets = archive.distinct("targname")
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
        for column in query.search_keywords(typed, archive.specs, SUGGESTIONS)
    ]
    targets = [] if before.strip() else _beginning(archive.distinct("targname"), typed)
    return [*[(name, "target") for name in targets], *found][:SUGGESTIONS]


def _values(before: str, keyword: str, typed: str, archive: Archive) -> list[tuple[str, str]]:
    """Return the values of a keyword that begin as typed; only of those whose values are known."""
    if keyword.lower() not in (*archive.specs.facets, "targname"):
        return []
    known = archive.distinct(keyword.lower())
    names = (query.format_condition(query.Equals("x", v)).removeprefix("x=") for v in known)
    return [(f"{before}{name}", keyword.lower()) for name in _beginning(names, typed)]


def _beginning(names: Iterable[object], typed: str) -> list[str]:
    plain = _plain(typed)
    return [str(name) for name in names if _plain(str(name)).startswith(plain)][:SUGGESTIONS]


def described(column: query.Column) -> str:
    """Return what a keyword is, in a line."""
    unit = f" ({column.spec.unit})" if column.spec.unit else ""
    return f"{column.spec.description or column.spec.keyword}{unit}"
