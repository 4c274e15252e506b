"""Give observations the outlines of their chips on the sky, as a GeoJSON `footprint`.

They are made of the headers that are stored, of which the server sends only those of images.
A document gets its footprint and its `schema_version` together, so it has neither or is done.
A thousand documents take a second, the 213,000 of the mission four minutes.
"""

import logging
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from pymongo import UpdateOne

from ...fits.footprint import footprint
from ...keywords import KeywordSpecs
from ...store.client import Store

logger = logging.getLogger(__name__)

_TO_DO = {"schema_version": {"$not": {"$gte": 2}}}
_BATCH = 500


def pending(store: Store) -> int:
    """Return how many documents have a lower `schema_version`, or none."""
    return store.observations.count_documents(_TO_DO)


def apply(store: Store, specs: KeywordSpecs) -> None:
    """Write the footprints, batch by batch."""
    documents = store.observations.find(_TO_DO, _needed(specs), batch_size=_BATCH)
    for batch in _batches(documents):
        updates = [UpdateOne({"_id": d["_id"]}, {"$set": _fields(d, specs)}) for d in batch]
        store.observations.bulk_write(updates, ordered=False)


def _batches(documents: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    remaining = iter(documents)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def _needed(specs: KeywordSpecs) -> dict[str, Any]:
    """Return the projection to what a footprint is made of."""
    return {
        **dict.fromkeys([*specs.internal_exposures, "datasets"], 1),
        "headers": {name: _images(name, specs) for name in specs.footprint_filetypes},
    }


def _images(filetype: str, specs: KeywordSpecs) -> dict[str, Any]:
    extensions = {"$objectToArray": {"$ifNull": [f"$headers.{filetype}", {}]}}
    is_image = {"$eq": ["$$this.v.extname", specs.image_extname]}
    return {"$arrayToObject": {"$filter": {"input": extensions, "cond": is_image}}}


def _fields(document: dict[str, Any], specs: KeywordSpecs) -> dict[str, Any]:
    found, notes = footprint(document, specs)
    for note in notes:
        logger.info("%s: %s", document["_id"], note)
    return {"schema_version": 2} | ({"footprint": found} if found else {})
