"""The end of a run, however it ends: its record gets the final state and is closed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from ..store import runs
from ..store.outage import ending_early


class RunReport(Protocol):
    """The report of a run of ingest or of monitors."""

    @property
    def state(self) -> str:
        """The state of a run that ended with this report, one of those in `acsql.store.runs`."""


@contextmanager
def finishing(finish: Callable[[str, str | None], None], report: RunReport) -> Iterator[None]:
    """Finish a run when its block ends, also by an error or a signal, which is raised again.

    Parameters
    ----------
    finish : callable
        Closes the record of the run; called once, with its state and, if an error or a signal
        ended it, the reason.
    report : RunReport
        The report that the block completes.

    Yields
    ------
    None
        Nothing.
    """
    try:
        yield
    except BaseException as error:
        with ending_early():
            finish(*broken_off(error))
        raise
    finish(report.state, None)


def broken_off(error: BaseException) -> tuple[str, str]:
    """Return the state and reason of a run that an error or a signal has ended.

    Parameters
    ----------
    error : BaseException
        The error, or the exception of the signal.

    Returns
    -------
    tuple of str
        One of the states in `acsql.store.runs`, and a reason for the record.
    """
    if isinstance(error, KeyboardInterrupt):
        return runs.INTERRUPTED, "interrupted (Ctrl-C or SIGINT); the next run continues"
    if isinstance(error, SystemExit):
        return runs.INTERRUPTED, "terminated (SIGTERM or SIGHUP); the next run continues"
    return runs.FAILED, str(error) or type(error).__name__
