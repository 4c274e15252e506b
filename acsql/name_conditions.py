"""Conditions from the words of a search: targets, filters, investigators and dates.

Names are recognised among the values of the observations.  The only list of names is that of
alternative names of targets.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Protocol

from . import config as configuration
from . import target_names
from .config import Config
from .keywords import KeywordSpecs
from .query import And, Condition, Equals, Or
from .search.search import Search
from .store.sorting import sorted_values
from .target_names import normalized

# Keywords whose values are names, several where a name may be in any of them; facets are added.
_NAMING_KEYWORDS = (("targname",), ("detector",), ("filter1", "filter2"), ("pr_inv_l",))
# Its values also have a plural: darks, biases.
_KIND_OF_IMAGE = "imagetyp"
# A year, a month or a day.  Hubble's first year is 1990.
_DATE = re.compile(r"(199\d|20\d\d)(-\d\d){0,2}", re.ASCII)
_MONTHS = ("%B %Y", "%b %Y", "%Y %B", "%Y %b")


class Archive(Protocol):
    """The archive in which names are looked up: an `acsql.Archive`.

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


@dataclass(frozen=True)
class Names:
    """The conditions that names stand for, and the words that are not names of the archive.

    Attributes
    ----------
    conditions : list of Condition
        To have each name.
    others : list of str
        The other words; those that follow each other are one text.
    """

    conditions: list[Condition]
    others: list[str]

    @property
    def condition(self) -> Condition | None:
        """The condition to have each name, None if a word is part of none."""
        return None if self.others else And(tuple(self.conditions))


def read_names(words: list[str], archive: Archive) -> Names:
    """Return what words mean.

    A name is that of a target, which may have several words, of a filter in either wheel, of a
    principal investigator, another value of a facet, or a date.

    Parameters
    ----------
    words : list of str
        Such as ``["47", "Tuc", "F606W", "2003"]``.
    archive : Archive
        Where names are looked up.
    """
    conditions = _conditions_by_name(archive) if words else {}
    parts: list[Condition] = []
    others: list[str] = []
    is_after_other = False
    while words:
        lengths = range(len(words), 0, -1)
        read = ((n, _meaning(" ".join(words[:n]), conditions)) for n in lengths)
        length, part = next(((n, found) for n, found in read if found is not None), (1, None))
        if part is not None:
            parts.append(part)
        elif is_after_other:
            others[-1] += f" {words[0]}"
        else:
            others.append(words[0])
        is_after_other = part is None
        words = words[length:]
    return Names(parts, others)


def _meaning(name: str, conditions: dict[str, Condition]) -> Condition | None:
    """Return the condition of a name or a date, None if it is neither."""
    return conditions.get(normalized(name)) or on_date(name)


def on_date(text: str) -> Condition | None:
    """Return the condition of a date such as ``2003``, ``2003-03-29`` or ``March 2003``.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    Condition or None
        None if the text is no date.
    """
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
    grouped = {*chain.from_iterable(_NAMING_KEYWORDS)}
    others = [(keyword,) for keyword in archive.specs.facets if keyword not in grouped]
    groups = (*_NAMING_KEYWORDS, *others)
    # All at once, because the values of changed observations are read from the database.
    facets = archive.where().facets_of(*chain.from_iterable(groups))
    conditions: dict[str, Condition] = {}
    for keywords in groups:
        equalities: dict[str, list[Condition]] = {}
        for keyword in keywords:
            for value in sorted_values(facets[keyword]):
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
