"""The meaning of a text that someone types into a search box, and suggestions while they type.

A text needs no field and no syntax: the first reading that makes sense is taken, in the order
proposal, position, conditions, rootname, pair of rootnames, beginning of rootnames, names, title of
a proposal.  Names are those of targets, filters, detectors, kinds of images and principal
investigators, and dates; conditions may follow them, as in ``47 Tuc F814W 2003 exptime>300``.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from . import config as configuration
from . import query, target_names
from .config import Config
from .errors import InvalidName, ObservationNotFound, ProposalNotFound
from .keywords import KeywordSpecs
from .observation import Observation
from .proposals import Proposal
from .query import And, AnyOf, Column, Condition, Equals, Like, Or, Within
from .search.search import Search
from .target_names import normalized

# The field of view of the WFC is 202 arcsec wide (ACS Instrument Handbook, chapter 3): an
# observation whose target is no farther away may show a position.
RADIUS = "3arcmin"
MAX_SUGGESTIONS = 12
# Similarity (0 to 1, of difflib) from which a target is offered for a misspelt name.
SIMILARITY = 0.75
_NUMBER = r"[-+]?\d+(?:\.\d*)?"
_POSITION = re.compile(rf"{_NUMBER}(?:[:\s,hmsd°'\"]+{_NUMBER}){{1,5}}[s'\"]?", re.ASCII)
# Words, and the conditions behind them: a word before an operator is a keyword.
_NAMES_AND_CONDITIONS = re.compile(r"((?:[^\s()=<>!,\"']+(?:\s+(?![=<>!(])|$))*)(.*)", re.DOTALL)
# The word that is being typed: the last one, or the value behind an operator.
_LAST_WORD = re.compile(r"(?:^|[\s(<>=!,])([^\s()<>=!,]*)$")
# Keywords whose values are names, several where a name may be in any of them; facets are added.
_NAMING_KEYWORDS = (("targname",), ("detector",), ("filter1", "filter2"), ("pr_inv_l",))
# Its values also have a plural: darks, biases.
_KIND_OF_IMAGE = "imagetyp"
# A year, a month or a day.  Hubble's first year is 1990.
_DATE = re.compile(r"(199\d|20\d\d)(-\d\d){0,2}", re.ASCII)
_MONTHS = ("%B %Y", "%b %Y", "%Y %B", "%Y %b")


class Archive(Protocol):
    """What the meaning of a text is looked up in: an `acsql.Archive`.

    Attributes
    ----------
    config : Config
        The configuration.
    """

    config: Config

    @property
    def specs(self) -> KeywordSpecs:
        """The keyword specs."""

    def where(self, *conditions: Condition | str, **keywords: Any) -> Search:
        """Return a search for the observations that meet all conditions."""

    def observation(self, rootname: str) -> Observation:
        """Return one observation."""

    def proposal(self, proposid: int) -> Proposal:
        """Return one proposal."""

    def proposals(self) -> list[Proposal]:
        """Return the proposals that have observations."""


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


def interpret(text: str, archive: Archive) -> Meaning:
    """Return the meaning of a text.

    Parameters
    ----------
    text : str
        What someone typed, such as ``j8bt05njq``, ``9019``, ``00:24:05.7 -72:04:52``,
        ``47 Tuc F814W``, ``darks 2003-03``, ``Zwicky`` or ``exptime>=500``.
    archive : Archive
        Where names are looked up.

    Returns
    -------
    Observation, ObservationPair, ProposalNumber or QueryText
        What exists under this name, or a search.

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
        return QueryText(_names_and_conditions(parts[1].split(), parts[2], text, archive))
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
    return QueryText(_names(text, archive))


def condition(text: str, archive: Archive) -> Condition:
    """Return the condition that observations are what a text means.

    Parameters
    ----------
    text : str
        As in `interpret`.
    archive : Archive
        Where names are looked up.

    Returns
    -------
    Condition
        As `acsql.query.prepare` takes it.

    Raises
    ------
    QueryError, ProposalNotFound, ObservationNotFound
        As in `interpret`.
    """
    match interpret(text, archive):
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
        year = _on_date(text)
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


def _names_and_conditions(names: list[str], conditions: str, text: str, archive: Archive) -> str:
    """Return the search for observations with some names that also meet conditions."""
    named = _named(names, archive) if names else None
    if named is None:
        # Raises QueryError for a word that is not a name.
        query.parse(text, archive.specs)
        return text
    condition = archive.where(named, conditions).condition
    return query.format_condition(condition, archive.specs)


def _named(words: list[str], archive: Archive) -> Condition | None:
    """Return the condition to have each of some names, or None if a word is part of no name.

    A name is that of a target, which may have several words, of a filter in either wheel, of a
    principal investigator, another value of a facet, or a date.
    """
    conditions = _conditions_by_name(archive)
    parts = []
    while words:
        lengths = range(len(words), 0, -1)
        read = ((n, _meaning(" ".join(words[:n]), conditions)) for n in lengths)
        length, part = next(((n, found) for n, found in read if found is not None), (0, None))
        if part is None:
            return None
        parts.append(part)
        words = words[length:]
    return And(tuple(parts))


def _meaning(name: str, conditions: dict[str, Condition]) -> Condition | None:
    """Return the condition of a name or a date, None if it is neither."""
    return conditions.get(normalized(name)) or _on_date(name)


def _on_date(text: str) -> Condition | None:
    """Return the condition of a date such as ``2003``, ``2003-03-29`` or ``March 2003``."""
    if _DATE.fullmatch(text):
        return Equals("date_obs", text)
    for form in _MONTHS:
        try:
            return Equals("date_obs", f"{datetime.strptime(text, form):%Y-%m}")
        except ValueError:
            continue
    return None


def _conditions_by_name(archive: Archive) -> dict[str, Condition]:
    """Return the condition for each name that observations have, by normalized name."""
    grouped = {keyword for keywords in _NAMING_KEYWORDS for keyword in keywords}
    others = [(keyword,) for keyword in archive.specs.facets if keyword not in grouped]
    conditions: dict[str, Condition] = {}
    for keywords in (*_NAMING_KEYWORDS, *others):
        equalities: dict[str, list[Condition]] = {}
        for keyword in keywords:
            for value in archive.where().distinct(keyword):
                for name in _written(keyword, value):
                    equalities.setdefault(name, []).append(Equals(keyword, value))
        for name, alternatives in equalities.items():
            conditions.setdefault(name, Or(tuple(alternatives)))
    return _other_names(archive, conditions) | conditions


def _written(keyword: str, value: object) -> list[str]:
    """Return the names by which people write a value."""
    name = normalized(value)
    if keyword != _KIND_OF_IMAGE:
        return [name]
    return [name, f"{name}ES" if name.endswith("S") else f"{name}S"]


def _other_names(archive: Archive, conditions: dict[str, Condition]) -> dict[str, Condition]:
    """Return the conditions of further names of targets, such as that of NGC104 for 47 Tuc."""
    found: dict[str, Condition] = {}
    for names in target_names.load(configuration.specs_overlay(archive.config)):
        present = tuple(conditions[name] for name in names if name in conditions)
        if present:
            found |= dict.fromkeys(names, Or(present))
    return found


def _names(text: str, archive: Archive) -> str:
    """Return the search for a text that consists of names."""
    if re.search(r"[*?]", text):
        return query.format_condition(archive.where(Like("targname", text.upper())).condition)
    named = _named(text.split(), archive) or _titled(text, archive)
    if named is not None:
        return query.format_condition(archive.where(named).condition)
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
    words = text.casefold().split()
    found = [
        proposal.proposid
        for proposal in archive.proposals()
        if _has_words(proposal.title, words) or _has_words(proposal.pi, words)
    ]
    return AnyOf("proposid", tuple(found)) if found else None


def _has_words(text: str | None, words: list[str]) -> bool:
    return bool(text) and set(words) <= set(re.findall(r"[\w'-]+", (text or "").casefold()))


def suggest(text: str, archive: Archive) -> list[tuple[str, str]]:
    """Return how a text that is being typed may continue.

    Parameters
    ----------
    text : str
        What is typed so far.
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
