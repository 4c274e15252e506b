"""Paths of columns: from a keyword address, or the path of an own field, to the field."""

from ..fields import field_path

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
