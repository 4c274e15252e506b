"""Runs of monitors that are killed before or after a command that they send to the database."""

import os
import signal
from pathlib import Path
from typing import Any

from killed import CONTEXT, PATIENCE_S, PRELOADED
from pymongo import monitoring

from acsql import config
from acsql.ingest import measure

# Small, so that the rows of a run are written with many commands.
BATCH = 3


class Killer(monitoring.CommandListener):
    """Kills the process at a command; with none it counts them."""

    def __init__(self, number: int, moment: str) -> None:
        self.number = number
        self.moment = moment
        self.seen = 0

    def started(self, event: Any) -> None:
        """Count a command, and kill before the server gets it."""
        # Sent in the background at any time.
        if event.command_name not in ("hello", "ismaster", "ping", "endSessions"):
            self.seen += 1
            if (self.seen, self.moment) == (self.number, "before"):
                os.kill(os.getpid(), signal.SIGKILL)

    def succeeded(self, _event: Any) -> None:
        """Kill after the server has answered."""
        if (self.seen, self.moment) == (self.number, "after"):
            os.kill(os.getpid(), signal.SIGKILL)

    def failed(self, _event: Any) -> None:
        """Go on: a command may fail."""


def commands_of_a_run(settings: Path) -> int:
    """Run all monitors to the end, and return how many commands the run sends."""
    receiver, sender = CONTEXT.Pipe(duplex=False)
    _in_a_process(settings, 0, "never", sender)
    return receiver.recv()


def measure_killed_at(settings: Path, number: int, moment: str) -> int:
    """Run all monitors, killed ``before`` or ``after`` a command; return the exit code."""
    return _in_a_process(settings, number, moment, None)


def _in_a_process(settings: Path, number: int, moment: str, sender: Any) -> int:
    CONTEXT.set_forkserver_preload([*PRELOADED, __name__])
    process = CONTEXT.Process(target=_measure, args=(settings, number, moment, sender))
    process.start()
    process.join(PATIENCE_S)
    exitcode = process.exitcode
    process.kill()
    assert exitcode is not None, "the run hangs"
    return exitcode


def _measure(settings: Path, number: int, moment: str, sender: Any) -> None:
    killer = Killer(number, moment)
    monitoring.register(killer)
    measure.BATCH = BATCH
    measure.run(config.load(settings), measure.Options(scheduler="synchronous"))
    if sender is not None:
        sender.send(killer.seen)
