"""Give observations a `schema_version` and, if they point at the sky, a GeoJSON `position`.

The server does it in one pass over the collection.  A document gets both fields in one write, so
an interruption leaves none with only one of them.
"""

from typing import Any

from ...keywords import KeywordSpecs
from ...store.client import Store

_TO_DO = {"schema_version": {"$exists": False}}

# Exposures that do not point at the sky, whatever their RA_TARG.
_INTERNAL = [
    {"$in": ["$imagetyp", ["BIAS", "DARK", "FLAT"]]},
    {"$in": ["$obstype", ["INTERNAL"]]},
]
_POSITION = {
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
    """Return the number of documents without `schema_version`."""
    return store.observations.count_documents(_TO_DO)


def apply(store: Store, specs: KeywordSpecs) -> None:
    """Write both fields where they are missing."""
    del specs
    on_the_sphere = [*_within("$ra_targ", 0, 360), *_within("$dec_targ", -90, 90)]
    points_at_the_sky = {"$and": [{"$not": {"$or": _INTERNAL}}, *on_the_sphere]}
    position = {"$cond": [points_at_the_sky, _POSITION, "$$REMOVE"]}
    fields = {"position": position, "schema_version": 1}
    store.observations.update_many(_TO_DO, [{"$set": fields}])


def _within(field: str, low: float, high: float) -> list[dict[str, Any]]:
    # The server sorts text after all numbers, null and NaN before them.
    return [{"$gte": [field, low]}, {"$lte": [field, high]}]
