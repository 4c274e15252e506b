"""Notes on a search: warnings about values that its conditions cannot match, because of their type.

A text never meets a condition on a number, nor a number a condition on a text.  A search on a
keyword that has values of both types therefore finds fewer observations than a reader expects.
"""

from ..keywords import KeywordSpecs
from ..query import Condition, resolve
from ..query.conditions import KeywordCondition, leaves
from ..store import type_mismatches
from ..store.client import Store
from ..store.moment import of_block
from ..store.summaries.kept import of_observations

# Headers that a note names.
_NAMED = 3


def notes(store: Store, specs: KeywordSpecs, condition: Condition) -> list[str]:
    """Return a note for each keyword of a condition that has type mismatches.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        The types of the keywords.
    condition : Condition
        Prepared, with the addresses of its keywords.

    Returns
    -------
    list of str
        In the order of the condition; no document is read for them.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    every = (leaf for leaf, _ in leaves(condition))
    keywords = dict.fromkeys(leaf.keyword for leaf in every if isinstance(leaf, KeywordCondition))
    stored = _mismatches(store) if keywords else set()
    return [
        _note(keyword, found, specs) for keyword in keywords if (found := _places(keyword, stored))
    ]


def _mismatches(store: Store) -> set[str]:
    if of_block(store) is None:
        return type_mismatches.addresses(store)
    return of_observations(store, "mismatches", lambda: type_mismatches.addresses(store))


def _places(keyword: str, stored: set[str]) -> list[str]:
    """Return the mismatches of a keyword; of a promoted one those in headers."""
    return sorted(
        address
        for address in stored
        if address == keyword or ("." not in keyword and address.endswith(f".{keyword}"))
    )


def _note(keyword: str, places: list[str], specs: KeywordSpecs) -> str:
    more = len(places) - _NAMED
    named = ", ".join(places[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    within = "" if places == [keyword] else f" in {named}"
    return (
        f"{keyword} has type mismatches{within}: values that are not of the type "
        f"{resolve(keyword, specs).spec.type} are compared as stored (acsql runs show has examples)"
    )
