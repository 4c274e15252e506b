"""Paths of FITS files, previews and thumbnails.

FITS files are stored by rootname, as in the file system of the mission; previews and thumbnails
by proposal, because people browse them by proposal.

The database is not trusted: a user who may write to it must not read, replace or remove other
files of this machine through it.  Every path from the database passes through `confined`.
"""

import os
from pathlib import Path

from .errors import UnsafePath
from .names import Filename

# The name in paths and URLs of the proposal of observations that have none.
NO_PROPOSAL = "unknown"
# The longest path in the database, in bytes: that of a single name (NAME_MAX of Linux).
MAX_LENGTH = 255


def confined(folder: Path, stored: object) -> Path:
    """Return the path of a file that the database names, which must be below a folder.

    Parameters
    ----------
    folder : Path
        Such as ``jpeg_dir``.
    stored : object
        The value that the database has for the path: a text, if nothing has changed it.

    Returns
    -------
    Path
        `stored` below `folder`; the file need not exist.

    Raises
    ------
    UnsafePath
        If it is not a path, or leads out of the folder, also over a symbolic link.
    """
    if isinstance(stored, str) and len(stored.encode()) <= MAX_LENGTH and "\0" not in stored:
        path = folder / stored
        real_folder, real_path = (Path(os.path.realpath(each)) for each in (folder, path))
        # With "..", nginx and the system could disagree on where a path over a link leads.
        if real_folder in real_path.parents and ".." not in Path(stored).parts:
            return path
    raise UnsafePath(f"the database names the path {stored!r:.100}, which leads out of its folder")


def observation_path(ipppssoot: str) -> str:
    """Return the folder of an observation, relative to the archive: ``j8bt/j8bt05njq``."""
    return f"{ipppssoot[:4]}/{ipppssoot}"


def proposal_name(proposid: int | None) -> str:
    """Return the name of a proposal in paths and in URLs: ``9019``, or ``unknown`` for None."""
    return NO_PROPOSAL if proposid is None else str(proposid)


def jpeg_name(name: Filename, proposid: int | None) -> str:
    """Return the path of a preview, relative to ``jpeg_dir``: ``9019/j8bt05njq_raw.jpg``."""
    return f"{proposal_name(proposid)}/{name.ipppssoot}_{name.filetype}.jpg"


def thumbnail_name(name: Filename, proposid: int | None) -> str:
    """Return the path of a thumbnail, relative to ``thumbnail_dir``: ``9019/..._flt.thumb``."""
    return f"{proposal_name(proposid)}/{name.ipppssoot}_{name.filetype}.thumb"
