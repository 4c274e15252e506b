"""Footprints of ``overlaps(rootname)`` conditions, looked up when a search is made.

The query language knows only the rootname; the database can compare only footprints.
"""

from dataclasses import replace

from ..errors import QueryError
from ..query import Condition, Overlaps, with_leaves
from ..store import observations
from ..store.client import Store


def with_footprints(condition: Condition, store: Store) -> Condition:
    """Return a condition in which every `Overlaps` has the footprint of its observation.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    store : Store
        The database of the footprints.

    Returns
    -------
    Condition
        The same condition if it has no `Overlaps`.

    Raises
    ------
    ObservationNotFound
        If an observation does not exist.
    QueryError
        If an observation has no footprint.
    """
    return with_leaves(condition, lambda leaf: _with_footprint(leaf, store))


def _with_footprint(leaf: Condition, store: Store) -> Condition:
    if not isinstance(leaf, Overlaps) or leaf.footprint is not None:
        return leaf
    key = observations.find(store, leaf.rootname).rootname
    footprint = observations.footprint(store, key)
    if footprint is None:
        raise QueryError(f"overlaps({key}): {key} has no footprint")
    return replace(leaf, rootname=key, footprint=footprint)
