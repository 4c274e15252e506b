"""Coverage maps of searches for the pages and services of the site, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..search import Search
from ..search.coverage import ORDER, coverage
from .context import picture_cache

if TYPE_CHECKING:
    from mocpy import MOC

# Seconds that each query may take, and after which no further piece of a map is made: what was made
# until then is kept, so that another request for the same map gets further.
TIME_LIMIT = 20
MAKING_S = 5
# Seconds after which a client should ask again, while other processes make pieces as well.
RETRY_AFTER_S = 5


def coverage_map(search: Search, order: int = ORDER) -> MOC:
    """Return the sky that the observations of a search cover.

    Parameters
    ----------
    search : Search
        Its conditions.
    order : int
        The HEALPix order of the smallest cells.

    Returns
    -------
    mocpy.MOC
        The cells that the footprints touch.

    Raises
    ------
    QueryError
        If the order is out of range.
    CoverageIncomplete
        If it was not made in time.
    QueryTimeout, DatabaseError
        If a query takes too long, or the database fails.
    """
    return coverage(search.time_limit(TIME_LIMIT), order, picture_cache().get, MAKING_S)
