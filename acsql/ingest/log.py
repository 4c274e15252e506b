"""The log of an ingest or repair: one file for each run.

It begins with user, host and versions, without which a log explains little years later.
"""

import getpass
import logging
import platform
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import metadata, util
from pathlib import Path

from ..logs import logging_to, open_log
from ..permissions import BY_UMASK, Permissions

# The packages whose messages go into the file.
LOGGERS = ("acsql.ingest", "acsql.verify", "acsql.store", "acsql.mongod")
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
        The permissions of the file, and of folders that are made.

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
    handler = open_log(path, permissions)
    handler.setFormatter(logging.Formatter(FORMAT, DATE_FORMAT))
    with logging_to([handler], LOGGERS):
        for line in environment():
            logging.getLogger(LOGGERS[0]).info(line)
        yield path


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
        # Importing them would take a fourth of the time of an ingest that finds nothing new.
        spec = util.find_spec(name)
        version = metadata.version(_DISTRIBUTIONS.get(name, name))
        yield f"{name} Version: {version}"
        yield f"{name} Path: {Path(spec.origin or '').parent if spec else 'unknown'}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
