"""Keywords that ingests have read in headers and the specs do not name."""

from collections.abc import Mapping
from datetime import datetime

from pymongo import UpdateOne

from ..keywords import HeaderKey
from .client import Store


def record(
    store: Store, keywords: Mapping[tuple[HeaderKey, str], tuple[str, str]], when: datetime
) -> None:
    """Store keywords that are not in the specs; those already stored stay as they are.

    Parameters
    ----------
    store : Store
        The open database.
    keywords : mapping
        (header, keyword) to (type, name of the file that has it).
    when : datetime
        The time at which they were read, in UTC.
    """
    entries = {f"{key} {keyword}": (key, keyword) for key, keyword in keywords}
    if not entries:
        return
    with store.errors():
        # Nearly always all of them are stored, and reading is cheaper than writing.
        recorded = set(store.keywords_not_in_specs.distinct("_id", {"_id": {"$in": list(entries)}}))
        updates = []
        for name in entries.keys() - recorded:
            key, keyword = entries[name]
            type_, filename = keywords[key, keyword]
            entry = {
                **key._asdict(),
                "keyword": keyword,
                "type": type_,
                "filename": filename,
                "first_seen": when,
            }
            updates.append(UpdateOne({"_id": name}, {"$setOnInsert": entry}, upsert=True))
        if updates:
            store.keywords_not_in_specs.bulk_write(updates, ordered=False)


def stored(store: Store) -> list[tuple[HeaderKey, str, str]]:
    """Return the recorded keywords.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    list of (HeaderKey, str, str)
        Header, keyword and type of each, in the order of headers.
    """
    with store.errors():
        return [
            (HeaderKey(d["detector"], d["filetype"], d["extension"]), d["keyword"], d["type"])
            for d in store.keywords_not_in_specs.find(sort=[("_id", 1)])
        ]
