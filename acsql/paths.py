"""Where FITS files, JPEGs and thumbnails live.

FITS files lie by rootname, as the mission's file system has them; pictures lie by proposal,
because that is how people look at them.
"""

from pathlib import Path

from .names import Filename

NO_PROPOSAL = "unknown"


def observation_path(ipppssoot: str) -> str:
    """Return an observation's directory, relative to the archive: ``j8bt/j8bt05njq``."""
    return f"{ipppssoot[:4]}/{ipppssoot}"


def fits_path(filesystem: Path, name: Filename) -> Path:
    """Return where the FITS file `name` lies below the archive's root."""
    return Path(filesystem) / observation_path(name.ipppssoot) / str(name)


def jpeg_name(name: Filename, proposid: int | None) -> str:
    """Return a preview's path below ``jpeg_dir``: ``9019/j8bt05njq_raw.jpg``."""
    return f"{_folder(proposid)}/{name.ipppssoot}_{name.filetype}.jpg"


def thumbnail_name(name: Filename, proposid: int | None) -> str:
    """Return a thumbnail's path below ``thumbnail_dir``: ``9019/j8bt05njq_flt.thumb``."""
    return f"{_folder(proposid)}/{name.ipppssoot}_{name.filetype}.thumb"


def _folder(proposid: int | None) -> str:
    return NO_PROPOSAL if proposid is None else str(proposid)
