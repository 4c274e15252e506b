"""Progress bars and log lines on stderr; ``-v`` and ``-q`` set how many."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TypeVar

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

T = TypeVar("T")

_FORMAT = "%(asctime)s %(levelname)s: %(message)s"


def progress_bar(
    verbosity: int, unit: str = "observation"
) -> Callable[[int], AbstractContextManager[Callable[[], object]]]:
    """Return what shows progress: called with a total, it gives a context that counts calls.

    Parameters
    ----------
    verbosity : int
        Below 0 there is no bar; otherwise there is one if stderr is a terminal.
    unit : str
        The noun for the things that are counted.
    """

    @contextmanager
    def _show(total: int) -> Iterator[Callable[[], object]]:
        with tqdm(total=total, unit=unit, disable=_disabled(verbosity)) as bar:
            yield bar.update

    return _show


def progress_of(verbosity: int, unit: str = "observation") -> Callable[[Iterable[T]], Iterable[T]]:
    """Return what wraps an iteration to show its progress; the parameters are `progress_bar`'s."""
    return lambda items: tqdm(items, unit=unit, disable=_disabled(verbosity))


def _disabled(verbosity: int) -> bool | None:
    """Return whether there is no bar; None leaves that to tqdm, which looks for a terminal."""
    return True if verbosity < 0 else None


@contextmanager
def showing_log(verbosity: int) -> Iterator[None]:
    """Show log lines of acsql on stderr while the block runs.

    Parameters
    ----------
    verbosity : int
        0 leaves logging as it is, -1 and less hides it; 1 shows what the log file has, 2 and more
        also what is for debugging.
    """
    if verbosity == 0:
        yield
        return
    logger = logging.getLogger("acsql")
    level = logger.level
    handler: logging.Handler = logging.NullHandler()
    if verbosity > 0:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(_FORMAT))
        logger.setLevel(logging.INFO if verbosity == 1 else logging.DEBUG)
    logger.addHandler(handler)
    try:
        # Log lines are written above a progress bar, not into it.
        with logging_redirect_tqdm([logger]) if verbosity > 0 else nullcontext():
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
