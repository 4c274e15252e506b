"""The searches of an archive: the start of every `Search`, and three shortcuts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..keywords import KeywordSpecs
from ..query import Condition
from .counting import Count
from .criteria import Source
from .limits import TimeLimit
from .search import Search

if TYPE_CHECKING:
    from astropy.table import Table


class Searchable:
    """An archive that can be searched; the base of `acsql.Archive`."""

    _source: Source
    time_limit: float | None

    @property
    def specs(self) -> KeywordSpecs:
        """The keyword specs, with the keywords of ingests up to half a minute ago."""
        return self._source.specs

    @property
    def answers(self) -> bool:
        """Whether the database answers, as the background check of the driver has found."""
        return self._source.store.answers

    def where(self, *conditions: Condition | str, **keywords: Any) -> Search:
        """Return a search for the observations that meet all conditions.

        Parameters
        ----------
        *conditions : Condition or str
            As in `Search.where`; without any, all observations.
        **keywords
            More conditions, as in `Search.where`.

        Returns
        -------
        Search
            A search with the time limit of the archive.  Nothing is read until one of its methods
            runs it.

        Raises
        ------
        QueryError
            If a keyword does not exist, or a value does not fit its type.
        ObservationNotFound
            If the observation of an `Overlaps` does not exist.

        Examples
        --------
        >>> archive.where("detector=WFC", exptime=(100, None)).sort("-exptime")
        <Search: detector=WFC exptime>=100.0>
        """
        everything = Search(self._source, max_seconds=self.time_limit)
        return everything.where(*conditions, **keywords)

    def search(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | str | None = None,
        sort: Sequence[str] | str | None = None,
        limit: int | None = None,
        times: bool = False,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Table:
        """Return the observations that meet all conditions as a table.

        ``archive.where(...)`` and the methods of `Search` do the same step by step.

        Parameters
        ----------
        *conditions : Condition or str
            As in `Search.where`.
        columns : str or sequence of str, optional
            Keyword addresses, as in `Search.columns`.
        sort : str or sequence of str, optional
            Keyword addresses, as in `Search.sort`.
        limit : int, optional
            At most this many rows.
        times : bool
            Whether dates and positions are astropy's objects, as in `Search.table`.
        time_limit : float, optional
            Seconds that the database may take; None for no limit, by default the limit given to
            `connect`.
        **keywords
            More conditions, as in `Search.where`.

        Returns
        -------
        astropy.table.Table
            A table with units and descriptions; unknown values are masked.

        Raises
        ------
        QueryError
            If a keyword does not exist or a value does not fit its type.
        QueryTimeout
            If it takes longer than the time limit.

        Examples
        --------
        >>> table = archive.search("exptime>0", detector="WFC", columns=["rootname", "exptime"])
        >>> table.colnames
        ['rootname', 'exptime']
        """
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return _arranged(search, columns, sort).limit(limit).table(times)

    def write(
        self,
        path: str | Path,
        *conditions: Condition | str,
        columns: Sequence[str] | str | None = None,
        sort: Sequence[str] | str | None = None,
        limit: int | None = None,
        format_: str | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> None:
        """Write the observations that meet all conditions to a file.

        Parameters
        ----------
        path : str or Path
            The file; its ending gives the format, as in `Search.write`.
        *conditions : Condition or str
            As in `Search.where`.
        columns, sort : str or sequence of str, optional
            As in `search`.
        limit : int, optional
            As in `search`.
        format_ : str, optional
            As in `Search.write`.
        time_limit : float, optional
            As in `search`.
        **keywords
            More conditions, as in `Search.where`.

        Raises
        ------
        QueryError, QueryTimeout, ArchiveError
            As in `Search.write`.

        Examples
        --------
        >>> archive.write(folder / "wfc.csv", detector="WFC", columns="rootname,exptime")
        """
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        _arranged(search, columns, sort).limit(limit).write(path, format_)

    def count(
        self,
        *conditions: Condition | str,
        budget: float | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Count:
        """Return the number of observations that meet all conditions.

        Parameters
        ----------
        *conditions : Condition or str
            As in `Search.where`.
        budget : float, optional
            Seconds after which an estimate replaces the exact count, as in `Search.count`.
        time_limit : float, optional
            As in `search`.
        **keywords
            More conditions, as in `Search.where`.

        Returns
        -------
        Count
            An `int` with the attribute ``exact``; an estimate is shown as ``about 1200``.

        Raises
        ------
        QueryError, QueryTimeout
            As in `search`.

        Examples
        --------
        >>> archive.count() == archive.count("detector=WFC") + archive.count("detector!=WFC")
        True
        """
        return self._limited(self.where(*conditions, **keywords), time_limit).count(budget)

    def facets(
        self,
        keyword: str,
        *conditions: Condition | str,
        limit: int | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> dict[Any, int]:
        """Return the values of a keyword with their numbers of observations.

        Parameters
        ----------
        keyword : str
            The address of any keyword, as in `Search.facets`.
        *conditions : Condition or str
            As in `Search.where`.
        limit : int, optional
            Return at most this many values.
        time_limit : float, optional
            As in `search`.
        **keywords
            More conditions, as in `Search.where`.

        Returns
        -------
        dict
            Value to number, the most frequent first, without unknown values.

        Raises
        ------
        QueryError, QueryTimeout
            As in `search`.

        Examples
        --------
        >>> list(archive.facets("detector", "detector=HRC"))
        ['HRC']
        """
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return search.facets(keyword, limit)

    def _limited(self, search: Search, time_limit: TimeLimit) -> Search:
        return search if time_limit == "default" else search.time_limit(time_limit)


def _arranged(
    search: Search, columns: Sequence[str] | str | None, sort: Sequence[str] | str | None
) -> Search:
    """Return a search with columns and a sort order, by default its own."""
    return search.columns(*_as_list(columns)).sort(*_as_list(sort))


def _as_list(texts: Sequence[str] | str | None) -> Sequence[str]:
    return [texts] if isinstance(texts, str) else texts or []
