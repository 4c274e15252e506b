"""Scan of the archive's file system: the observations and files on disk.

No file is opened: the directory listing and each file's size and modification time are all that
change detection needs.  A re-delivery can leave two directories for one exposure that differ in
the ninth character: they are one observation here, and of a filetype in both the younger file
counts.  A folder or file may be a link to another place in the archive; a link out of it is not
followed here, because the site would not send what is behind it either.
"""

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from .. import names
from ..config import Config
from ..errors import ConfigError, InvalidName
from ..names import Filename
from . import layouts, links
from .abandonable import Patience
from .on_disk import FileOnDisk, ObservationOnDisk, ScanProblem

_patience = Patience()


def scan(
    filesystem: Path,
    filetypes: Collection[str],
    rootnames: Iterable[str] | None = None,
    *,
    layout: str = layouts.ACS,
    read_timeout: float = Config.read_timeout,
) -> Iterator[ObservationOnDisk]:
    """Yield the observations below a directory, sorted by rootname.

    Parameters
    ----------
    filesystem : Path
        The root of the archive.
    filetypes : collection of str
        The filetypes of the archive; files of others are ignored.
    rootnames : iterable of str, optional
        Only these, of eight or nine characters in any case; one that does not exist is yielded
        with a problem.
    layout : str
        One of `acsql.settings.LAYOUTS`: where below the root the observations are.
    read_timeout : float
        Seconds after which a folder that does not answer counts as unreadable.

    Yields
    ------
    ObservationOnDisk
        One for each rootname.

    Raises
    ------
    ConfigError
        If the root is not a directory that can be read.
    InvalidName
        If one of `rootnames` is not a rootname.
    """
    try:
        folders = _patience.call(read_timeout, layouts.parents, filesystem, layout)
    except OSError as error:
        root = error.filename or filesystem
        raise ConfigError(f"filesystem {root} cannot be read: {error.strerror}") from error
    if rootnames is None:
        for folder in folders:
            yield from _in_time(read_timeout, filesystem, folder, filetypes, layout)
        return
    by_folder: dict[str, set[str]] = {}
    for rootname in map(names.rootname, rootnames):
        by_folder.setdefault(layouts.parent(rootname, layout), set()).add(rootname)
    for folder, selected in sorted(by_folder.items()):
        observations = {}
        if folder in folders:
            observations = {
                observation.rootname: observation
                for observation in _in_time(
                    read_timeout, filesystem, folder, filetypes, layout, selected
                )
            }
        if folder in observations:
            yield observations[folder]
            continue
        for rootname in sorted(selected):
            yield observations.get(rootname) or _missing(rootname)


def _in_time(
    seconds: float,
    filesystem: Path,
    folder: str,
    filetypes: Collection[str],
    layout: str,
    selected: Collection[str] | None = None,
) -> list[ObservationOnDisk]:
    """Return the observations of a folder, or one with the problem that it cannot be read."""
    try:
        return _patience.call(
            seconds, lambda: list(_in_folder(filesystem, folder, filetypes, layout, selected))
        )
    except TimeoutError as error:
        return [_unreadable(folder, layout, error)]


def _unreadable(folder: str, layout: str, error: OSError) -> ObservationOnDisk:
    """Return an observation with the problem that a folder of many cannot be read."""
    if layout == layouts.MAST:
        # It contains all observations.
        raise ConfigError(_refusal(folder, error)) from error
    problem = ScanProblem(folder, folder, _refusal(folder, error))
    return ObservationOnDisk(folder, folder, folder, problems=(problem,), unreadable=True)


def _missing(rootname: str) -> ObservationOnDisk:
    reason = f"{rootname} has no folder in the archive"
    problem = ScanProblem(rootname, rootname, reason)
    return ObservationOnDisk(rootname, rootname, "", problems=(problem,))


def _in_folder(
    filesystem: Path,
    folder: str,
    filetypes: Collection[str],
    layout: str,
    selected: Collection[str] | None = None,
) -> Iterator[ObservationOnDisk]:
    """Yield the observations of one parent folder, all or those of some rootnames."""
    directories: dict[str, list[os.DirEntry[str]]] = {}
    try:
        entries = _entries(filesystem, folder, (filesystem / folder).is_symlink())
    except NotADirectoryError:
        return
    except OSError as error:
        yield _unreadable(folder, layout, error)
        return
    for entry in entries:
        if layouts.is_observation(folder, entry.name, layout):
            rootname = names.rootname(entry.name)
            if selected is None or rootname in selected:
                directories.setdefault(rootname, []).append(entry)
    for rootname, of_observation in sorted(directories.items()):
        yield _observation(filesystem, folder, rootname, of_observation, filetypes)


def _entries(filesystem: Path, folder: str, is_link: bool) -> list[os.DirEntry[str]]:
    """Return the entries of a folder by name; a link out of the archive is not followed."""
    if is_link:
        links.refuse_link_out(filesystem, folder)
    with os.scandir(filesystem / folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _refusal(folder: str, error: OSError) -> str:
    return f"the folder {folder} cannot be read: {error.strerror or error}"


def _observation(
    filesystem: Path,
    parent: str,
    rootname: str,
    directories: list[os.DirEntry[str]],
    filetypes: Collection[str],
) -> ObservationOnDisk:
    """Return the files in the directories of one rootname."""
    files: dict[str, FileOnDisk] = {}
    problems: list[ScanProblem] = []
    ignored, unreadable = 0, False
    for directory in directories:
        folder = f"{parent}/{directory.name}"
        try:
            entries = _entries(filesystem, folder, directory.is_symlink())
        except OSError as error:
            problems.append(ScanProblem(rootname, directory.name, _refusal(folder, error)))
            unreadable = True
            continue
        for entry in entries:
            file = _examine(entry, rootname, filesystem, folder, filetypes)
            if isinstance(file, FileOnDisk):
                other = files.get(file.name.filetype)
                if other is None or _by_time(other) < _by_time(file):
                    files[file.name.filetype] = file
            elif file is None:
                ignored += 1
            else:
                problems.append(file)
    # A compressed copy beside the file itself is none of the archive's.
    on_disk = {str(file.name) for file in files.values()}
    copies = {each for each in problems if _expanded(each.filename) in on_disk}
    problems = [each for each in problems if each not in copies]
    ignored += len(copies)
    path = f"{parent}/{directories[-1].name}"
    if len(directories) > 1 and files:
        youngest = max(files.values(), key=_by_time)
        path = youngest.path.rpartition("/")[0]
    ipppssoot = path.rpartition("/")[2]
    return ObservationOnDisk(rootname, ipppssoot, path, files, tuple(problems), ignored, unreadable)


def _expanded(filename: str) -> str | None:
    """Return the name that a compressed file has when it is expanded, None for any other file."""
    expanded = names.uncompressed(filename)
    return None if expanded == filename else expanded


def _by_time(file: FileOnDisk) -> tuple[float, str]:
    return file.timestamp, file.path


def _examine(
    entry: os.DirEntry[str],
    rootname: str,
    filesystem: Path,
    folder: str,
    filetypes: Collection[str],
) -> FileOnDisk | ScanProblem | None:
    """Return the file of one directory entry, why it cannot be used, or None to ignore it."""
    uncompressed = names.uncompressed(entry.name)
    try:
        name = Filename.parse(uncompressed.lower())
    except InvalidName:
        return None
    if name.filetype not in filetypes:
        return None
    if str(name) != uncompressed:
        reason = f"{entry.name} is not in lower case: rename it to {entry.name.lower()}"
    elif name.rootname != rootname:
        reason = f"{entry.name} belongs to {name.rootname} and is in the folder {folder}"
    elif uncompressed != entry.name:
        reason = f"{entry.name} is compressed and is not read: decompress it to {name}"
    else:
        try:
            if entry.is_symlink():
                links.refuse_link_out(filesystem, f"{folder}/{entry.name}")
            if entry.is_file():
                return _file(entry, name, folder)
            kind = "a link to nothing" if links.is_broken(entry) else "not a file"
            reason = f"{entry.name} is {kind}"
        except OSError as error:
            reason = f"{entry.name} cannot be read: {error.strerror}"
    return ScanProblem(rootname, entry.name, reason)


def _file(entry: os.DirEntry[str], name: Filename, folder: str) -> FileOnDisk:
    """Return the file of a directory entry, or the target of a link."""
    return FileOnDisk.from_status(name, f"{folder}/{entry.name}", entry.stat())
