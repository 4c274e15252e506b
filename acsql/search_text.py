"""The meaning of a text that someone types into a search box, and suggestions while they type.

A text needs no field and no syntax: the first reading that makes sense is taken, in the order
proposal, position, conditions, rootname, pair of rootnames, beginning of rootnames, target.  Names
may precede conditions, as in ``NGC104 F814W exptime>300``.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from . import query
from .archive import Archive
from .errors import InvalidName, ObservationNotFound
from .observation import Observation
from .query import And, Column, Condition, Equals, Like, Or, Within

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
_NAMING_KEYWORDS = (("targname",), ("detector",), ("filter1", "filter2"))


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
        ``NGC104 F814W`` or ``exptime>=500``.
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
        If the text is a number, but not that of a proposal.
    ObservationNotFound
        If no reading makes sense; the message suggests similar targets.
    """
    text = " ".join(text.split())
    if text.isascii() and text.isdigit():
        return ProposalNumber(archive.proposal(int(text)).proposid)
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
    return QueryText(_target(text, archive))


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

    A name is that of a target, which may have several words, of a filter in either wheel, or
    another value of a facet.
    """
    conditions = _conditions_by_name(archive)
    parts = []
    while words:
        lengths = range(len(words), 0, -1)
        length = next((n for n in lengths if _normalized("".join(words[:n])) in conditions), None)
        if length is None:
            return None
        parts.append(conditions[_normalized("".join(words[:length]))])
        words = words[length:]
    return And(tuple(parts))


def _conditions_by_name(archive: Archive) -> dict[str, Condition]:
    """Return the condition for each name that observations have, by normalized name."""
    grouped = {keyword for keywords in _NAMING_KEYWORDS for keyword in keywords}
    others = [(keyword,) for keyword in archive.specs.facets if keyword not in grouped]
    conditions: dict[str, Condition] = {}
    for keywords in (*_NAMING_KEYWORDS, *others):
        equalities: dict[str, list[Condition]] = {}
        for keyword in keywords:
            for value in archive.where().distinct(keyword):
                equalities.setdefault(_normalized(value), []).append(Equals(keyword, value))
        for name, alternatives in equalities.items():
            conditions.setdefault(name, Or(tuple(alternatives)))
    return conditions


def _target(text: str, archive: Archive) -> str:
    """Return the search for a target, whatever its case, blanks and hyphens."""
    if re.search(r"[*?]", text):
        return query.format_condition(archive.where(Like("targname", text.upper())).condition)
    named = _named(text.split(), archive)
    if named is not None:
        return query.format_condition(archive.where(named).condition)
    targets = archive.where().distinct("targname")
    names = [_normalized(name) for name in targets]
    similar = difflib.get_close_matches(_normalized(text), names, n=3, cutoff=SIMILARITY)
    suggestions = [name for name in targets if _normalized(name) in similar][:3]
    if suggestions:
        hint = f"Did you mean {' or '.join(suggestions)}?"
    else:
        hint = "Try a position or a pattern such as targname=NGC*."
    raise ObservationNotFound(f'No rootname, proposal or target matches "{text}". {hint}')


def _normalized(name: object) -> str:
    """Return a name without differences of writing: ``NGC 104`` and ``ngc-104`` are the same."""
    return re.sub(r"[\s_-]", "", str(name)).upper()


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
    start = _normalized(word)
    return [str(name) for name in names if _normalized(name).startswith(start)][:MAX_SUGGESTIONS]


def describe(column: Column) -> str:
    """Return the description of a keyword and its unit, in one line."""
    unit = f" ({column.spec.unit})" if column.spec.unit else ""
    return f"{column.spec.description or column.spec.fits_keyword}{unit}"
