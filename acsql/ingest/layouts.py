"""Layouts of an archive: the folders of its observations, and FITS files that are in none of them.

An archive in another layout than its setting says would look empty, so the FITS files outside the
layout are counted and some of them named.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .. import names
from ..config import Config
from ..settings import LAYOUTS
from .abandonable import Patience

# ACS: <first four>/<ipppssoot>/, as in the file system of the mission.  MAST:
# mastDownload/HST/<ipppssoot>/, as astroquery and the scripts of MAST download files.
ACS, MAST = LAYOUTS
_MAST_PARENT = "mastDownload/HST"
# At most this many files outside the layout are named.
NAMED = 5

_patience = Patience()


@dataclass(frozen=True)
class Misplaced:
    """FITS files in none of the folders of the layout.

    Attributes
    ----------
    number : int
        How many there are.
    examples : tuple of str
        Paths of a few of them below the root of the archive.
    """

    number: int = 0
    examples: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The error message for the user."""
        more = self.number - len(self.examples)
        named = ", ".join(self.examples) + (f" and {more} more" if more else "")
        return f"FITS files outside the layout (see the setting layout): {self.number} ({named})"


def parent(rootname: str, layout: str) -> str:
    """Return the folder that contains the folder of an observation, below the root."""
    return _MAST_PARENT if layout == MAST else rootname[:4]


def is_observation(folder: str, name: str, layout: str) -> bool:
    """Return whether an entry of a folder below the root has the place of an observation."""
    return names.is_ipppssoot(name) and folder == parent(name, layout)


def parents(filesystem: Path, layout: str) -> list[str]:
    """Return the folders that contain the folders of observations.

    Parameters
    ----------
    filesystem : Path
        The root of the archive.
    layout : str
        One of `acsql.settings.LAYOUTS`.

    Returns
    -------
    list of str
        Sorted, relative to the root.

    Raises
    ------
    OSError
        If the root is not a directory that can be read, or lacks the folder of its layout.
    """
    root = filesystem / (_MAST_PARENT if layout == MAST else "")
    folders = sorted(path.name for path in root.iterdir() if len(path.name) == 4)
    return [_MAST_PARENT] if layout == MAST else folders


def find_misplaced(
    filesystem: Path, layout: str, *, read_timeout: float = Config.read_timeout
) -> Misplaced:
    """Find the FITS files that are in none of the folders of the layout.

    Parameters
    ----------
    filesystem : Path
        The root of the archive.
    layout : str
        One of `acsql.settings.LAYOUTS`.
    read_timeout : float
        Seconds after which a folder that does not answer ends the search.

    Returns
    -------
    Misplaced
        Their number and some of their paths.  Hidden folders, such as snapshots, are left out.
    """
    number = 0
    examples: list[str] = []
    for path, folders, files in _walk(filesystem, read_timeout):
        folder = "" if path == str(filesystem) else os.path.relpath(path, filesystem)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and not is_observation(folder, name, layout)
        )
        fits = [name for name in sorted(files) if _is_fits(name)]
        number += len(fits)
        examples += [str(Path(folder, name)) for name in fits[: NAMED - len(examples)]]
    return Misplaced(number, tuple(examples))


def _is_fits(name: str) -> bool:
    return names.uncompressed(name).lower().endswith(".fits")


def _walk(root: Path, read_timeout: float) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield what os.walk yields, up to a folder that does not answer in time."""
    steps = os.walk(root)
    with suppress(TimeoutError):
        while step := _patience.call(read_timeout, next, steps, None):
            yield step
