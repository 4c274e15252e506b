"""Symbolic links in an archive: followed within the archive, refused if they lead out of it.

The site sends no file from outside the archive, so nothing there is ingested or verified either.
"""

import errno
import os
from pathlib import Path

from .. import paths
from ..errors import UnsafePath


def refuse_link_out(filesystem: Path, path: str) -> None:
    """Refuse a link out of the archive.

    Parameters
    ----------
    filesystem : Path
        The root of the archive.
    path : str
        The link, below the root.

    Raises
    ------
    OSError
        If it leads to a place outside the archive.
    """
    try:
        paths.confined(filesystem, path)
    except UnsafePath:
        raise OSError(errno.EXDEV, "it is a link that leads out of the archive") from None


def is_broken(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry of a folder is a link to something that does not exist."""
    return entry.is_symlink() and not Path(entry.path).exists()
