"""Registry of the export formats: finds the modules of `acsql.export.formats`.

A format is loaded when it is first used, because some of them load large parts of astropy.
"""

import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import Any, NamedTuple, cast

from ..query import Column
from . import formats

Rows = Iterable[Mapping[str, Any]]


class Format(NamedTuple):
    """An export format.

    Attributes
    ----------
    media_type : str
        Media type of the file, which is different for every format.
    extension : str
        Extension of the file's name, without a dot.
    write : callable
        Takes rows (values by the address of their column) and columns, and yields the file in
        pieces; texts are in UTF-8.
    for_spreadsheets : bool
        Whether spreadsheets open it, so that its rows may need `acsql.export.guarded`.
    """

    media_type: str
    extension: str
    write: Callable[[Rows, Sequence[Column]], Iterator[bytes]]
    for_spreadsheets: bool = False


class Formats(Mapping[str, Format]):
    """The export formats by name, in alphabetical order."""

    @cached_property
    def _names(self) -> list[str]:
        return sorted(module.name for module in pkgutil.iter_modules(formats.__path__))

    def __getitem__(self, name: str) -> Format:
        if name not in self._names:
            raise KeyError(name)
        return cast(Format, import_module(f"{formats.__name__}.{name}").FORMAT)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


FORMATS = Formats()
