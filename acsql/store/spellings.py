"""Stored spellings of texts: the values of an indexed keyword that equal a text in any case."""

import re
from collections.abc import Iterable

from bson.regex import Regex

from ..query.texts import beginnings, fold
from .client import Store
from .fields import field_path

# Beginnings of texts that are looked up one by one; for more, all values of the keyword are read.
_MOST_BEGINNINGS = 200


def stored(store: Store, keyword: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Return the values of a keyword that equal one of some texts, ignoring case.

    The server reads each value once, at the places of the index where it can be (about 1 ms for
    one text among 213,000 observations).

    Parameters
    ----------
    store : Store
        The open database.
    keyword : str
        An indexed top-level field.
    texts : iterable of str
        Any texts.

    Returns
    -------
    tuple of str
        Sorted.
    """
    folded = set(map(fold, texts))
    field = field_path(keyword)
    starts = {start for text in folded for start in beginnings(text)}
    stages: list[dict[str, object]] = [{"$group": {"_id": f"${field}"}}]
    if len(starts) <= _MOST_BEGINNINGS:
        regexes = [Regex(f"^{re.escape(start)}") for start in sorted(starts)]
        stages.insert(0, {"$match": {field: {"$in": regexes}}})
    else:
        stages.insert(0, {"$sort": {field: 1}})
    with store.errors():
        values = [row["_id"] for row in store.observations.aggregate(stages)]
    return tuple(sorted(v for v in values if isinstance(v, str) and fold(v) in folded))
