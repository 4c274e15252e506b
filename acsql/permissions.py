"""File permissions: those of the files that acsql writes, and checks whether a file can be read.

A site often runs as another user than the ingest.  The umask of the ingest decides what that user
may read unless `Config.file_mode` and `Config.file_group` say it, and a file that may not be read
is a separate error, which is mended differently from a file that does not exist.
"""

import grp
import os
import pwd
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .config import Config
from .errors import AccessDenied, ConfigError

# Advice for errors about files that acsql itself has written.
PICTURES_AND_LOGS = "the settings file_mode and file_group of the ingest decide who may read it"
# Who may read (4) or write (2) the files of a folder may also search it (1).
_SEARCHABLE = str.maketrans("46", "57")


@dataclass(frozen=True)
class Permissions:
    """The permissions of new files and folders; None leaves the umask and the user's own group.

    Attributes
    ----------
    mode : str, optional
        The mode of files in octal digits, as `Config.file_mode`.
    group : int, optional
        The id of the group of files and folders.
    """

    mode: str | None = None
    group: int | None = None

    def apply(self, file: Path) -> None:
        """Set mode and group of a file that this process has made.

        Parameters
        ----------
        file : Path
            The file.

        Raises
        ------
        OSError
            If the system refuses.
        """
        self._set(file, None if self.mode is None else int(self.mode, 8))

    def make_folder(self, folder: Path) -> None:
        """Make a folder and its parents; those that exist stay as they are.

        Parameters
        ----------
        folder : Path
            The folder.

        Raises
        ------
        OSError
            If the system refuses.
        """
        mode = None if self.mode is None else int(self.mode.translate(_SEARCHABLE), 8)
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            self._set(each, mode)

    def _set(self, path: Path, mode: int | None) -> None:
        if self.group is not None:
            os.chown(path, -1, self.group)
        if mode is not None:
            path.chmod(mode)


BY_UMASK = Permissions()


@lru_cache(maxsize=8)
def permissions_of(config: Config) -> Permissions:
    """Return the permissions that the configuration gives to new files.

    Parameters
    ----------
    config : Config
        The archive.

    Returns
    -------
    Permissions
        For pictures and logs.

    Raises
    ------
    ConfigError
        If `Config.file_group` is not a group, or this user may not give files to it.
    """
    name = config.file_group
    if name is None:
        return Permissions(config.file_mode)
    try:
        group = int(name) if name.isdecimal() else grp.getgrnam(name).gr_gid
    except KeyError as error:
        raise ConfigError(f"file_group: this machine has no group {name!r}") from error
    if os.geteuid() != 0 and group not in (os.getegid(), *os.getgroups()):
        raise ConfigError(f"file_group: the user {user()!r} is not a member of {name!r}")
    return Permissions(config.file_mode, group)


def replace_file(file: Path, text: str) -> None:
    """Write a file atomically, so that not even a power cut leaves half of it.

    Parameters
    ----------
    file : Path
        Only its owner can read it.
    text : str
        Its new content.
    """
    # A temporary file has the mode 0600 from the start.
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as new:
        new.write(text)
        new.flush()
        os.fsync(new.fileno())
    Path(new.name).replace(file)


def user() -> str:
    """Return the name of the user as whom this process runs, or its number without a name."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def is_readable_file(path: Path, name: str, advice: str = "") -> bool:
    """Return whether a file exists, and raise an error if this process may not read it.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Its name in the error.
    advice : str
        The advice in the error.

    Returns
    -------
    bool
        False if there is no file.

    Raises
    ------
    AccessDenied
        If the file or its folder denies access to the user of this process.
    """
    try:
        if not path.is_file():
            return False
        # Only an attempt shows what access lists and network file systems allow.
        path.open("rb").close()
    except PermissionError as error:
        raise denied(name, advice) from error
    return True


def may_read(path: Path) -> bool:
    """Return whether this process may read a file, as the system says without opening it."""
    return os.access(path, os.R_OK, effective_ids=True)


def denied(name: str, advice: str = "") -> AccessDenied:
    """Return the error for a file that this process may not read; parameters as above."""
    hint = f": {advice}" if advice else ""
    return AccessDenied(f"{name} may not be read by the user {user()!r} of this process{hint}")
