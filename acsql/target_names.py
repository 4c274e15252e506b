"""Alternative names of targets, such as 47 Tuc for NGC104, read from ``target_names.yaml``.

The file is not part of the specs of an archive: a new name changes no stored document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from .errors import SpecError
from .keywords import packaged_folder

FILE = "target_names.yaml"


def load(overlay: Path | None = None) -> tuple[tuple[str, ...], ...]:
    """Return the names of targets that have several.

    Parameters
    ----------
    overlay : Path, optional
        Folder of the archive's own specs, whose file `FILE`, if any, adds names.

    Returns
    -------
    tuple of tuple of str
        The names of each target, normalized.

    Raises
    ------
    SpecError
        If a file is not a list of lists of names.
    """
    own = () if overlay is None or not (overlay / FILE).is_file() else (overlay / FILE,)
    return (
        *_packaged(),
        *(names for path in own for names in _read(path.read_text("utf-8"), path)),
    )


def normalized(name: object) -> str:
    """Return a name without differences of writing.

    Parameters
    ----------
    name : object
        Such as ``NGC 104`` and ``ngc-104``, which become the same.
    """
    return re.sub(r"[\s_-]", "", str(name)).upper()


@cache
def _packaged() -> tuple[tuple[str, ...], ...]:
    path = packaged_folder().joinpath(FILE)
    return tuple(_read(path.read_text(encoding="utf-8"), path))


def _read(text: str, path: object) -> Iterator[tuple[str, ...]]:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SpecError(f"cannot read {path}: {error}") from error
    for names in content or ():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise SpecError(f"{path}: expected lists of names like [NGC104, 47 Tuc], not {names!r}")
        yield tuple(map(normalized, names))
