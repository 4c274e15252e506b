"""Vanished files: stored files that are no longer on disk, and the limit to their number."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from ..errors import ArchiveError
from ..store.recorded_files import RecordedFiles


def implausible_loss(missing: int, stored: int, limit: float) -> str | None:
    """Return why missing files are not marked as vanished, None if they may be.

    A single file is always plausible, also in a small archive.

    Parameters
    ----------
    missing : int
        Number of stored files that are not on disk and not marked yet.
    stored : int
        Number of all stored files that are not marked.
    limit : float
        Percent of them that may vanish at once.

    Returns
    -------
    str or None
        A message for the user.
    """
    if missing <= max(1, limit * stored / 100):
        return None
    return (
        f"{missing} of {stored} stored files are not on disk, more than the {limit:g} % that "
        "vanish_limit allows: none is marked as vanished. Is the whole file system mounted? If the "
        "files are really gone, run acsql ingest --confirm-vanished"
    )


def of_observation(
    rootname: str, files: Mapping[str, Any], on_disk: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield the stored files of an observation that have vanished.

    Parameters
    ----------
    rootname : str
        The observation.
    files : mapping
        The records of its files, by filetype.
    on_disk : collection of str
        The filetypes that are on disk.

    Yields
    ------
    tuple of (str, str)
        Rootname and filetype of each file that is not on disk and not marked as vanished yet.
    """
    for filetype, file in files.items():
        if filetype not in on_disk and "vanished" not in file:
            yield rootname, filetype


def of_unseen(
    recorded: RecordedFiles, seen: Collection[str], unreadable: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield the stored files of observations that a whole scan did not find.

    Parameters
    ----------
    recorded : RecordedFiles
        The records of the files of all observations.
    seen : collection of str
        The rootnames that the scan found.
    unreadable : collection of str
        The folders that it could not read.

    Yields
    ------
    tuple of (str, str)
        Rootname and filetype of each file that is not marked as vanished yet.

    Raises
    ------
    ArchiveError
        If the scan is empty while observations are stored: the file system is not mounted.
    """
    if not seen and (stored := len(recorded)):
        raise ArchiveError(
            f"the filesystem holds no observation, but {stored} are stored: "
            "is it mounted, and does the setting layout fit?"
        )
    rootnames = list(unseen(recorded.rootnames, seen, unreadable))
    documents = recorded.of(rootnames)
    for rootname in rootnames:
        yield from of_observation(rootname, documents.get(rootname, {}).get("files", {}), ())


def unseen(
    rootnames: Iterable[str], seen: Collection[str], unreadable: Collection[str]
) -> Iterator[str]:
    """Yield the rootnames that a whole scan did not find in the folders that it could read.

    Parameters
    ----------
    rootnames : iterable of str
        All rootnames.
    seen, unreadable : collection of str
        As in `of_unseen`.

    Yields
    ------
    str
        In the order of `rootnames`.
    """
    for rootname in rootnames:
        if rootname not in seen and rootname[:4] not in unreadable:
            yield rootname
