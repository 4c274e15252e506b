"""The log of an ingest or repair: one file for each run.

It begins with user, host and versions, without which a log explains little years later.
"""

import getpass
import importlib
import logging
import platform
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from importlib import metadata
from pathlib import Path

from ..errors import ConfigError
from ..permissions import BY_UMASK, Permissions

# What the modules of these packages log goes into the file.
LOGGERS = ("acsql.ingest", "acsql.verify")
FORMAT = "%(asctime)s %(levelname)s: %(message)s"
DATE_FORMAT = "%m/%d/%Y %H:%M:%S"
PACKAGES = ("acsql", "astropy", "numpy", "PIL", "dask", "pymongo", "mongoengine")
_DISTRIBUTIONS = {"PIL": "pillow"}


@contextmanager
def log_file(
    log_dir: Path, started: datetime, permissions: Permissions = BY_UMASK
) -> Iterator[Path]:
    """Write a log file while the block runs.

    Parameters
    ----------
    log_dir : Path
        The folder of ``ingest_<YYYY-MM-DD-HH-MM-SS>.log``, made if necessary.
    started : datetime
        The time in its name (UTC, naive).
    permissions : Permissions
        Those of the file, and of folders that are made.

    Yields
    ------
    Path
        The file.

    Raises
    ------
    ConfigError
        If the file cannot be written.
    """
    path = log_dir / f"ingest_{started:%Y-%m-%d-%H-%M-%S}.log"
    try:
        permissions.make_folder(log_dir)
        handler = logging.FileHandler(path, encoding="utf-8")
        permissions.apply(path)
    except OSError as error:
        raise ConfigError(f"log_dir: cannot write {path}: {error.strerror}") from error
    handler.setFormatter(logging.Formatter(FORMAT, DATE_FORMAT))
    with ExitStack() as stack:
        stack.callback(handler.close)
        for name in LOGGERS:
            stack.enter_context(_handled_by(logging.getLogger(name), handler))
        for line in environment():
            logging.getLogger(LOGGERS[0]).info(line)
        yield path


@contextmanager
def _handled_by(logger: logging.Logger, handler: logging.Handler) -> Iterator[None]:
    """Send what a logger gets, from INFO on, to a handler."""
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def environment() -> Iterator[str]:
    """Yield the first lines of a log.

    Yields
    ------
    str
        One of user, host, Python and the versions and paths of packages.
    """
    yield f"User: {_user()}"
    yield f"Host: {socket.gethostname()}"
    yield f"Python Version: {sys.version}".replace("\n", " ")
    yield f"Python Path: {sys.executable}"
    yield f"Platform: {platform.platform()}"
    for name in PACKAGES:
        module = importlib.import_module(name)
        version = metadata.version(_DISTRIBUTIONS.get(name, name))
        yield f"{name} Version: {version}"
        yield f"{name} Path: {Path(module.__file__ or '').parent}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
