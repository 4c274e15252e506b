"""Access paths: the choice between an index and the columns for a search.

An index gives the first page in its order in a millisecond.  Where it does not serve the
condition and the order together, the server reads every document that one of them gives; the
columns take a few milliseconds for any condition and order.
"""

from collections.abc import Sequence

from ..keywords import KeywordSpecs
from ..query import (
    And,
    AnyOf,
    Between,
    Condition,
    Equals,
    Exists,
    Like,
    SkyCondition,
    conjuncts,
    leaves,
)
from ..store.derived.headerless import names_observations
from ..store.sorting import SortKey, total_order


def an_index_serves(condition: Condition, order: Sequence[SortKey], specs: KeywordSpecs) -> bool:
    """Return whether one index finds and sorts the observations of a search.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    order : sequence of SortKey
        The order, at least one key.
    specs : KeywordSpecs
        Say which keywords are indexed.

    Returns
    -------
    bool
        True also for conditions on the sky, which have an index and no columns.
    """
    parts = conjuncts(condition)
    first = order[0].address
    sortable = {"rootname", "expstart", *specs.indexed}
    if names_observations(condition) or any(
        isinstance(test, SkyCondition) for test, _ in leaves(condition)
    ):
        return True
    # Every index continues with the keys that break ties, and with no other keyword.
    if total_order(order) != total_order(order[:1]):
        return False
    match [part for part in parts if part != And()]:
        case []:
            return first in sortable
        case [Equals(keyword) | AnyOf(keyword)]:
            return keyword in specs.indexed and first in (keyword, "expstart")
        case [Between(keyword) | Exists(keyword)]:
            return keyword == first and first in sortable
        case [Like(keyword, pattern)]:
            return keyword == first and first in sortable and pattern[:1] not in ("*", "?")
    return False


def an_index_counts(condition: Condition, specs: KeywordSpecs) -> bool:
    """Return whether the server counts the observations in an index, without any document.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    specs : KeywordSpecs
        Say which keywords are indexed.

    Returns
    -------
    bool
        True for everything, and for one value or one range of an indexed keyword.
    """
    parts = conjuncts(condition)
    match parts:
        case []:
            return True
        case [Equals(keyword)]:
            return keyword in specs.indexed
        case [Between(keyword, low, high)]:
            return keyword in specs.indexed and (low, high) != (None, None)
    return False
