"""Named queries: the searches that analysts of ACS run again and again.

Each is a function of an archive that returns a table; its attribute ``query`` returns the same
search unrun, for results too large for a table and for the MongoDB shell.  `QUERIES` has all of
them by name: a function becomes one by the decorator `named_query`.

Examples
--------
>>> from acsql import named_queries
>>> named_queries.filter_distribution(archive, "WFC").colnames
['filter1', 'filter2', 'observations', 'percentage']
>>> named_queries.all_filenames.query(archive).mongosh()
'db.observations.aggregate([...])'
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, cast

from . import names
from .archive import Archive
from .errors import InvalidName
from .query import And, Between, Equals, Exists, Not, Or
from .search import Search
from .search.aggregation import (
    Aggregation,
    distribution,
    extensions,
    filenames,
    filenames_by_reference,
)

if TYPE_CHECKING:
    from astropy.table import Table

P = ParamSpec("P")


class NamedQuery(Protocol[P]):
    """A function that returns the table of a query, with the unrun query as ``query``."""

    __name__: str
    query: Callable[Concatenate[Archive, P], Search | Aggregation]

    def __call__(self, archive: Archive, *args: P.args, **kwargs: P.kwargs) -> Table:
        """Run the query."""


QUERIES: dict[str, NamedQuery[...]] = {}


def named_query(
    function: Callable[Concatenate[Archive, P], Search | Aggregation],
) -> NamedQuery[P]:
    """Add a query to `QUERIES`, and return it as a function that returns its table.

    Parameters
    ----------
    function : callable
        Takes an archive and the parameters of the query, which are text.  The first line of its
        docstring is the help of the command ``acsql query NAME``.

    Returns
    -------
    NamedQuery
        With `function` as its attribute ``query``.
    """

    @wraps(function)
    def tabulate(archive: Archive, *args: P.args, **kwargs: P.kwargs) -> Table:
        """Run the query."""
        return function(archive, *args, **kwargs).table()

    named = cast("NamedQuery[P]", tabulate)
    named.query = function
    QUERIES[named.__name__] = named
    return named


@named_query
def all_filenames(archive: Archive) -> Aggregation:
    """List all files of the archive, by rootname.

    Parameters
    ----------
    archive : Archive
        The archive.

    Returns
    -------
    astropy.table.Table
        With rootname, filetype and filename.
    """
    return filenames(archive.where().sort("rootname"))


@named_query
def filenames_in_date_range(archive: Archive, start: str, end: str) -> Aggregation:
    """List the files of the observations made between two dates, both included.

    Parameters
    ----------
    archive : Archive
        The archive.
    start, end : str or date
        UT dates such as ``2002``, ``2002-04`` or ``2002-04-13``: the whole year, month or day.

    Returns
    -------
    astropy.table.Table
        With rootname, filetype and filename, by date.

    Raises
    ------
    QueryError
        If a date is invalid.
    """
    return filenames(archive.where(Between("date_obs", start, end)).sort("date_obs"))


@named_query
def filenames_for_calibration(archive: Archive, keyword: str, reference_file: str) -> Aggregation:
    """List the files that are calibrated with a reference file.

    Parameters
    ----------
    archive : Archive
        The archive.
    keyword : str
        The keyword of primary headers that names the reference file: ``BIASFILE``, ``FLTFILE``,
        ``IDCTAB`` ...
    reference_file : str
        Its name, such as ``jref$n37163.fits``; wildcards are ``*`` and ``?``.

    Returns
    -------
    astropy.table.Table
        With rootname, filetype, filename and reference_file.

    Raises
    ------
    QueryError
        If no primary header has the keyword.
    """
    return filenames_by_reference(archive.where(), names.field(keyword), reference_file)


@named_query
def filters_for_rootname(archive: Archive, rootname: str) -> Search:
    """Show the filters of an observation.

    Parameters
    ----------
    archive : Archive
        The archive.
    rootname : str
        Eight or nine characters, in any case.

    Returns
    -------
    astropy.table.Table
        One row with rootname, detector, filter1 and filter2.

    Raises
    ------
    ObservationNotFound
        If there is no such observation.
    """
    key = archive.observation(rootname).rootname
    return archive.where(rootname=key).columns("rootname", "detector", "filter1", "filter2")


@named_query
def filter_distribution(archive: Archive, detector: str | None = None) -> Aggregation:
    """Count the observations of each pair of filters, and their percentage.

    Parameters
    ----------
    archive : Archive
        The archive.
    detector : str, optional
        Only observations with this detector, such as ``WFC``.

    Returns
    -------
    astropy.table.Table
        With filter1, filter2, observations and percentage, the most frequent pair first.
    """
    keywords = {} if detector is None else {"detector": detector}
    return distribution(archive.where(**keywords), "filter1", "filter2")


@named_query
def goodmean_for_dataset(archive: Archive, dataset: str) -> Aggregation:
    """List the mean of the good pixels of each science extension of an observation or a file.

    Parameters
    ----------
    archive : Archive
        The archive.
    dataset : str
        A rootname or a file name, in any case.

    Returns
    -------
    astropy.table.Table
        With rootname, filetype, extension, extname, extver and goodmean.

    Raises
    ------
    ObservationNotFound
        If there is no such observation.
    DatasetNotFound
        If the observation has no such file.
    """
    rootname, filetype = _rootname_and_filetype(dataset)
    observation = archive.observation(rootname)
    if filetype is not None:
        observation.path(filetype)
    search = archive.where(rootname=observation.rootname)
    return extensions(search, archive.specs.image_extname, "goodmean", filetype)


@named_query
def non_asn_rootnames(archive: Archive) -> Search:
    """List the observations that belong to no association.

    Parameters
    ----------
    archive : Archive
        The archive.

    Returns
    -------
    astropy.table.Table
        With rootname, detector, targname and date_obs.
    """
    unassociated = Or((Not(Exists("asn_id")), Equals("asn_id", "NONE")))
    return archive.where(unassociated).columns("rootname", "detector", "targname", "date_obs")


@named_query
def rootnames_for_target(archive: Archive, targname: str) -> Search:
    """List the observations of a target.

    Parameters
    ----------
    archive : Archive
        The archive.
    targname : str
        The name of the target in the proposal; wildcards are ``*`` and ``?``.

    Returns
    -------
    astropy.table.Table
        With rootname, targname, detector and date_obs.
    """
    search = archive.where(targname=targname)
    return search.columns("rootname", "targname", "detector", "date_obs")


@named_query
def rootnames_with_postflash(archive: Archive) -> Search:
    """List the observations with a post-flash (FLASHDUR > 0), except darks.

    Parameters
    ----------
    archive : Archive
        The archive.

    Returns
    -------
    astropy.table.Table
        With rootname, imagetyp, flashdur (s) and date_obs.
    """
    flashed = Between("flashdur", low=0, low_inclusive=False)
    search = archive.where(And((flashed, Not(Equals("imagetyp", "DARK")))))
    return search.columns("rootname", "imagetyp", "flashdur", "date_obs")


def _rootname_and_filetype(name: str) -> tuple[str, str | None]:
    """Return the rootname and filetype of a file name, or a rootname and None."""
    try:
        filename = names.Filename.parse(name.strip().lower())
    except InvalidName:
        return name, None
    return filename.rootname, filename.filetype
