"""Log files: the messages of packages while a block runs, in a file whose disk may be full.

The handlers of the standard library print a traceback for each line that they cannot write, and
raise when they are closed.
"""

import errno
import io
import logging
import mmap
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from logging.handlers import WatchedFileHandler
from pathlib import Path

from .errors import ConfigError
from .permissions import BY_UMASK, Permissions

_FULL = (errno.ENOSPC, errno.EDQUOT)


class LogFile(WatchedFileHandler):
    """A handler that writes a file; a full disk costs lines of the log and one of standard error.

    The file may be rotated; a new one is opened then.

    Parameters
    ----------
    path : Path
        The file, to which lines are appended.
    delay : bool
        Whether to open it with the first line.
    """

    def __init__(self, path: Path, delay: bool = False) -> None:
        super().__init__(path, encoding="utf-8", delay=delay)
        # Memory that processes share which are forked later: all of them report a full disk once.
        self._failing = mmap.mmap(-1, 1)

    def _open(self) -> io.TextIOWrapper:
        """Open the file without a buffer, in which a line that cannot be written would stay."""
        raw = Path(self.baseFilename).open("ab", buffering=0)  # noqa: SIM115  # `close` closes it
        return io.TextIOWrapper(raw, encoding=self.encoding, write_through=True)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or report that it cannot be written."""
        try:
            super().emit(record)
        except OSError:  # from opening the file
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # the library's name
        """Report the first of the lines that cannot be written."""
        error = sys.exception()
        if not isinstance(error, OSError):
            super().handleError(record)
        elif not self._failing[0]:
            self._failing[0] = 1
            reason = error.strerror or str(error)
            print(
                f"cannot write the log {self.baseFilename}: {reason}; lines are lost until it can",
                file=sys.stderr,
            )

    def flush(self) -> None:
        """Note that a line was written: a later failure is reported again."""
        super().flush()
        self._failing[0] = 0


def open_log(path: Path, permissions: Permissions = BY_UMASK) -> LogFile:
    """Open a log file; its folder is made if necessary.

    Parameters
    ----------
    path : Path
        The file.
    permissions : Permissions
        Permissions of the file, and of folders that are made.

    Returns
    -------
    LogFile
        A handler without a formatter.

    Raises
    ------
    ConfigError
        If the file cannot be written for another reason than a full disk.
    """
    try:
        permissions.make_folder(path.parent)
        handler = LogFile(path)
        permissions.apply(path)
    except OSError as error:
        if error.errno in _FULL:
            return LogFile(path, delay=True)
        raise ConfigError(f"log_dir: cannot write {path}: {error.strerror}") from error
    return handler


@contextmanager
def logging_to(handlers: Sequence[logging.Handler], packages: Sequence[str]) -> Iterator[None]:
    """Send what packages log, from INFO on, to handlers while the block runs; close them after it.

    Parameters
    ----------
    handlers : sequence of Handler
        Where to.
    packages : sequence of str
        Names of loggers.
    """
    loggers = [logging.getLogger(name) for name in packages]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.INFO)
        for handler in handlers:
            logger.addHandler(handler)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
            for handler in handlers:
                logger.removeHandler(handler)
        for handler in handlers:
            handler.close()
