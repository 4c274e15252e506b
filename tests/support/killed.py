"""Ingests that are killed at a call of a function, in processes of their own.

They are forked from one process that has imported what an ingest imports: that takes longer than to
ingest the archive of a test.
"""

import multiprocessing
import os
import pkgutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymongo import monitoring

from acsql import config
from acsql.ingest import folding, process_pool, run
from acsql.store import recorded_files
from acsql.store.columns import fold

# Commands of the driver that change documents.
_WRITES = {"insert", "update", "delete", "findAndModify", "commitTransaction"}
CONTEXT = multiprocessing.get_context("forkserver")
# What an ingest and a run of monitors import when they need it.
PRELOADED = [
    *process_pool.PRELOADED,
    "acsql.migrations.steps",
    "acsql.store.document_classes",
    "distributed",
]
# Seconds; only an ingest that hangs takes that long.
PATIENCE_S = 300


def ingest_killed_at(settings: Path, step: str, when: str, word: str = "") -> None:
    """Ingest, and assert that the process was killed at a call of a function.

    Parameters
    ----------
    settings : Path
        The configuration file of the archive.
    step : str
        Where the function is found, such as ``acsql.store.runs.finish``.
    when : str
        ``before`` or ``after`` its first call.
    word : str
        A text in the arguments of the call.
    """
    exitcode = _exitcode(_ingest, settings, step, when, word)
    assert exitcode == -signal.SIGKILL, f"not killed {when} {step}: exit code {exitcode}"


def ingest_until_write(settings: Path, number: int | None) -> bool:
    """Ingest with small folds and merges; return whether the process was killed before a write.

    Parameters
    ----------
    settings : Path
        The configuration file of the archive.
    number : int or None
        The number of writes that precede the kill; None for no kill.
    """
    exitcode = _exitcode(_ingest_until_write, settings, number)
    assert exitcode in (0, -signal.SIGKILL), f"exit code {exitcode}"
    return exitcode != 0


def _exitcode(target: Callable[..., None], *arguments: Any) -> int | None:
    CONTEXT.set_forkserver_preload([*PRELOADED, __name__])
    process = CONTEXT.Process(target=target, args=arguments)
    process.start()
    process.join(PATIENCE_S)
    exitcode = process.exitcode
    process.kill()
    return exitcode


class _Killer(monitoring.CommandListener):
    """Kills the process before one of its writes."""

    def __init__(self, number: int) -> None:
        self._left = number

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name in _WRITES:
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1

    def succeeded(self, _: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, _: monitoring.CommandFailedEvent) -> None:
        pass


def _ingest_until_write(settings: Path, number: int | None) -> None:
    folding.LEAST_AT_END, fold.FOLD_ROWS = 2, 2
    recorded_files._FEW = -1
    fold.PART_ROWS, fold._SMALL_ROWS, fold._SMALL_PARTS = 4, 3, 2
    if number is not None:
        monitoring.register(_Killer(number))
    run.ingest(config.load(settings), run.Options(scheduler="synchronous"))


def _ingest(settings: Path, step: str, when: str, word: str) -> None:
    name, _, function = step.rpartition(".")
    owner = pkgutil.resolve_name(name)
    original = getattr(owner, function)

    def killed(*arguments: Any, **options: Any) -> Any:
        if word not in str(arguments):
            return original(*arguments, **options)
        if when == "after":
            original(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    setattr(owner, function, killed)
    run.ingest(config.load(settings), run.Options(scheduler="synchronous"))
