"""The moment that the answers to a request are of.

A page asks several times which observations have changed since something was kept.  The answer of
the first time is right for all of them: what is written while a page is made may be missing in it.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from .client import Store

Result = TypeVar("Result")

# Stores and keys to what has been read since the beginning of the block, None outside of one.
_reads: ContextVar[dict[tuple[Store, Hashable], Any] | None] = ContextVar("reads", default=None)


@contextmanager
def one_moment() -> Iterator[None]:
    """Let `once` read once, as far as the block is executed by this thread.

    The block has to be short, and must not read what it has written itself.
    """
    token = _reads.set({})
    try:
        yield
    finally:
        _reads.reset(token)


def once(store: Store, key: Hashable, read: Callable[[], Result]) -> Result:
    """Return what a function reads, in a block of `one_moment` what it read the first time.

    Parameters
    ----------
    store : Store
        The open database.
    key : hashable
        Stands for the function.
    read : callable
        Reads something of the database.

    Returns
    -------
    object
        Not to be changed.
    """
    reads = _reads.get()
    if reads is None:
        return read()
    if (store, key) not in reads:
        reads[store, key] = read()
    return cast(Result, reads[store, key])
