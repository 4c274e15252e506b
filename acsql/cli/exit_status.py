"""Exit statuses of all commands, in one table."""

import signal
from enum import IntEnum


class ExitStatus(IntEnum):
    """The number with which a command ends; statuses from 128 on are 128 plus a signal."""

    OK = 0
    FAILURES = 1
    ERROR = 2
    INTERRUPTED = 128 + signal.SIGINT
    PIPE_CLOSED = 128 + signal.SIGPIPE
    TERMINATED = 128 + signal.SIGTERM


MEANINGS = {
    ExitStatus.OK: "success",
    ExitStatus.FAILURES: "completed, but with failures, findings, or an owed or overdue ingest",
    ExitStatus.ERROR: "usage error, or acsql or the archive could not do it",
    ExitStatus.INTERRUPTED: "interrupted with Ctrl-C",
    ExitStatus.PIPE_CLOSED: "the reader of the output closed the pipe",
    ExitStatus.TERMINATED: "terminated by a signal (SIGTERM, or SIGHUP of a closed terminal)",
}
