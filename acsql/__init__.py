"""acsql: the ACS Quicklook archive.

``archive = acsql.connect()`` opens it; `acsql.query` holds the conditions that searches take,
`acsql.errors` what can go wrong.
"""

from importlib import metadata as _metadata

from .archive import Archive, connect
from .errors import ArchiveError
from .observation import Observation
from .query import And, AnyOf, Between, Covers, Equals, Exists, Like, Not, Or, Overlaps, Within

__version__ = _metadata.version("acsql")

__all__ = [
    "And",
    "AnyOf",
    "Archive",
    "ArchiveError",
    "Between",
    "Covers",
    "Equals",
    "Exists",
    "Like",
    "Not",
    "Observation",
    "Or",
    "Overlaps",
    "Within",
    "connect",
]
