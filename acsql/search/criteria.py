"""The criteria of a search: a condition, columns, a sort order and limits, as immutable values.

Every method returns new criteria, so that one search can be the start of several others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from .. import permissions, query
from ..errors import QueryError
from ..keywords import KeywordSpecs
from ..query import And, Column, Condition
from ..query.messages import shorten
from ..store import sorting
from ..store.client import Store
from ..store.current_specs import CurrentSpecs
from ..store.sorting import SortKey
from .limits import TIME_LIMIT, at_least_one, optional_seconds
from .overlaps import with_footprints

DEFAULT_COLUMNS = (
    "rootname",
    "detector",
    "targname",
    "proposid",
    "date_obs",
    "expstart",
    "exptime",
    "aperture",
    "filter1",
    "filter2",
    "imagetyp",
)


EVERYTHING = And()


@dataclass(frozen=True)
class Source:
    """The source of a search: the database and the keyword specs.

    Attributes
    ----------
    store : Store
        The database.
    current_specs : CurrentSpecs
        The keyword specs, by which addresses are resolved and values coerced.
    person : callable
        Returns the name of the person who searches and annotates.
    site_url : str, optional
        The address of the site of the archive.
    """

    store: Store
    current_specs: CurrentSpecs
    person: Callable[[], str] = permissions.user
    site_url: str | None = None

    @property
    def specs(self) -> KeywordSpecs:
        """The keyword specs as they are now."""
        return self.current_specs.value


@dataclass(frozen=True, eq=False, repr=False)
class Criteria:
    """The criteria of a search.

    Attributes
    ----------
    source : Source
        The archive that is searched.
    condition : Condition
        The condition that the observations must meet; by default all meet it.
    max_seconds : float, optional
        Seconds that the database may take; None for no limit.
    selected : tuple of Column, optional
        The columns, by default `DEFAULT_COLUMNS`.
    sort_order : tuple of Order, optional
        The sort order, by default the one of `order`.
    max_rows : int, optional
        The row limit, by default none.
    """

    source: Source
    condition: Condition = EVERYTHING
    max_seconds: float | None = TIME_LIMIT
    selected: tuple[Column, ...] | None = None
    sort_order: tuple[SortKey, ...] | None = None
    max_rows: int | None = None

    def __repr__(self) -> str:
        text = query.format_condition(self.condition, self.source.specs)
        return f"<{type(self).__name__}: {shorten(text)}>"

    def where(self, *conditions: Condition | str, **keywords: Any) -> Self:
        """Return a search that also requires some conditions.

        Parameters
        ----------
        *conditions : Condition or str
            Conditions such as ``acsql.Equals("detector", "WFC")``, or texts in the query
            language such as ``"exptime>=100"``.  Texts ignore case, except `acsql.query.Exact`
            and texts in double quotes.
        **keywords
            More conditions, by promoted keyword: ``detector="WFC"`` (equality),
            ``targname="NGC*"`` (pattern), ``exptime=(100, None)`` (range, either end may be
            None), ``filter1=["F606W", "F814W"]`` (any of these), ``flashdur=None`` (no value).
            A list has at most 10,000 values, of ``rootname`` 300,000.

        Returns
        -------
        Search
            A search with all conditions joined by ``and``.

        Raises
        ------
        QueryError
            If a keyword does not exist, or a value does not fit its type.
        ObservationNotFound
            If the observation of an `Overlaps` does not exist.

        Examples
        --------
        >>> wfc = archive.where(detector="WFC")
        >>> wfc.where("exptime>0", imagetyp="EXT").count() < wfc.count()
        True
        """
        specs = self.source.specs
        parsed = [
            query.parse(each, specs) if isinstance(each, str) else each for each in conditions
        ]
        new = And((*parsed, *query.from_keywords(keywords)))
        store = self.source.store
        condition = query.for_person(query.prepare(new, specs), self.source.person)
        condition = with_footprints(condition, store)
        return replace(self, condition=query.both(self.condition, condition))

    def columns(self, *addresses: str) -> Self:
        """Return a search that returns some keywords.

        Parameters
        ----------
        *addresses : str
            Keyword addresses such as ``exptime`` or ``flt.1.goodmean``, file names such as
            ``datasets.flc``, and ``s_region``, the footprint; also several in one text, separated
            by commas.  Without any, the default columns.

        Returns
        -------
        Search
            A search with each keyword once, in this order.

        Raises
        ------
        QueryError
            If a keyword does not exist.

        Examples
        --------
        >>> archive.where().columns("rootname", "flt.1.goodmean").table().colnames
        ['rootname', 'flt.1.goodmean']
        """
        resolved = tuple(query.resolve_results(_separated(addresses), self.source.specs))
        return replace(self, selected=resolved or None)

    def sort(self, *keys: str) -> Self:
        """Return a search with a sort order.

        Parameters
        ----------
        *keys : str
            Keyword addresses, as in `columns`; ``-`` before one sorts in descending order.  Ties
            are sorted by ``expstart``, then by ``rootname``.  Without any key, the default order:
            by the first keyword with a range or a pattern that has an index, else by ``expstart``.

        Returns
        -------
        Search
            A search with this order in place of any other.

        Raises
        ------
        QueryError
            If a keyword does not exist, has several values in one observation, or is
            ``flag_date``.

        Examples
        --------
        >>> rows = archive.where("exists(exptime)").sort("-exptime").limit(2).rows()
        >>> longest, second = [row["exptime"] for row in rows]
        >>> longest >= second
        True
        """
        order: dict[str, SortKey] = {}
        for key in _separated(keys):
            column = query.resolve(key.removeprefix("-"), self.source.specs)
            if not column.can_be_sorted:
                raise QueryError(f"cannot sort by {column.address}: {column.why_not_sorted}")
            order.setdefault(column.address, SortKey(column.address, key.startswith("-")))
        return replace(self, sort_order=tuple(order.values()) or None)

    def limit(self, rows: int | None) -> Self:
        """Return a search with a row limit, for `table`, `rows` and `mongosh`.

        Parameters
        ----------
        rows : int or None
            At most this many rows; None for all.

        Returns
        -------
        Search
            A search with this limit in place of any other.

        Raises
        ------
        QueryError
            If the limit is less than 1.

        Examples
        --------
        >>> len(archive.where().limit(3).table())
        3
        """
        return replace(self, max_rows=None if rows is None else at_least_one(rows, "limit"))

    def time_limit(self, seconds: float | None) -> Self:
        """Return a search with a time limit.

        Parameters
        ----------
        seconds : float or None
            The time that the database may take, in seconds; None for no limit.  The time of a
            script between two rows does not count.

        Returns
        -------
        Search
            A search with this limit in place of that of `acsql.connect`.

        Raises
        ------
        QueryError
            If `seconds` is not greater than 0.

        Examples
        --------
        >>> archive.where("raw.0.ccdgain=2").time_limit(300).count() >= 0
        True
        """
        return replace(self, max_seconds=optional_seconds(seconds))

    @property
    def selected_columns(self) -> list[Column]:
        """The columns of the result: address, type, unit and description of each."""
        return list(self.selected or query.resolve_all(DEFAULT_COLUMNS, self.source.specs))

    @property
    def addresses(self) -> list[str]:
        """The keyword addresses of the columns."""
        return [column.address for column in self.selected_columns]

    @property
    def order(self) -> Sequence[SortKey]:
        """The sort order: that of `sort`, else the default order."""
        return self.sort_order or sorting.default_order(self.condition, self.source.specs)

    @property
    def sorted_by(self) -> list[str]:
        """The sort order as `sort` takes it, such as ``["-exptime"]``."""
        return [f"-{key.address}" if key.descending else key.address for key in self.order]


def _separated(texts: Iterable[str]) -> Iterator[str]:
    """Yield the parts of texts that commas separate; other values are refused later."""
    for text in texts:
        if isinstance(text, str):
            yield from filter(None, (part.strip() for part in text.split(",")))
        else:
            yield text
