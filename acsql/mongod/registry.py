"""The registry of the private server: the processes that use it, whether it is kept, its last port.

It is a file that only the holder of a lock file reads and writes.  It has only facts that cannot be
read from the operating system.
"""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from .. import file_lock
from ..errors import DatabaseError
from ..permissions import replace_file
from .process import identity

LOCK_SECONDS = 600  # the longest that another process may take to start or stop the server
_POLL_SECONDS = 0.05  # between two attempts to take the lock


@dataclass
class Registry:
    """The state file of one `data_dir`.

    Attributes
    ----------
    data_dir : Path
        The folder for acsql's own files.
    port : int or None
        The port on which the server listened last.
    version : str or None
        The version of the mongod that ran last.
    kept : bool
        Whether the server runs until it is stopped, and not only until its last user ends.
    stopped : bool
        Whether it was stopped on request, and must stay away until it is started on request.
    ending : bool
        Whether the server, if it still runs, is about to end after its last user.
    users : list of (int, float)
        The processes that use it, each as often as it does, as `acsql.mongod.process.identity`
        returns them.
    """

    data_dir: Path
    port: int | None = None
    version: str | None = None
    kept: bool = False
    stopped: bool = False
    ending: bool = False
    users: list[tuple[int, float]] = field(default_factory=list)

    @property
    def dbpath(self) -> Path:
        """The folder with the data."""
        return self.data_dir / "mongodb"

    @property
    def file(self) -> Path:
        """The state file."""
        return self.data_dir / "mongodb.json"

    def load(self) -> None:
        """Read the state file, if there is one, without the users that have ended.

        Raises
        ------
        DatabaseError
            If the file is damaged.
        """
        try:
            content = json.loads(self.file.read_text(encoding="utf-8"))
            self.port, self.kept = content["port"], content["kept"]
            # Older files do not have these.
            self.stopped, self.version = content.get("stopped", False), content.get("version")
            self.ending = content.get("ending", False)
            users = [(pid, began) for pid, began in content["users"]]
        except FileNotFoundError:
            return
        except (ValueError, TypeError, KeyError) as error:
            raise DatabaseError(
                f"{self.file} is damaged ({error!r}): remove it; the data are elsewhere"
            ) from error
        self.users = [user for user in users if identity(user[0]) == user]

    def content(self) -> dict[str, Any]:
        """Return a copy of the content of the state file."""
        return {
            "port": self.port,
            "version": self.version,
            "kept": self.kept,
            "stopped": self.stopped,
            "ending": self.ending,
            "users": list(self.users),
        }

    def save(self) -> None:
        """Write the state file."""
        replace_file(self.file, json.dumps(self.content()))


@contextmanager
def locked(data_dir: str | Path) -> Iterator[Registry]:
    """Give one process at a time the registry of a folder, and save its changes.

    Parameters
    ----------
    data_dir : str or Path
        The folder for acsql's own files; it is created if necessary.

    Yields
    ------
    Registry
        To read and change.

    Raises
    ------
    DatabaseError
        If another process holds the lock for `LOCK_SECONDS`, or the folder is unusable or belongs
        to another account.
    """
    registry = Registry(Path(data_dir).resolve())
    with _explained(registry):
        _check_owner(registry)
        registry.dbpath.mkdir(parents=True, exist_ok=True)
        with _lock(registry):
            yield registry


@contextmanager
def locked_if_exists(data_dir: str | Path) -> Iterator[Registry | None]:
    """Do the same as `locked` without creating a folder, also if it is deleted meanwhile.

    Parameters
    ----------
    data_dir : str or Path
        The folder for acsql's own files.

    Yields
    ------
    Registry or None
        To read and change; None if no private server has ever run there.

    Raises
    ------
    DatabaseError
        As for `locked`.
    """
    registry = Registry(Path(data_dir).resolve())
    with _explained(registry), ExitStack() as stack:
        found = None
        if exists(data_dir):
            _check_owner(registry)
            with suppress(FileNotFoundError):
                stack.enter_context(_lock(registry))
                found = registry
        # Again, because the process that held the lock may have deleted the folder.
        yield found if exists(data_dir) else None


@contextmanager
def _lock(registry: Registry) -> Iterator[None]:
    """Hold the lock of a registry, which is read at the beginning and saved at the end."""
    path = registry.data_dir / "mongodb.lock"
    attempts = Retrying(
        retry=retry_if_exception_type(BlockingIOError),
        stop=stop_after_delay(LOCK_SECONDS),
        wait=wait_fixed(_POLL_SECONDS),
    )
    with ExitStack() as stack:
        try:
            attempts(lambda: stack.enter_context(file_lock.held(path, 0o644, wait=False)))
        except RetryError as error:
            raise DatabaseError(
                f"another process has held {path} for {LOCK_SECONDS} s: it is stuck while starting "
                "or stopping the private MongoDB; end it and try again"
            ) from error
        registry.load()
        before = registry.content()
        yield
        if registry.content() != before:
            # A folder that was deleted meanwhile needs no registry.
            with suppress(FileNotFoundError):
                registry.save()


@contextmanager
def _explained(registry: Registry) -> Iterator[None]:
    """Name the folder in errors of the system."""
    try:
        yield
    except OSError as error:
        raise DatabaseError(
            f"cannot use data_dir {registry.data_dir} for the private MongoDB: {error}"
        ) from error


def _owner(folder: Path) -> str:
    """Return the name of the owner of a folder, or the number of an account without a name."""
    try:
        return folder.owner()
    except KeyError:
        return str(folder.stat().st_uid)


def _check_owner(registry: Registry) -> None:
    """Refuse a folder of another account, whose mongod could not open the files of this one."""
    folder = registry.dbpath if registry.dbpath.exists() else registry.data_dir
    if folder.exists() and folder.stat().st_uid != os.geteuid():
        owner = _owner(folder)
        raise DatabaseError(
            f"{folder} belongs to the user {owner}, whose MongoDB cannot open files of another "
            f"user: run acsql as {owner}, or set data_dir to a folder of your own"
        )


def exists(data_dir: str | Path) -> bool:
    """Return whether a private server has ever run in a folder; creates nothing.

    Parameters
    ----------
    data_dir : str or Path
        The folder for acsql's own files.

    Returns
    -------
    bool
        Whether it has a folder for the data.

    Raises
    ------
    DatabaseError
        If the folder is unusable.
    """
    registry = Registry(Path(data_dir).resolve())
    with _explained(registry):
        return registry.dbpath.is_dir()
