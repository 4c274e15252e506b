"""The meaning of a text that someone types into a search box, and suggestions while they type.

A text needs no field and no syntax: the first reading that makes sense is taken, in the order
proposal, position, conditions, rootname, pair of rootnames, beginning of rootnames, names, title of
a proposal, object that a name resolver knows.  Names are those of `acsql.name_conditions`;
conditions may follow them, as in ``47 Tuc F814W 2003 exptime>300``.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from . import name_conditions, query
from .errors import InvalidName, ObservationNotFound, ProposalNotFound
from .name_conditions import Names, on_date, read_names
from .name_resolver import Resolve
from .observation import Observation
from .proposals import Proposal
from .query import And, AnyOf, Column, Condition, Equals, Like, Within
from .target_names import normalized

# The field of view of the WFC is 202 arcsec wide (ACS Instrument Handbook, chapter 3): an
# observation whose target is no farther away may show a position.
RADIUS = "3arcmin"
MAX_SUGGESTIONS = 12
# Similarity (0 to 1, of difflib) from which a target is offered for a misspelt name.
SIMILARITY = 0.75
_NUMBER = r"[-+]?\d+(?:\.\d*)?"
_POSITION = re.compile(rf"{_NUMBER}(?:[:\s,hmsd°'\"]+{_NUMBER}){{1,5}}[s'\"]?", re.ASCII)
# Words, such as d'Arrest, and the conditions behind them: a word before an operator is a keyword.
_WORD = r"[^\s()=<>!,\"'][^\s()=<>!,\"]*"
_NAMES_AND_CONDITIONS = re.compile(rf"((?:{_WORD}(?:\s+(?![=<>!(])|$))*)(.*)", re.DOTALL)
# The word that is being typed: the last one, or the value behind an operator.
_LAST_WORD = re.compile(r"(?:^|[\s(<>=!,])([^\s()<>=!,]*)$")


class Archive(name_conditions.Archive, Protocol):
    """The archive in which the meaning of a text is looked up: an `acsql.Archive`."""

    def observation(self, rootname: str) -> Observation:
        """Return one observation."""

    def proposal(self, proposid: int) -> Proposal:
        """Return one proposal."""

    def find_proposals(self, text: str) -> list[int]:
        """Return the numbers of the proposals whose title or PI has all words of a text."""


@dataclass(frozen=True)
class ProposalNumber:
    """The number of an existing proposal."""

    proposid: int


@dataclass(frozen=True)
class ObservationPair:
    """Two observations to compare."""

    a: Observation
    b: Observation


@dataclass(frozen=True)
class QueryText:
    """A search, as a text in the query language."""

    text: str


Meaning = Observation | ObservationPair | ProposalNumber | QueryText


def _unresolved(_name: str) -> None:
    """Know the position of no name."""


def interpret(text: str, archive: Archive, resolve: Resolve = _unresolved) -> Meaning:
    """Return the meaning of a text.

    Parameters
    ----------
    text : str
        What someone typed, such as ``j8bt05njq``, ``9019``, ``00:24:05.7 -72:04:52``,
        ``47 Tuc F814W``, ``darks 2003-03``, ``Zwicky`` or ``exptime>=500``.
    archive : Archive
        Where names are looked up.
    resolve : callable, optional
        Returns the positions of names that are not in the archive.

    Returns
    -------
    Observation, ObservationPair, ProposalNumber or QueryText
        The object that has this name, or a search.

    Raises
    ------
    QueryError
        If conditions are not valid.
    ProposalNotFound
        If the text is a number, but neither that of a proposal nor a year with observations.
    ObservationNotFound
        If no reading makes sense; the message suggests similar targets.
    """
    text = " ".join(text.split())
    if text.isascii() and text.isdigit():
        return _number(text, archive)
    if _POSITION.fullmatch(text):
        return QueryText(_near(text, archive))
    parts = _NAMES_AND_CONDITIONS.fullmatch(text)
    if parts and parts[2]:
        return QueryText(_names_and_conditions(parts[1], parts[2], archive, resolve))
    observations = [_observation(word, archive) for word in text.split()[:3]]
    match observations:
        case [Observation() as observation]:
            return observation
        case [Observation() as a, Observation() as b]:
            return ObservationPair(a, b)
    if text.isascii() and text.rstrip("*").isalnum():
        search = archive.where(Like("rootname", f"{text.rstrip('*')}*"))
        if list(search.columns("rootname").limit(1).rows()):
            return QueryText(query.format_condition(search.condition))
    return QueryText(_names(text, archive, resolve))


def condition(text: str, archive: Archive, resolve: Resolve = _unresolved) -> Condition:
    """Return the condition that observations are what a text means.

    Parameters
    ----------
    text : str
        As in `interpret`.
    archive : Archive
        Where names are looked up.
    resolve : callable, optional
        As in `interpret`.

    Returns
    -------
    Condition
        As `acsql.query.prepare` takes it.

    Raises
    ------
    QueryError, ProposalNotFound, ObservationNotFound
        As in `interpret`.
    """
    match interpret(text, archive, resolve):
        case Observation() as observation:
            return Equals("rootname", observation.rootname)
        case ObservationPair(a, b):
            return AnyOf("rootname", (a.rootname, b.rootname))
        case ProposalNumber(proposid):
            return Equals("proposid", proposid)
        case QueryText(stated):
            return query.parse(stated, archive.specs)


def _number(text: str, archive: Archive) -> Meaning:
    """Return the proposal of a number, or the search of a year."""
    try:
        return ProposalNumber(archive.proposal(int(text)).proposid)
    except ProposalNotFound:
        year = on_date(text)
        if year is None:
            raise
        if not archive.where(year).columns("rootname").limit(1).table():
            message = f"there is no observation of proposal {text} and none in the year {text}"
            raise ProposalNotFound(message) from None
        return QueryText(query.format_condition(archive.where(year).condition))


def _observation(word: str, archive: Archive) -> Observation | None:
    try:
        return archive.observation(word)
    except (InvalidName, ObservationNotFound):
        return None


def _near(text: str, archive: Archive) -> str:
    """Return the search for what points near a position."""
    condition = query.prepare(Within(text.replace(",", " "), None, RADIUS), archive.specs)
    # A prepared cone search has its position in degrees.
    assert isinstance(condition, Within)
    return f"near({condition.ra!r}, {condition.dec!r}, {RADIUS})"


def _names_and_conditions(names: str, conditions: str, archive: Archive, resolve: Resolve) -> str:
    """Return the search for observations with some names that also meet conditions."""
    read = read_names(names.split(), archive)
    named = read.condition or _resolved(read, resolve)
    if not names or named is None:
        text = names + conditions
        # Raises QueryError for a word that is not a name.
        query.parse(text, archive.specs)
        return text
    condition = archive.where(named, conditions).condition
    return query.format_condition(condition, archive.specs)


def _resolved(names: Names, resolve: Resolve) -> Condition | None:
    """Return the condition of names of which one is that of an object outside the archive."""
    position = resolve(names.others[0]) if len(names.others) == 1 else None
    if position is None:
        return None
    return And((Within(*position, RADIUS), *names.conditions))


def _names(text: str, archive: Archive, resolve: Resolve) -> str:
    """Return the search for a text that consists of names."""
    if re.search(r"[*?]", text):
        return query.format_condition(archive.where(Like("targname", text.upper())).condition)
    read = read_names(text.split(), archive)
    named = read.condition or _titled(text, archive) or _resolved(read, resolve)
    if named is not None:
        return query.format_condition(archive.where(named).condition, archive.specs)
    targets = archive.where().distinct("targname")
    names = [normalized(name) for name in targets]
    similar = difflib.get_close_matches(normalized(text), names, n=3, cutoff=SIMILARITY)
    suggestions = [name for name in targets if normalized(name) in similar][:3]
    if suggestions:
        hint = f"Did you mean {' or '.join(suggestions)}?"
    else:
        hint = "Try a position or a pattern such as targname=NGC*."
    raise ObservationNotFound(f'No rootname, proposal or name matches "{text}". {hint}')


def _titled(text: str, archive: Archive) -> Condition | None:
    """Return the condition of the proposals whose title has all words, or whose PI has."""
    found = archive.find_proposals(text)
    return AnyOf("proposid", tuple(found)) if found else None


def suggest(text: str, archive: Archive) -> list[tuple[str, str]]:
    """Return how a text that is being typed may continue.

    Parameters
    ----------
    text : str
        The text that is typed so far.
    archive : Archive
        Where targets and values are looked up.

    Returns
    -------
    list of (str, str)
        The continued text, and what its last word is: a target, the value of a keyword, or the
        description of a keyword.  At most `MAX_SUGGESTIONS`.
    """
    last = _LAST_WORD.search(text)
    word = last[1] if last else ""
    before = text[: len(text) - len(word)]
    if not word or before.endswith(tuple("=<>!,")):
        comparison = re.search(r"([\w.]+)\s*=\s*(?:[^\s=]*,)?$", before)
        return _suggest_values(before, comparison[1].lower(), word, archive) if comparison else []
    targets = [] if before.strip() else _beginning(archive.where().distinct("targname"), word)
    keywords = query.search_keywords(word, archive.specs, MAX_SUGGESTIONS)
    suggestions = [(name, "target") for name in targets]
    suggestions += [(f"{before}{column.address}", describe(column)) for column in keywords]
    return suggestions[:MAX_SUGGESTIONS]


def _suggest_values(
    before: str, keyword: str, word: str, archive: Archive
) -> list[tuple[str, str]]:
    """Return the values of a keyword that begin with a word; only of keywords with few values."""
    if keyword not in (*archive.specs.facets, "targname"):
        return []
    values = archive.where().distinct(keyword)
    # As the query language writes them, with quotes where they are needed.
    texts = [query.format_condition(Equals("x", value)).removeprefix("x=") for value in values]
    return [(f"{before}{name}", keyword) for name in _beginning(texts, word)]


def _beginning(names: Iterable[object], word: str) -> list[str]:
    start = normalized(word)
    return [str(name) for name in names if normalized(name).startswith(start)][:MAX_SUGGESTIONS]


def describe(column: Column) -> str:
    """Return the description of a keyword and its unit, in one line."""
    unit = f" ({column.spec.unit})" if column.spec.unit else ""
    return f"{column.spec.description or column.spec.fits_keyword}{unit}"
