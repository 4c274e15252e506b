"""Paths of columns: from a keyword address, or the path of an own field, to the field."""

from ...keywords import COMMENTARY
from ..fields import field_path, split_blocks

# Own fields that are documents: ``files.flt.size``, ``previews.raw.jpeg``, ``datasets.flt``.
# No filetype has one of these names.
_OWN_DOCUMENTS = ("datasets", "extensions", "files", "previews", "stats")


def path_of(address: str) -> str:
    """Return the path of the field at an address.

    Parameters
    ----------
    address : str
        A keyword address, or the path of an own field such as ``files.flt.size``.

    Returns
    -------
    str
        The path in a document.
    """
    return address if address.partition(".")[0] in _OWN_DOCUMENTS else field_path(address)


def is_commentary(path: str) -> bool:
    """Return whether the field at a path is a list of lines: COMMENT or HISTORY of a header."""
    match path.split("."):
        case ["headers", _, _, name]:
            return name.upper() in COMMENTARY
    return False


def has_lists(path: str) -> bool:
    """Return whether the values at a path are lists: lines, or the values of all blocks."""
    return is_commentary(path) or split_blocks(path) is not None


def blocks_path(path: str) -> str | None:
    """Return the path of the blocks whose values are at a path, None for another path."""
    blocks = split_blocks(path)
    return None if blocks is None else blocks[0]
