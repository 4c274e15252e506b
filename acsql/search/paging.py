"""One page of a search, and the cursors of the pages around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import QueryError
from ..store import sorting
from . import cursor, rows
from .criteria import Criteria
from .limits import optional_at_least_one


@dataclass(frozen=True)
class Page:
    """Some rows of a search, and the cursors of the next and the previous page, if any.

    Attributes
    ----------
    rows : list of dict
        Values by keyword address.
    next : str, optional
        The cursor for ``page(after=...)``; None on the last page.
    previous : str, optional
        The cursor for ``page(before=...)``; None on the first page.
    """

    rows: list[dict[str, Any]]
    next: str | None = None
    previous: str | None = None


@dataclass(frozen=True)
class PageRequest:
    """The page to read: its size, and the cursor before or after it.

    Attributes
    ----------
    size : int, optional
        Rows on a page; None for all.
    after, before : str, optional
        A cursor: the page follows or precedes it.  At most one of them.

    Raises
    ------
    QueryError
        If `size` is less than 1, or both cursors are given.
    """

    size: int | None
    after: str | None = None
    before: str | None = None

    def __post_init__(self) -> None:
        optional_at_least_one(self.size, "size")
        if self.after is not None and self.before is not None:
            raise QueryError("a page has a cursor after or before, not both")

    @property
    def backwards(self) -> bool:
        """Whether the page precedes its cursor."""
        return self.before is not None

    @property
    def cursor(self) -> str | None:
        """The cursor, or None for the first page."""
        return self.before if self.backwards else self.after


def read(criteria: Criteria, addresses: Sequence[str], request: PageRequest) -> Page:
    """Read one page.

    Parameters
    ----------
    criteria : Criteria
        The condition that the observations must meet, the order of the whole search, and the time
        limit.
    addresses : sequence of str
        The keywords to return.
    request : PageRequest
        The place and the size of the page.

    Returns
    -------
    Page
        The rows in the order of the search, also when read backwards.

    Raises
    ------
    QueryError
        If the cursor is not one of this search.
    QueryTimeout
        If it takes longer than the time limit.
    """
    total = sorting.total_order(criteria.order)
    direction = sorting.reversed_order(total) if request.backwards else total
    key = None if request.cursor is None else cursor.decode(request.cursor, len(total))
    # One more row than shown reveals whether another page follows.
    limit = 0 if request.size is None else request.size + 1
    found = list(rows.find(criteria, addresses, direction, limit, key))
    more = request.size is not None and len(found) > request.size
    found = found[: request.size]
    if request.backwards:
        found.reverse()
    # There is a page on the side of the cursor, as long as this one is not empty.
    has_next = bool(found) and (request.backwards or more)
    has_previous = bool(found) and (more if request.backwards else request.after is not None)
    return Page(
        found,
        cursor.encode(sorting.cursor_values(found[-1], total)) if has_next else None,
        cursor.encode(sorting.cursor_values(found[0], total)) if has_previous else None,
    )
