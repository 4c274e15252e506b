"""The sample archive of the tests: its size, its datasets, and keywords of some headers only."""

import re
from collections.abc import Iterator
from pathlib import Path

from acsql.keywords import KeywordSpecs
from acsql.names import Filename

COUNT = 24
# What the WCS software appends to calibrated files, and no list describes.
FURTHER = {"D2IMARR", "WCSDVARR", "WCSCORR", "HDRLET"}
OF_LOOKUPS = re.compile(r"(CPDIS|CPERR|D2IMDIS|D2IMERR)\d|(DP|D2IM)\d\..*")


def datasets(root: Path, specs: KeywordSpecs) -> Iterator[tuple[Path, Filename]]:
    """Yield the path and the name of each dataset of an archive."""
    for path in sorted(root.glob("*/*/*.fits")):
        name = Filename.parse(path.name)
        if name.filetype in specs.filetypes:
            yield path, name
