"""The observations of a search: as a table, row by row, in pages, as thumbnails or as files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..datasets import Dataset, datasets_of
from ..errors import QueryError
from ..observation import Observation
from ..query import Equals
from ..query.messages import abbreviate
from ..store import queries, sorting
from . import notes, paging, rows, thumbnails
from .criteria import Criteria
from .limits import at_least_one
from .paging import Page, PageRequest

if TYPE_CHECKING:
    from astropy.table import Table


class Listing(Criteria):
    """Criteria whose observations can be read; the base of `Search`."""

    def table(self, times: bool = False) -> Table:
        """Return the observations as a table.

        Parameters
        ----------
        times : bool
            Whether dates, also Modified Julian Dates, are `astropy.time.Time`, and ``ra_targ`` and
            ``dec_targ`` also make a column ``target`` of `astropy.coordinates.SkyCoord`.

        Returns
        -------
        astropy.table.Table
            One row for each observation and one column for each keyword, with units and
            descriptions; unknown values are masked.  ``meta["comments"]`` has the `notes`, if
            there are any.

        Raises
        ------
        QueryTimeout
            If the search takes longer than the time limit.

        Examples
        --------
        >>> table = archive.where(detector="WFC").columns("rootname", "exptime").table()
        >>> table["exptime"].unit
        Unit("s")
        """
        from ..export.columns import make_table, table_of_values

        values = rows.arrays(self)
        if values is None:
            table = make_table(list(self.rows()), self.selected_columns)
        else:
            table = table_of_values(values, self.selected_columns)
        if found := self.notes():
            table.meta["comments"] = found
        if times:
            from ..export.observation_table import with_times

            return with_times(table, self.selected_columns)
        return table

    def notes(self) -> list[str]:
        """Return notes about the values that the conditions compare.

        Returns
        -------
        list of str
            A note for each keyword of the conditions that has type mismatches in the archive: a
            condition compares them as they are stored.

        Examples
        --------
        >>> archive.where("exptime>0").notes()
        []
        """
        return notes.notes(self.source.store, self.source.specs, self.condition)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the observations one by one, for results too large for a table.

        Yields
        ------
        dict
            Values by keyword address, in the order of the columns; None if unknown.

        Raises
        ------
        QueryTimeout
            If the search takes longer than the time limit.

        Examples
        --------
        >>> for row in archive.where(detector="WFC").columns("detector").limit(2).rows():
        ...     print(row["detector"])
        WFC
        WFC
        """
        addresses = self.addresses
        found = rows.find(self, addresses, self.order, self.max_rows or 0)
        # The sort keys are in them as well.
        return ({address: row[address] for address in addresses} for row in found)

    def page(self, size: int = 50, after: str | None = None, before: str | None = None) -> Page:
        """Return one page of rows, with the cursors of the pages around it.

        A page continues after the last row of another one, so that each row is on exactly one
        page even while an ingest adds observations.  The row limit does not apply.

        Parameters
        ----------
        size : int
            Rows on a page.
        after : str, optional
            The cursor `Page.next` of the page before.
        before : str, optional
            The cursor `Page.previous` of the page after.

        Returns
        -------
        Page
            Its ``rows`` and the cursors ``next`` and ``previous``; without a cursor the first page.

        Raises
        ------
        QueryError
            If `size` is less than 1, or a cursor does not belong to this search.
        QueryTimeout
            If the search takes longer than the time limit.

        Examples
        --------
        >>> search = archive.where().columns("rootname")
        >>> first = search.page(size=10)
        >>> second = search.page(size=10, after=first.next)
        >>> search.page(size=10, before=second.previous) == first
        True
        """
        return self._page(self.addresses, PageRequest(size, after, before))

    def thumbnails(
        self, size: int | None = None, after: str | None = None, before: str | None = None
    ) -> Page:
        """Return one page of thumbnails: their captions, and why some do not exist.

        Parameters
        ----------
        size : int, optional
            Thumbnails on a page, by default all.
        after, before : str, optional
            A cursor, as in `page`.

        Returns
        -------
        Page
            Rows with the keywords of a caption and ``no_thumbnail``: None where
            `Observation.thumbnail` exists, else the reason why it does not.

        Raises
        ------
        QueryError, QueryTimeout
            As in `page`.

        Examples
        --------
        >>> page = archive.where("exists(flt.0.filename)").thumbnails(size=5)
        >>> sorted(page.rows[0])[:4]
        ['date_obs', 'detector', 'expstart', 'exptime']
        """
        addresses = [*thumbnails.CAPTION_COLUMNS, *thumbnails.STATUS_COLUMNS]
        page = self._page(addresses, PageRequest(size, after, before))
        return thumbnails.with_status(page, self.source.specs)

    def footprints(self, size: int) -> list[dict[str, Any]]:
        """Return observations with their footprints on the sky, in the order of the search.

        Parameters
        ----------
        size : int
            At most this many.

        Returns
        -------
        list of dict
            The keywords of a caption and ``footprint``, a GeoJSON geometry or None.

        Raises
        ------
        QueryTimeout
            If the search takes longer than the time limit.

        Examples
        --------
        >>> (row,) = archive.where("exists(flt.0.filename)", detector="WFC").footprints(1)
        >>> row["footprint"]["type"]
        'MultiPolygon'
        """
        addresses = (*thumbnails.CAPTION_COLUMNS, "footprint")
        return list(rows.find(self, addresses, self.order, at_least_one(size, "size")))

    def _page(self, addresses: Sequence[str], request: PageRequest) -> Page:
        return paging.read(self, addresses, request)

    def sample(self, size: int) -> list[dict[str, Any]]:
        """Return random observations in no order, for plots of large results.

        Parameters
        ----------
        size : int
            At most this many rows; all if there are no more.  Of an archive without columns,
            whose observations are few, at most 4 % are read where there is no condition.

        Returns
        -------
        list of dict
            Rows as of `rows`.

        Raises
        ------
        QueryError
            If `size` is less than 1.
        QueryTimeout
            If the search takes longer than the time limit.

        Examples
        --------
        >>> len(archive.where("exptime>=0").columns("exptime").sample(5))
        5
        """
        return rows.sample(self, self.addresses, at_least_one(size, "size"))

    def files(self, filetypes: Sequence[str] | None = None) -> Iterator[Dataset]:
        """Yield the FITS files of the observations.

        Parameters
        ----------
        filetypes : sequence of str, optional
            Only these filetypes, such as ``["flt", "spt"]``; by default all.

        Yields
        ------
        Dataset
            Name, size, checksum and path of a file.

        Raises
        ------
        QueryError
            If a filetype does not exist.
        QueryTimeout
            If the search takes longer than the time limit.

        Examples
        --------
        >>> file = next(archive.where(detector="WFC").files(["raw"]))
        >>> file.filename.endswith("_raw.fits")
        True
        """
        names = self.source.specs.filetypes
        for filetype in filetypes or ():
            if filetype not in names:
                raise QueryError(
                    f"unknown filetype {abbreviate(filetype)}; the filetypes are {', '.join(names)}"
                )
        found = rows.find(self, ("ipppssoot", "proposid", "datasets", "files"), self.order)
        included = [name for name in names if name in (filetypes or names)]
        return (dataset for row in found for dataset in datasets_of(row, included))

    def neighbours(self, observation: Observation) -> tuple[str | None, str | None]:
        """Return the observations before and after one in this search.

        Parameters
        ----------
        observation : Observation
            Any observation; it need not meet the conditions.

        Returns
        -------
        tuple of (str or None, str or None)
            The ipppssoot of the observation before and of the one after; None at either end.

        Raises
        ------
        QueryTimeout
            If the search takes longer than the time limit.

        Examples
        --------
        >>> search = archive.where(detector="WFC").columns("ipppssoot")
        >>> first, second = [row["ipppssoot"] for row in search.limit(2).rows()]
        >>> search.neighbours(archive.observation(first)) == (None, second)
        True
        """
        order = sorting.total_order(self.order)
        itself = Equals("rootname", observation.rootname)
        (row,) = queries.find(self.source.store, itself, [], order, 1)
        key = sorting.cursor_values(row, order)
        before, after = (
            rows.find(self, ["ipppssoot"], direction, 1, key)
            for direction in (sorting.reversed_order(order), order)
        )
        return _ipppssoot(before), _ipppssoot(after)


def _ipppssoot(rows: Iterator[dict[str, Any]]) -> str | None:
    """Return the ipppssoot of the first row, if any."""
    return next((row["ipppssoot"] for row in rows), None)
