"""The answer of a service: rows, their columns, and the metadata of the VOTable."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from ..export.formats import votable
from ..export.votable import Frame
from ..query import Column
from ..query.columns import computed_column
from ..search import Search

# Rows that a service returns unless a client says otherwise, and at most.
DEFAULT_ROWS = 10_000
MAX_ROWS = 100_000


@dataclass(frozen=True)
class ServiceAnswer:
    """A table as a service returns it.

    Attributes
    ----------
    rows : iterable of mapping
        Values by the address of their column.
    columns : tuple of Column
        The columns.
    frame : Frame
        Description of the VOTable.
    """

    rows: Iterable[Mapping[str, Any]]
    columns: tuple[Column, ...]
    frame: Frame

    def votable(self) -> Iterator[bytes]:
        """Yield the VOTable in pieces."""
        return votable.write(self.rows, self.columns, self.frame)


def described_column(
    name: str,
    description: str,
    ucd: str,
    utype: str | None = None,
    type_: str = "str",
    unit: str | None = None,
    xtype: str | None = None,
) -> Column:
    """Return a column that no keyword has, such as one of URLs."""
    column = computed_column(name, type_, description, unit)
    return replace(column, spec=replace(column.spec, ucd=ucd, utype=utype, xtype=xtype))


def limited(search: Search, limit: int | None) -> tuple[list[dict[str, Any]], bool]:
    """Return the rows of a search, and whether there are more (DALI 1.1, section 2.3.4).

    Parameters
    ----------
    search : Search
        The conditions, columns and order.
    limit : int or None
        ``MAXREC``; None for `DEFAULT_ROWS`.

    Returns
    -------
    rows : list of dict
        At most `MAX_ROWS`.
    is_cut : bool
        True as well if no rows were wanted.
    """
    most = min(DEFAULT_ROWS if limit is None else limit, MAX_ROWS)
    if most == 0:
        return [], True
    found = list(islice(search.limit(most + 1).rows(), most + 1))
    return found[:most], len(found) > most
