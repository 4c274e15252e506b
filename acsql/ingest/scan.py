"""What lies in the archive's file system, found without opening a file.

The directory listing and each file's size and time are all that change detection needs.  A
re-delivery can leave two directories for one exposure that differ in the ninth character: they
are one observation here, and of a filetype that both hold the younger file counts.
"""

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .. import names, paths
from ..errors import ConfigError, InvalidName
from ..names import Filename


@dataclass(frozen=True)
class FoundFile:
    """One file of ours: its name, its path below the archive's root, its size and time.

    `mtime` is UTC in milliseconds, which is what MongoDB keeps.
    """

    name: Filename
    path: str
    size: int
    mtime: datetime


@dataclass(frozen=True)
class Problem:
    """Something on disk that should have been an observation or a file of one."""

    rootname: str
    filename: str
    reason: str


@dataclass
class FoundObservation:
    """One rootname as it lies on disk: its files by filetype, and what is wrong there.

    `others` counts files that are not ours: trailers, pictures ...  `unreadable` is set where a
    folder could not be read, so that what was not found may be there all the same.
    """

    rootname: str
    ipppssoot: str
    path: str
    files: dict[str, FoundFile] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    others: int = 0
    unreadable: bool = False


def scan(
    filesystem: Path, filetypes: Collection[str], rootnames: Iterable[str] | None = None
) -> Iterator[FoundObservation]:
    """Yield the observations that lie below a directory, in the order of their names.

    Parameters
    ----------
    filesystem : Path
        The root of the archive, ``<first four>/<ipppssoot>/`` below it.
    filetypes : collection of str
        The filetypes that are ours.
    rootnames : iterable of str, optional
        Only these, of eight or nine characters in any case; one that is not there is yielded
        with a problem.

    Raises
    ------
    ConfigError
        If the root is not a directory that can be read.
    InvalidName
        If one of `rootnames` is none.
    """
    try:
        folders = sorted(entry.name for entry in os.scandir(filesystem) if len(entry.name) == 4)
    except OSError as error:
        raise ConfigError(f"filesystem {filesystem} cannot be read: {error.strerror}") from error
    if rootnames is None:
        for folder in folders:
            yield from _in_folder(filesystem, folder, filetypes)
        return
    wanted: dict[str, set[str]] = {}
    for rootname in map(names.rootname, rootnames):
        wanted.setdefault(rootname[:4], set()).add(rootname)
    for folder, keys in sorted(wanted.items()):
        found = {}
        if folder in folders:
            found = {f.rootname: f for f in _in_folder(filesystem, folder, filetypes, keys)}
        for key in sorted(keys):
            yield found.get(key) or _missing(key)


def _missing(rootname: str) -> FoundObservation:
    reason = "there is no folder of this rootname in the archive"
    return FoundObservation(rootname, rootname, "", problems=[Problem(rootname, rootname, reason)])


def _in_folder(
    filesystem: Path,
    folder: str,
    filetypes: Collection[str],
    keys: Collection[str] | None = None,
) -> Iterator[FoundObservation]:
    """Yield the observations of one first-four-characters folder."""
    directories: dict[str, list[str]] = {}
    try:
        entries = sorted(entry.name for entry in os.scandir(filesystem / folder))
    except OSError as error:
        if (filesystem / folder).is_dir():
            reason = f"the folder cannot be read: {error.strerror}"
            problem = Problem(folder, folder, reason)
            yield FoundObservation(folder, folder, folder, problems=[problem], unreadable=True)
        return
    for name in entries:
        if names.is_ipppssoot(name) and name[:4] == folder:
            key = names.rootname(name)
            if keys is None or key in keys:
                directories.setdefault(key, []).append(name)
    for key, ipppssoots in sorted(directories.items()):
        yield _observation(filesystem, key, ipppssoots, filetypes)


def _observation(
    filesystem: Path, rootname: str, ipppssoots: list[str], filetypes: Collection[str]
) -> FoundObservation:
    """Return what lies in the directories of one rootname."""
    found = FoundObservation(rootname, ipppssoots[-1], paths.observation_path(ipppssoots[-1]))
    for ipppssoot in ipppssoots:
        directory = paths.observation_path(ipppssoot)
        try:
            entries = sorted(os.scandir(filesystem / directory), key=lambda entry: entry.name)
        except OSError as error:
            reason = f"the folder cannot be read: {error.strerror}"
            found.problems.append(Problem(rootname, ipppssoot, reason))
            found.unreadable = True
            continue
        for entry in entries:
            _take(found, entry, directory, filetypes)
    if len(ipppssoots) > 1 and found.files:
        youngest = max(found.files.values(), key=lambda file: file.mtime)
        found.path = youngest.path.rpartition("/")[0]
        found.ipppssoot = found.path.rpartition("/")[2]
    return found


def _take(
    found: FoundObservation, entry: os.DirEntry, directory: str, filetypes: Collection[str]
) -> None:
    """Add one directory entry to an observation."""
    try:
        name = Filename.parse(entry.name)
    except InvalidName:
        found.others += 1
        return
    if name.filetype not in filetypes:
        found.others += 1
    elif name.rootname != found.rootname:
        reason = f"a file of {name.rootname} in the folder {directory}"
        found.problems.append(Problem(found.rootname, entry.name, reason))
    else:
        _take_file(found, entry, name, directory)


def _take_file(found: FoundObservation, entry: os.DirEntry, name: Filename, directory: str) -> None:
    try:
        if not entry.is_file():
            found.problems.append(Problem(found.rootname, entry.name, "it is not a file"))
            return
        size, mtime = moment(Path(entry.path))
    except OSError as error:
        found.problems.append(Problem(found.rootname, entry.name, str(error.strerror)))
        return
    file = FoundFile(name, f"{directory}/{entry.name}", size, mtime)
    other = found.files.get(name.filetype)
    if other is None or (other.mtime, other.path) < (file.mtime, file.path):
        found.files[name.filetype] = file


def moment(path: Path) -> tuple[int, datetime]:
    """Return the size and time of a file, which change when it is written.

    Raises
    ------
    OSError
        If it is not there, or the system does not say.
    """
    status = path.stat()
    return status.st_size, _utc(status.st_mtime_ns)


def _utc(nanoseconds: int) -> datetime:
    """Return a file's time as naive UTC in whole milliseconds."""
    seconds, rest = divmod(nanoseconds, 10**9)
    moment = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    return moment.replace(microsecond=rest // 10**6 * 1000)
