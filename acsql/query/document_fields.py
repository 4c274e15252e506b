"""Fields of an observation that are in no header: the names of its files, and its footprint.

``datasets.flc`` is the name of the flc file.  ``flc`` alone means the same, so ``exists(flc)`` and
``missing(drz)`` say which files an observation has.  The footprint is a column of results;
conditions on the sky compare it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import QueryError
from ..keywords import KeywordSpec, KeywordSpecs

# The field of documents that has the names; no filetype has this name.
_DATASETS = "datasets."
# The column of footprints, as ObsCore calls it, and the name that it has in Python and on the site.
REGION = "s_region"
_REGION_ALIAS = "footprint"
REGION_SPEC = KeywordSpec("S_REGION", "str", description="footprint on the sky (ICRS), STC-S")


def is_dataset(address: str) -> bool:
    """Return whether an address is of the name of a file."""
    return address.startswith(_DATASETS)


def dataset(text: str, specs: KeywordSpecs) -> tuple[str, KeywordSpec] | None:
    """Return the address and spec of the name of a file.

    Parameters
    ----------
    text : str
        In lower case: ``flc`` or ``datasets.flc``.
    specs : KeywordSpecs
        The specs of the archive.

    Returns
    -------
    tuple of (str, KeywordSpec), or None
        None if the text is another address.

    Raises
    ------
    QueryError
        If there is no such filetype.
    """
    filetype = text.removeprefix(_DATASETS)
    if filetype in specs.filetypes:
        description = f"name of the {filetype} file"
        return _DATASETS + filetype, KeywordSpec(filetype.upper(), "str", description=description)
    if is_dataset(text):
        raise QueryError(f"{text}: the filetypes are {', '.join(specs.filetypes)}")
    return None


def datasets(specs: KeywordSpecs) -> Iterator[tuple[str, KeywordSpec]]:
    """Yield the addresses and specs of the names of files, in the order of the filetypes."""
    yield from filter(None, (dataset(filetype, specs) for filetype in specs.filetypes))


def is_region(text: str) -> bool:
    """Return whether a text names the column of footprints."""
    return text.strip().lower() in (REGION, _REGION_ALIAS)
