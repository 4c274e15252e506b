"""Header layouts: the order, comments and blank cards of headers, each stored once.

A layout never changes, because its identifier is made of its content, and is stored before the
first document that names it.  So one that no document names does no harm.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pymongo import UpdateOne

from .client import Store
from .fields import value_at
from .schema import HEADER_LAYOUTS, Document

# The field of a document that has the layouts of its headers, by filetype and extension.
LAYOUTS = "layouts"


class StoredLayout(NamedTuple):
    """The layout of a header.

    Attributes
    ----------
    text : str
        The part that other headers share.
    images : dict of str
        Its own cards, by their number.
    """

    text: str
    images: dict[int, str]


def entry(identifier: str, images: Mapping[int, str]) -> Document:
    """Return the entry of a document about the layout of a header.

    Parameters
    ----------
    identifier : str
        The identifier of the layout.
    images : mapping of str
        The cards of the header itself, by their number.
    """
    cards = {"cards": {str(number): image for number, image in images.items()}}
    return {"id": identifier, **(cards if images else {})}


def record(store: Store, layouts: Mapping[str, str]) -> None:
    """Store the layouts that are not stored yet, or that somebody has changed.

    Parameters
    ----------
    store : Store
        The open database.
    layouts : mapping of str
        Identifiers to texts.
    """
    if not layouts:
        return
    collection = store.database[HEADER_LAYOUTS]
    with store.errors():
        # Nearly always all of them are stored, and reading is cheaper than writing.
        stored = {
            each["_id"]: each["text"] for each in collection.find({"_id": {"$in": [*layouts]}})
        }
        updates = [
            UpdateOne({"_id": name}, {"$set": {"text": text}}, upsert=True)
            for name, text in layouts.items()
            if stored.get(name) != text
        ]
        if updates:
            collection.bulk_write(updates, ordered=False)


def of_file(
    store: Store, rootname: str, filetype: str, extension: int | None = None
) -> dict[int, StoredLayout]:
    """Return the layouts of the headers of a file.

    Parameters
    ----------
    store : Store
        The open database.
    rootname : str
        The key of the observation.
    filetype : str
        The filetype of the file.
    extension : int, optional
        Only the layout of one extension.

    Returns
    -------
    dict of StoredLayout
        By extension; without headers that were ingested before layouts were stored.
    """
    parts = [LAYOUTS, filetype, *([] if extension is None else [str(extension)])]
    with store.errors():
        document = store.observations.find_one({"_id": rootname}, {".".join(parts): 1})
        found: dict[str, Any] = value_at(document or {}, parts[:2]) or {}
        identifiers = [each["id"] for each in found.values()]
        stored = store.database[HEADER_LAYOUTS].find({"_id": {"$in": identifiers}})
        texts = {each["_id"]: each["text"] for each in stored}
    return {
        int(number): StoredLayout(
            texts[each["id"]], {int(n): card for n, card in each.get("cards", {}).items()}
        )
        for number, each in found.items()
        if each["id"] in texts
    }
