"""Paths of FITS files, previews and thumbnails.

FITS files are stored by rootname, as in the file system of the mission; previews and thumbnails
by proposal, because people browse them by proposal.
"""

from pathlib import Path

from .names import Filename

# The folder of previews of observations without a proposal.
NO_PROPOSAL = "unknown"


def observation_path(ipppssoot: str) -> str:
    """Return the folder of an observation, relative to the archive: ``j8bt/j8bt05njq``."""
    return f"{ipppssoot[:4]}/{ipppssoot}"


def fits_path(filesystem: Path, name: Filename) -> Path:
    """Return the path of a FITS file below the root of the archive."""
    return Path(filesystem) / observation_path(name.ipppssoot) / str(name)


def jpeg_name(name: Filename, proposid: int | None) -> str:
    """Return the path of a preview, relative to ``jpeg_dir``: ``9019/j8bt05njq_raw.jpg``."""
    return f"{_folder(proposid)}/{name.ipppssoot}_{name.filetype}.jpg"


def thumbnail_name(name: Filename, proposid: int | None) -> str:
    """Return the path of a thumbnail, relative to ``thumbnail_dir``: ``9019/..._flt.thumb``."""
    return f"{_folder(proposid)}/{name.ipppssoot}_{name.filetype}.thumb"


def _folder(proposid: int | None) -> str:
    return NO_PROPOSAL if proposid is None else str(proposid)
