"""Coverage of the sky by the observations of a search, as a multi-order coverage map (MOC).

A map is the union of the footprints.  It is made in pieces, one for each year of observation, so
that an archive that grows makes the pieces again that have changed, which takes seconds at most.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Any

from .. import query
from ..errors import CoverageIncomplete, QueryError
from ..fits.regions import polygons
from ..query import Equals, Exists, Not
from ..query.messages import abbreviate
from ..store.applied_migrations import applied
from . import rows
from .criteria import Criteria
from .grouping import group

if TYPE_CHECKING:
    from mocpy import MOC

# Cells of 26 arcsec: sixty of them in a field of the WFC, one in a field of the HRC or the SBC
# (202, 29 and 35 arcsec; ACS Instrument Handbook, chapter 3).
ORDER = 13
# The orders of cells from 3.4 degrees to 3 arcsec, below which a map of the archive has gigabytes.
ORDERS = range(4, 17)
# Observations whose footprints are in memory together.
_BATCH = 5000
# The key that groups the observations of a search into pieces, and the time of their last ingest.
_YEAR, _NEWEST = "year(date_obs)", "last_ingest_date"

# Returns the content of a key; the second argument makes it where none is kept.
Keep = Callable[[str, Callable[[], bytes]], bytes]


def coverage(
    criteria: Criteria, order: int = ORDER, keep: Keep | None = None, seconds: float | None = None
) -> MOC:
    """Return the sky that the observations of a search cover.

    Parameters
    ----------
    criteria : Criteria
        The search; its columns, order and row limit do not apply.
    order : int
        One of `ORDERS`, the HEALPix order of the smallest cells.
    keep : callable, optional
        Keeps pieces: it takes a key, which changes whenever the content would, and a function that
        makes the content.
    seconds : float, optional
        The time in which pieces are made.  They are kept, so another call gets further.

    Returns
    -------
    mocpy.MOC
        The cells that the footprints touch.

    Raises
    ------
    QueryError
        If the order is not one of `ORDERS`.
    QueryTimeout
        If the search takes longer than the time limit.
    CoverageIncomplete
        If some pieces were not made in time.
    """
    from mocpy import MOC

    if order not in ORDERS:
        raise QueryError(f"order: expected {ORDERS[0]} to {ORDERS[-1]}, not {abbreviate(order)}")
    if keep is None:
        return _map(criteria, order)
    pieces = list(_pieces(criteria))
    # Processes and threads that make the same map at the same time begin with different pieces.
    random.shuffle(pieces)
    deadline = None if seconds is None else monotonic() + seconds
    found = MOC.new_empty(order)
    for key, piece in pieces:
        content = keep(f"moc {order} {key}", partial(_content, piece, order, deadline))
        found = found.union(MOC.from_string(content.decode(), "json"))
    return found


def _pieces(criteria: Criteria) -> Iterator[tuple[str, Criteria]]:
    """Yield the parts of a search, which are searches, each with a text that identifies it."""
    text = query.format_condition(criteria.condition, criteria.source.specs)
    # A migration may change footprints, but no date of ingest.
    migrated = max(applied(criteria.source.store), default=0)
    lines, _ = group(criteria, [_YEAR], {"max": _NEWEST})
    for line in lines:
        year, number, newest = line[_YEAR], line["observations"], line[f"max({_NEWEST})"]
        dated = Not(Exists("date_obs")) if year is None else Equals("date_obs", f"{year:04d}")
        yield f"{migrated} {year} {number} {newest} {text}", criteria.where(dated)


def _content(criteria: Criteria, order: int, deadline: float | None) -> bytes:
    if deadline is not None and monotonic() > deadline:
        raise CoverageIncomplete(
            "the coverage map is still being computed: try again in a few seconds"
        )
    text: str = _map(criteria, order).to_string("json")
    return text.encode()


def _map(criteria: Criteria, order: int) -> MOC:
    from mocpy import MOC

    found = MOC.new_empty(order)
    every = rows.find(criteria, ["footprint"], criteria.order)
    while batch := list(islice(every, _BATCH)):
        found = found.union(*_maps(batch, order))
    return found


def _maps(batch: Iterable[Mapping[str, Any]], order: int) -> list[MOC]:
    """Return a map for each chip of the observations of a batch, the same outlines once."""
    import numpy as np
    from mocpy import MOC

    outlines = {tuple(outline) for row in batch for outline in polygons(row["footprint"])}
    maps = [MOC.new_empty(order)]
    # Outlines of equal length are one array: longitudes and latitudes of each in turn.
    for length in {len(outline) for outline in outlines}:
        alike = np.array([outline for outline in outlines if len(outline) == length])
        vertices = np.ascontiguousarray(alike.transpose(0, 2, 1)).reshape(-1, length)
        maps += MOC.from_polygons(vertices, max_depth=order, n_threads=1)
    return maps
