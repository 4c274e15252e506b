"""Paths of keywords in stored documents: from an address to the field, and to its value.

``exptime`` is a top-level field, ``stats.flt.1.all.mean`` a statistic of an image, ``datasets.flc``
the name of a file, ``s_region`` the footprint, ``flt.1.goodmean`` lies in the header of an
extension, and the keywords of drizzled inputs (``d001data``, ``d002data`` ...) lie in a list of
blocks.
"""

from collections.abc import Sequence
from typing import Any

from ..fits.header import BLOCKS, value_path
from ..query import REGION, is_dataset, is_statistic

# Top-level fields that documents have under another name.
_OTHER_NAMES = {"rootname": "_id", REGION: "footprint"}


def field_path(address: str) -> str:
    """Return the path of the field that holds a keyword.

    Parameters
    ----------
    address : str
        The keyword as `acsql.query` resolves it.

    Returns
    -------
    str
        ``exptime``, ``stats.flt.1.all.mean`` and ``datasets.flc`` for themselves, ``_id`` for
        ``rootname``, ``footprint`` for ``s_region``, ``headers.flt.1.goodmean`` for
        ``flt.1.goodmean``, and ``headers.drz.0.dnnn.data``, the field of all blocks, for
        ``drz.0.dnnndata``.
    """
    if "." not in address:
        return _OTHER_NAMES.get(address, address)
    if is_statistic(address) or is_dataset(address):
        return address
    filetype, extension, name = address.split(".", 2)
    return f"headers.{filetype}.{extension}.{value_path(name)}"


def split_blocks(path: str) -> tuple[str, str] | None:
    """Split the path of a keyword of drizzled inputs.

    Parameters
    ----------
    path : str
        As `field_path` returns it.

    Returns
    -------
    tuple of str, or None
        The path of the list of blocks and the name in a block; None for any other keyword.
    """
    header, separator, name = path.partition(f".{BLOCKS}.")
    return (f"{header}.{BLOCKS}", name) if separator else None


def value_at(document: Any, parts: Sequence[str]) -> Any:
    """Return the value at a path in a document.

    Parameters
    ----------
    document : dict
        A document of the database, or a part of one.
    parts : sequence of str
        The names that make up the path.

    Returns
    -------
    object
        None if the path leads nowhere.  In a list of blocks, the values of all blocks as a list,
        None if none of them has one.
    """
    for position, part in enumerate(parts):
        if isinstance(document, list) and parts[position - 1] == BLOCKS:
            values = [value_at(block, parts[position:]) for block in document]
            return values if any(value is not None for value in values) else None
        if not isinstance(document, dict):
            return None
        document = document.get(part)
    return document
