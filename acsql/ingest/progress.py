"""Progress of an ingest: a function that its caller passes, or none."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

# Called with the number of observations; returns a context manager whose value is called each
# time one of them is done.
Progress = Callable[[int], AbstractContextManager[Callable[[], object]]]


@contextmanager
def no_progress(_: int) -> Iterator[Callable[[], object]]:
    """Show no progress."""
    yield lambda: None
