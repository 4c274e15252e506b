"""Give observations a `schema_version` and, if they point at the sky, a GeoJSON `position`.

The server does it in one pass over the collection.  Both fields of a document are written
together, so a document has neither or is done.
"""

from typing import Any

from ...keywords import KeywordSpecs
from ...store.client import Store

_TO_DO = {"schema_version": {"$exists": False}}

_GEOJSON = {
    "type": "Point",
    "coordinates": [
        # GeoJSON longitudes run from -180 to 180 degrees, right ascensions from 0 to 360.
        {
            "$cond": [
                {"$gt": ["$ra_targ", 180]},
                {"$subtract": ["$ra_targ", 360]},
                "$ra_targ",
            ]
        },
        "$dec_targ",
    ],
}


def pending(store: Store) -> int:
    """Return how many documents have no `schema_version`."""
    return store.observations.count_documents(_TO_DO)


def apply(store: Store, specs: KeywordSpecs) -> None:
    """Write both fields, where they are missing."""
    position = {"$cond": [_points_at_the_sky(specs), _GEOJSON, "$$REMOVE"]}
    fields = {"position": position, "schema_version": 1}
    store.observations.update_many(_TO_DO, [{"$set": fields}])


def _points_at_the_sky(specs: KeywordSpecs) -> dict[str, Any]:
    internal_exposures = [
        {"$in": [f"${name}", list(values)]} for name, values in specs.internal_exposures.items()
    ]
    on_the_sphere = [*_within("$ra_targ", 0, 360), *_within("$dec_targ", -90, 90)]
    return {"$and": [{"$not": {"$or": internal_exposures}}, *on_the_sphere]}


def _within(value: str, low: float, high: float) -> list[dict[str, Any]]:
    # To the server, text is more than any number, and null and NaN are less.
    return [{"$gte": [value, low]}, {"$lte": [value, high]}]
