"""Stored headers: mappings of keywords to values, and of filetypes and extensions to headers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from . import names

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Header(Mapping[str, Any]):
    """One stored header: a mapping of keywords to values, in the order of the file.

    Attributes
    ----------
    name : str
        The address of the header, such as ``j8bt05nj flt 1``.
    stored : mapping
        The values by stored keyword, such as ``date_obs``; as a key, FITS spelling is accepted.
    """

    name: str
    stored: Mapping[str, Any]

    def __getitem__(self, keyword: str) -> Any:
        for field in names.possible_fields(keyword):
            if field in self.stored:
                return self.stored[field]
        raise KeyError(f"{self.name} has no keyword {keyword!r}")

    @property
    def extension_name(self) -> str:
        """The name of the extension, such as ``SCI,1``; empty for a primary header."""
        parts = (self.get("extname"), self.get("extver"))
        return ",".join(str(part) for part in parts if part is not None)

    def __iter__(self) -> Iterator[str]:
        return iter(self.stored)

    def __len__(self) -> int:
        return len(self.stored)

    def _ipython_key_completions_(self) -> list[str]:
        """Return the keywords, for the tab key."""
        return list(self)


class Listed(dict[K, V]):
    """A dictionary whose errors say what it has: headers by filetype, or by extension.

    Parameters
    ----------
    name : str
        The owner of the entries, such as ``j8bt05nj raw``.
    content : mapping
        The entries.
    """

    def __init__(self, name: str, content: Mapping[K, V]) -> None:
        super().__init__(content)
        self.name = name

    def __missing__(self, key: K) -> V:
        existing = ", ".join(map(str, self)) or "nothing"
        raise KeyError(f"{self.name} has no {key!r}; it has {existing}")
