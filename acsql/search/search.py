"""Search: an immutable description of what to find, and the ways to run it.

Building a search reads nothing but the footprints of ``overlaps`` conditions; each of the methods
that return results queries the database anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from .. import query
from ..query.messages import shorten
from ..store import mongosh
from ..store.spellings import with_spellings
from . import counting, grouping
from .counting import Count
from .coverage import coverage
from .explain import Explanation, explain
from .exports import Exports
from .limits import optional_at_least_one, optional_seconds

if TYPE_CHECKING:
    from astropy.table import Table
    from mocpy import MOC

# Rows of a search that a notebook shows.
_SHOWN = 10


class Search(Exports):
    """A search of the archive; `Archive.where` makes one.

    A search is immutable: `where`, `columns`, `sort`, `limit` and `time_limit` return a new one.
    All other methods run it.

    Examples
    --------
    >>> search = archive.where(detector="WFC").columns("rootname", "exptime").sort("-exptime")
    >>> search
    <Search: detector=WFC>
    >>> search.count() == len(search.table())
    True
    """

    def _repr_html_(self) -> str:
        """Return HTML for a notebook: the number of observations and the first of them."""
        text = escape(shorten(query.format_condition(self.condition, self.source.specs)))
        first = self.limit(min(self.max_rows or _SHOWN, _SHOWN)).table()
        return f"<p><strong>{text}</strong>: {self.count()}</p>{first._repr_html_()}"

    def count(self, budget: float | None = None) -> Count:
        """Return the number of observations.

        Parameters
        ----------
        budget : float, optional
            Seconds after which an estimate replaces the exact count.  It is made from 2000
            random observations: conditions met by fewer than 1 in 1000 may be estimated as 0.

        Returns
        -------
        Count
            An `int` with the attribute ``exact``; an estimate is shown as ``about 1200``.

        Raises
        ------
        QueryTimeout
            If counting takes longer than the time limit and there is no budget.

        Examples
        --------
        >>> archive.where().count(), archive.where("exptime<0").count(budget=1)
        (40, 0)
        """
        seconds = optional_seconds(budget, "budget")
        return counting.count(self.source.store, self.condition, self.max_seconds, seconds)

    def facets(self, keyword: str, limit: int | None = None) -> dict[Any, int]:
        """Return the values of a keyword with their numbers of observations.

        Parameters
        ----------
        keyword : str
            The address of any keyword.  Where an observation has several values, as in
            ``flt.0.history`` or ``drz.0.dnnndata``, each counts once.
        limit : int, optional
            Return at most this many values.

        Returns
        -------
        dict
            Value to number, the most frequent first, without unknown values.

        Raises
        ------
        QueryError
            If the keyword does not exist.
        QueryTimeout
            If counting takes longer than the time limit.

        Examples
        --------
        >>> list(archive.where(detector="WFC").facets("detector"))
        ['WFC']
        """
        column = query.resolve(keyword, self.source.specs)
        most = optional_at_least_one(limit, "limit")
        return counting.facets(self.source.store, column, self.condition, self.max_seconds, most)

    def facets_of(self, *keywords: str) -> dict[str, dict[Any, int]]:
        """Return the facets of several promoted keywords in one pass.

        Parameters
        ----------
        *keywords : str
            Promoted keywords.

        Returns
        -------
        dict of dict
            Keyword to its `facets`; a date counts by its year.

        Raises
        ------
        QueryError, QueryTimeout
            As in `facets`.

        Examples
        --------
        >>> facets = archive.where(detector="WFC").facets_of("detector", "imagetyp")
        >>> list(facets)
        ['detector', 'imagetyp']
        """
        columns = query.resolve_all(keywords, self.source.specs)
        return counting.facets_of(self.source.store, columns, self.condition, self.max_seconds)

    def distinct(self, keyword: str) -> list[Any]:
        """Return the values of a keyword, sorted.

        Parameters
        ----------
        keyword : str
            The address of any keyword.

        Returns
        -------
        list
            Without unknown values; `facets` also counts them.

        Raises
        ------
        QueryError, QueryTimeout
            As in `facets`.

        Examples
        --------
        >>> archive.where().distinct("detector")
        ['HRC', 'SBC', 'WFC']
        """
        column = query.resolve(keyword, self.source.specs)
        return counting.distinct(self.source.store, column, self.condition, self.max_seconds)

    def group(self, *keys: str, **statistics: str | Sequence[str]) -> Table:
        """Return statistics of groups of observations, which are computed where the data are.

        Parameters
        ----------
        *keys : str
            The keys of the groups: keyword addresses, and dates by ``year(...)``, ``month(...)`` or
            ``day(...)``, also of a Modified Julian Date such as ``month(expstart)``.
        **statistics
            Keyword addresses of numbers, one or a list, by what is computed of them: ``mean``,
            ``median``, ``std`` (of a sample), ``min``, ``max``, ``sum`` or ``count``; of dates
            ``min`` and ``max``.

        Returns
        -------
        astropy.table.Table
            One row for each combination of the keys, sorted by them, with the number of
            ``observations`` and columns such as ``mean(raw.1.meandark)``.  A month is its first
            day; unknown values are masked.

        Raises
        ------
        QueryError
            If a keyword or a statistic does not exist, or a keyword is no number or no date.
        QueryTimeout
            If it takes longer than the time limit.

        Examples
        --------
        >>> table = archive.where(imagetyp="EXT").group("detector", mean="exptime")
        >>> table.colnames
        ['detector', 'observations', 'mean(exptime)']
        >>> archive.where().group("month(date_obs)")["month(date_obs)"].dtype
        dtype('<M8[D]')
        """
        from ..export.columns import make_table

        return make_table(*grouping.group(self, keys, statistics))

    def moc(self, order: int = 13) -> MOC:
        """Return the sky that the observations cover, as a multi-order coverage map.

        Parameters
        ----------
        order : int
            HEALPix order of the smallest cells, 4 to 16; cells of order 13 are 26 arcsec wide.

        Returns
        -------
        mocpy.MOC
            The cells that the footprints touch; mocpy must be installed.

        Raises
        ------
        QueryError
            If there is no such order.
        QueryTimeout
            If it takes longer than the time limit.

        Examples
        --------
        >>> moc = archive.where(detector="WFC").moc()
        >>> moc.max_order, moc.sky_fraction < 1e-5
        (13, True)
        """
        return coverage(self, order)

    def explain(self) -> Explanation:
        """Return the conditions that exclude every observation.

        Returns
        -------
        Explanation
            Printed, it has a line for each condition.  Each count may take as long as the time
            limit; a count that takes longer is left out.

        Examples
        --------
        >>> print(archive.where(targname="NOWHERE", exptime=(0, None)).explain())
        No observation meets all conditions.
        targname=NOWHERE: no observation meets this; without it there are results
        exptime>=0.0: ... observations meet this
        """
        return explain(self.source.store, self.source.specs, self.condition, self.max_seconds)

    def mongosh(self) -> str:
        """Return the line for the MongoDB shell that finds what `rows` does.

        Returns
        -------
        str
            A call of ``db.observations.find``.

        Examples
        --------
        >>> archive.where(detector="WFC").columns("rootname").sort("rootname").mongosh()
        'db.observations.find({detector: "WFC"}, {_id: 1}).sort({_id: 1})'
        """
        return mongosh.find(self._spelled, self.addresses, self.order, self.max_rows)

    def mongosh_count(self) -> str:
        """Return the line for the MongoDB shell that counts what `count` does.

        Returns
        -------
        str
            A call of ``db.observations.countDocuments``.

        Examples
        --------
        >>> archive.where(detector="WFC").mongosh_count()
        'db.observations.countDocuments({detector: "WFC"})'
        """
        return mongosh.count(self._spelled)

    def mongosh_facets(self, keyword: str, limit: int | None = None) -> str:
        """Return the line for the MongoDB shell that counts the values that `facets` does.

        Parameters
        ----------
        keyword : str
            The address of any keyword.
        limit : int, optional
            At most this many values.

        Returns
        -------
        str
            A call of ``db.observations.aggregate``.

        Examples
        --------
        >>> archive.where().mongosh_facets("detector", limit=1)
        'db.observations.aggregate([...{$limit: 1}])'
        """
        address = query.resolve(keyword, self.source.specs).address
        return mongosh.facets(address, self._spelled, optional_at_least_one(limit, "limit"))

    @property
    def _spelled(self) -> query.Condition:
        """The condition with the texts as they are stored, for the MongoDB shell."""
        return with_spellings(self.condition, self.source.store)
