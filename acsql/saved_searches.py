"""Saved searches: named conditions, and the results that are new to each person."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from .annotations import new_id
from .errors import AnnotationError
from .query import Between
from .search.criteria import Source
from .search.search import Search
from .store import saved_searches as stored
from .store import schema
from .store.observation_writes import complete_until

MAX_NAME = 100
# Of one person, private and shared: each is counted whenever their list is shown.
MAX_OF_ONE = 50
# Earlier than every ingest: what has been seen of an empty archive.
_BEFORE_ALL = datetime(1970, 1, 1)


@dataclass(frozen=True)
class SavedSearch:
    """A search that a person keeps.

    Attributes
    ----------
    id : str
        Its key.
    name : str
        Its name.
    owner : str
        Who has saved it.
    q : str
        Its conditions in the query language; blank for all observations.
    view : dict of str
        How the site shows it: parameters such as ``sort`` and ``columns``.
    shared : bool
        Whether everyone sees it.
    created : datetime
        When it was saved (UTC).
    seen : datetime, optional
        What `SavedSearches.newest` returned at that time; None as saved by older versions.
    """

    id: str
    name: str
    owner: str
    q: str
    view: dict[str, str]
    shared: bool
    created: datetime
    seen: datetime | None = None


@dataclass(frozen=True)
class SavedSearches:
    """The saved searches of an archive, as ``archive.saved_searches``.

    Parameters
    ----------
    source : Source
        The archive, and the person to whom ``by`` defaults.
    """

    source: Source = field(repr=False)

    def add(
        self,
        name: str,
        q: str = "",
        *,
        view: Mapping[str, str] | None = None,
        shared: bool = False,
        by: str | None = None,
        key: str | None = None,
    ) -> SavedSearch:
        """Save a search.

        Parameters
        ----------
        name : str
            Its name.
        q : str
            Its conditions in the query language.
        view : mapping of str, optional
            How the site shows it.
        shared : bool
            Whether everyone sees it.
        by : str, optional
            Its owner, by default the person of the archive.
        key : str, optional
            Its id; saving it again with the same id changes nothing.

        Returns
        -------
        SavedSearch
            The stored one; if its id was stored before, the search that has it.

        Raises
        ------
        AnnotationError
            If the name is missing or too long, or its owner has too many.
        QueryError
            If the conditions are invalid.

        Examples
        --------
        >>> saved = archive.saved_searches.add("New WFC", "detector=WFC", by="ann")
        >>> archive.saved_searches.search(saved).count() == archive.count("detector=WFC")
        True
        >>> archive.saved_searches.remove(saved.id)
        """
        owner = by or self.source.person()
        if not name.strip() or len(name) > MAX_NAME:
            raise AnnotationError(f"a saved search has a name of 1 to {MAX_NAME} characters")
        if key and (stored_already := self.find(key)):
            return stored_already
        if sum(each.owner == owner for each in self.visible(owner)) >= MAX_OF_ONE:
            raise AnnotationError(f"{owner} has {MAX_OF_ONE} saved searches: remove one first")
        saved = SavedSearch(
            key or new_id(),
            name.strip(),
            owner,
            q,
            dict(view or {}),
            shared,
            schema.now(),
            self.newest(),
        )
        self.search(saved)
        document = asdict(saved)
        document["_id"] = document.pop("id")
        stored.insert(self.source.store, document)
        return saved

    def find(self, key: str) -> SavedSearch | None:
        """Return the saved search with an id, or None."""
        document = stored.find(self.source.store, key)
        return None if document is None else _saved(document)

    def named(self, name: str, person: str | None = None) -> SavedSearch:
        """Return the saved search of a person, or that others share, with a name or an id.

        Parameters
        ----------
        name : str
            The name or the id; of equal names, that of the person's own search.
        person : str, optional
            By default the person of the archive.

        Returns
        -------
        SavedSearch
            The saved search as it is stored.

        Raises
        ------
        AnnotationError
            If there is none.
        """
        owner = person or self.source.person()
        found = [each for each in self.visible(owner) if name in (each.id, each.name)]
        if not found:
            raise AnnotationError(f"no saved search {name!r} of {owner}, and no shared one")
        return min(found, key=lambda each: each.owner != owner)

    def visible(self, person: str | None = None) -> list[SavedSearch]:
        """Return the saved searches of a person, and those that others share, by name."""
        documents = stored.visible(self.source.store, person or self.source.person())
        return [_saved(document) for document in documents]

    def share(self, key: str, shared: bool = True) -> None:
        """Let everyone see a saved search, or its owner alone."""
        stored.share(self.source.store, key, shared)

    def remove(self, key: str) -> None:
        """Remove a saved search."""
        stored.delete(self.source.store, key)

    def search(self, saved: SavedSearch) -> Search:
        """Return the search that was saved; raise QueryError if it is no longer valid.

        It has the columns and the order with which it was saved.
        """
        search = Search(self.source).where(*([saved.q] if saved.q else []))
        return search.columns(saved.view.get("columns", "")).sort(saved.view.get("sort", ""))

    def newest(self) -> datetime:
        """Return the date of ingest up to which a person who looks now has seen all results.

        It is the newest one, or less if an observation that is being written can get an earlier
        one: a result that an ingest stores in the minute before a look stays new after it.
        """
        search = Search(self.source).columns("last_ingest_date").sort("-last_ingest_date").limit(1)
        complete = complete_until(self.source.store)
        found = next((row["last_ingest_date"] for row in search.rows()), None) or _BEFORE_ALL
        return min(found, complete)

    def last_looks(self, person: str | None = None) -> dict[str, datetime]:
        """Return the date of ingest up to which a person has seen each saved search, by its id."""
        return stored.visits(self.source.store, person or self.source.person())

    def look(self, key: str, person: str | None = None, seen: datetime | None = None) -> None:
        """Record that a person has seen the results of a saved search.

        Parameters
        ----------
        key : str
            The id of the search.
        person : str, optional
            By default the person of the archive.
        seen : datetime, optional
            What `newest` returned before the results were read (UTC), by default what it returns
            now.
        """
        seen = seen or self.newest()
        stored.visit(self.source.store, key, person or self.source.person(), seen)

    def new(self, saved: SavedSearch, seen: datetime | None) -> Search:
        """Return the search for the results that were first ingested after a date of ingest.

        Parameters
        ----------
        saved : SavedSearch
            The search.
        seen : datetime, optional
            The newest date of ingest that the person has seen (UTC), by default that when the
            search was saved.

        Returns
        -------
        Search
            For its count, its rows or its conditions.
        """
        low = seen or saved.seen or saved.created
        return self.search(saved).where(Between("first_ingest_date", low, low_inclusive=False))


def _saved(document: dict[str, Any]) -> SavedSearch:
    return SavedSearch(id=document["_id"], **{k: v for k, v in document.items() if k != "_id"})
