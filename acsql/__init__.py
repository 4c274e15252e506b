"""acsql: the ACS Quicklook archive.

`connect` opens the archive, and its methods search it::

    import acsql

    with acsql.connect() as archive:
        table = archive.search(detector="WFC", exptime=(100, None))

The public names are loaded on first use, so that ``import acsql`` stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors as errors
    from . import named_queries as named_queries
    from .archive import Archive as Archive
    from .archive import connect as connect
    from .errors import ArchiveError as ArchiveError
    from .observation import Observation as Observation
    from .query import And as And
    from .query import AnyOf as AnyOf
    from .query import Between as Between
    from .query import Condition as Condition
    from .query import Covers as Covers
    from .query import Equals as Equals
    from .query import Exists as Exists
    from .query import Like as Like
    from .query import Not as Not
    from .query import Or as Or
    from .query import Overlaps as Overlaps
    from .query import Within as Within
    from .search import Search as Search

    __version__: str

# The module that defines each public name.
_MODULES = {
    "And": "query",
    "AnyOf": "query",
    "Archive": "archive",
    "ArchiveError": "errors",
    "Between": "query",
    "Condition": "query",
    "Covers": "query",
    "Equals": "query",
    "Exists": "query",
    "Like": "query",
    "Not": "query",
    "Observation": "observation",
    "Or": "query",
    "Overlaps": "query",
    "Search": "search",
    "Within": "query",
    "connect": "archive",
}
_PUBLIC_MODULES = ("errors", "named_queries")

__all__ = [*_MODULES, *_PUBLIC_MODULES]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("acsql")
    elif name in _PUBLIC_MODULES:
        return import_module(f".{name}", __name__)
    elif name in _MODULES:
        value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
