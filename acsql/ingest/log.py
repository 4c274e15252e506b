"""The log of an ingest: one file for each run, readable years later.

It opens with who ran what where, because a log without the versions explains little.
"""

import getpass
import importlib
import logging
import platform
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import metadata
from pathlib import Path

from ..errors import ConfigError

logger = logging.getLogger("acsql.ingest")

FORMAT = "%(asctime)s %(levelname)s: %(message)s"
DATE_FORMAT = "%m/%d/%Y %H:%M:%S"
PACKAGES = ("acsql", "astropy", "numpy", "PIL", "dask", "pymongo", "mongoengine")
_DISTRIBUTIONS = {"PIL": "pillow"}


@contextmanager
def log_file(log_dir: Path, started: datetime) -> Iterator[Path]:
    """Send what an ingest logs to ``ingest_<YYYY-MM-DD-HH-MM-SS>.log`` while the block runs.

    Raises
    ------
    ConfigError
        If the file cannot be written.
    """
    path = log_dir / f"ingest_{started:%Y-%m-%d-%H-%M-%S}.log"
    try:
        log_dir.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"log_dir: cannot write {path}: {error.strerror}") from error
    handler.setFormatter(logging.Formatter(FORMAT, DATE_FORMAT))
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        for line in environment():
            logger.info(line)
        yield path
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        handler.close()


def environment() -> Iterator[str]:
    """Yield the lines that say where a run takes place: user, host, Python and packages."""
    yield f"User: {_user()}"
    yield f"Host: {socket.gethostname()}"
    yield f"Python Version: {sys.version}".replace("\n", " ")
    yield f"Python Path: {sys.executable}"
    yield f"Platform: {platform.platform()}"
    for name in PACKAGES:
        module = importlib.import_module(name)
        version = metadata.version(_DISTRIBUTIONS.get(name, name))
        yield f"{name} Version: {version}"
        yield f"{name} Path: {Path(module.__file__).parent}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
