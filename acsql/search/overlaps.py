"""Footprints of ``overlaps(rootname)`` conditions, looked up when a search is made.

The query language knows only the rootname; the database can compare only footprints.
"""

from dataclasses import replace

from ..errors import QueryError
from ..query import And, Condition, Not, Or, Overlaps
from ..store import observations
from ..store.client import Store


def with_footprints(condition: Condition, store: Store) -> Condition:
    """Return a condition in which every `Overlaps` has the footprint of its observation.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    store : Store
        Where the footprints are looked up.

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
    match condition:
        case And(parts) | Or(parts):
            return type(condition)(tuple(with_footprints(part, store) for part in parts))
        case Not(inner):
            return Not(with_footprints(inner, store))
        case Overlaps(rootname, None):
            key = observations.find(store, rootname).rootname
            footprint = observations.footprint(store, key)
            if footprint is None:
                raise QueryError(f"overlaps({key}): {key} has no footprint")
            return replace(condition, rootname=key, footprint=footprint)
    return condition
