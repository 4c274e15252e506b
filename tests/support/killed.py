"""Ingests that are killed at a call of a function, in processes of their own.

They are forked from one process that has imported acsql: to import it takes longer than to ingest
the archive of a test.
"""

import multiprocessing
import os
import pkgutil
import signal
from pathlib import Path
from typing import Any

from acsql import config
from acsql.ingest import run

CONTEXT = multiprocessing.get_context("forkserver")
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
    CONTEXT.set_forkserver_preload([__name__])
    process = CONTEXT.Process(target=_ingest, args=(settings, step, when, word))
    process.start()
    process.join(PATIENCE_S)
    exitcode = process.exitcode
    process.kill()
    assert exitcode == -signal.SIGKILL, f"not killed {when} {step}: exit code {exitcode}"


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
