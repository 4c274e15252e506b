"""Removal of annotations from an archive that other tests share."""

import acsql
from acsql.store import schema


def remove_annotations(archive: acsql.Archive) -> None:
    """Remove all annotations and saved searches."""
    database = archive.store.database
    for name in (schema.ANNOTATIONS, schema.ANNOTATED_OBSERVATIONS, schema.SAVED_SEARCHES):
        database[name].delete_many({})
    # Processes that keep lists of annotated observations see that there was a write.
    database[schema.ANNOTATION_NUMBERS].update_one({}, {"$inc": {"next": 1}})
