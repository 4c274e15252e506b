"""ACS file names and rootnames, parsed once into a type.

The first eight characters of an exposure's name are unique; the ninth only tells how it was
transmitted, and a re-delivery may change it.  The ninth character of an association product is
a digit that tells products apart, so there all nine are the key.  Everything that takes a name
from a user or from a disk comes through here, and nothing else cuts strings.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from .errors import InvalidName

_IPPPSSOOT = re.compile(r"[a-z][a-z0-9]{8}", re.ASCII)
_KEY = re.compile(r"[a-z][a-z0-9]{7,8}", re.ASCII)
_FILENAME = re.compile(r"([a-z][a-z0-9]{8})_([a-z0-9]+)\.fits", re.ASCII)
_NOT_IN_A_FIELD_NAME = re.compile(r"[^a-z0-9_]", re.ASCII)


def rootname(name: str) -> str:
    """Return the archive's key for a name of eight or nine characters, in any case.

    Parameters
    ----------
    name : str
        ``J8BT05NJ``, ``j8bt05njq``, ``jcp001010`` ...

    Returns
    -------
    str
        Eight lower-case characters for an exposure, nine for an association product.

    Raises
    ------
    InvalidName
        If `name` is not eight or nine letters and digits, the first a letter.
    """
    key = name.strip().lower()
    if not _KEY.fullmatch(key):
        raise InvalidName(
            f"{name!r} is not a rootname: eight or nine letters and digits are expected"
        )
    return key[:8] if len(key) == 9 and not key[8].isdigit() else key


@dataclass(frozen=True, order=True)
class Filename:
    """The name of one ACS file, taken apart."""

    ipppssoot: str
    filetype: str

    @classmethod
    def parse(cls, name: str) -> "Filename":
        """Take ``j8bt05njq_raw.fits`` apart.

        Raises
        ------
        InvalidName
            If `name` is not ``<nine characters>_<filetype>.fits`` in lower case, as all
            files of the archive are.
        """
        match = _FILENAME.fullmatch(name)
        if not match:
            raise InvalidName(f"{name!r} is not named <ipppssoot>_<filetype>.fits")
        return cls(*match.groups())

    @property
    def rootname(self) -> str:
        """The key of the observation that the file belongs to."""
        return rootname(self.ipppssoot)

    def __str__(self) -> str:
        return f"{self.ipppssoot}_{self.filetype}.fits"


def is_ipppssoot(name: str) -> bool:
    """Whether `name` can be an observation's directory: nine characters in lower case."""
    return bool(_IPPPSSOOT.fullmatch(name))


def visit(rootname: str) -> str:
    """Return the visit of an observation: characters five and six of ``ipppssoot``.

    The naming convention is in section 5.2 of the Introduction to the HST Data Handbooks.
    """
    return rootname[4:6]


# More than there are keywords; an ingest asks for each of them millions of times.
@lru_cache(maxsize=32_768)
def field(keyword: str) -> str:
    """Return the name under which a FITS keyword is stored.

    Lower case, with every character that a MongoDB field or a Python name cannot hold made an
    underscore: ``DATE-OBS`` is ``date_obs``, ``DP1.AXIS.1`` is ``dp1_axis_1``.
    """
    return _NOT_IN_A_FIELD_NAME.sub("_", keyword.strip().lower())
