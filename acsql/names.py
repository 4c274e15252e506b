"""Names of observations, files and keywords, parsed in one place.

The first eight characters of the name of an exposure are unique; the ninth encodes how it was
transmitted, and may change when the data are delivered again.  The ninth character of an
association product is a digit that distinguishes products, so its rootname has all nine
(Introduction to the HST Data Handbooks, section 5.2).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from .errors import InvalidName

_IPPPSSOOT = re.compile(r"[a-z][a-z0-9]{8}", re.ASCII)
_ROOTNAME = re.compile(r"[a-z][a-z0-9]{7,8}", re.ASCII)
_FILENAME = re.compile(r"([a-z][a-z0-9]{8})_([a-z0-9]+)\.fits", re.ASCII)
_DISTINCT = re.compile(r"(\w*)__((?:[0-9a-f]{2})+)", re.ASCII)
_COMPRESSED = re.compile(r"(.+\.fits)\.(?:gz|bz2|fz|xz|z|zst)", re.ASCII | re.IGNORECASE)
_NOT_IN_A_FIELD_NAME = re.compile(r"[^a-z0-9_]", re.ASCII)


def rootname(name: str) -> str:
    """Return the rootname, the key in the archive, of an observation.

    Parameters
    ----------
    name : str
        Eight or nine characters in any case: ``J8BT05NJ``, ``j8bt05njq``, ``jcp001010`` ...

    Returns
    -------
    str
        Eight lower-case characters for an exposure, nine for an association product.

    Raises
    ------
    InvalidName
        If `name` is not eight or nine letters and digits, the first a letter.

    Examples
    --------
    >>> from acsql import names
    >>> names.rootname("J8BT05NJQ"), names.rootname("jcp001010")
    ('j8bt05nj', 'jcp001010')
    """
    key = name.strip().lower()
    if not _ROOTNAME.fullmatch(key):
        raise InvalidName(
            f"{name!r} is not a rootname: expected eight or nine letters and digits, such as "
            "j8bt05njq"
        )
    return key[:8] if len(key) == 9 and not key[8].isdigit() else key


@dataclass(frozen=True, order=True, slots=True)
class Filename:
    """The name of an ACS file.

    Attributes
    ----------
    ipppssoot : str
        Nine lower-case characters.
    filetype : str
        Such as ``flt``.
    """

    ipppssoot: str
    filetype: str

    @classmethod
    def parse(cls, name: str) -> "Filename":
        """Parse ``j8bt05njq_raw.fits``.

        Parameters
        ----------
        name : str
            The file name, in lower case as all files of the archive are.

        Returns
        -------
        Filename
            Its parts.

        Raises
        ------
        InvalidName
            If `name` is not ``<ipppssoot>_<filetype>.fits``.

        Examples
        --------
        >>> from acsql.names import Filename
        >>> Filename.parse("j8bt05njq_raw.fits")
        Filename(ipppssoot='j8bt05njq', filetype='raw')
        """
        match = _FILENAME.fullmatch(name)
        if not match:
            raise InvalidName(
                f"{name!r} is not an ACS file name: expected <ipppssoot>_<filetype>.fits"
            )
        return cls(*match.groups())

    @property
    def rootname(self) -> str:
        """The rootname of the observation to which the file belongs."""
        return rootname(self.ipppssoot)

    def __str__(self) -> str:
        return f"{self.ipppssoot}_{self.filetype}.fits"


def is_filename(name: str) -> bool:
    """Return whether a text can be the name of an ACS file."""
    return bool(_FILENAME.fullmatch(name))


def uncompressed(name: str) -> str:
    """Return the name of a FITS file without the suffix of a compression.

    Parameters
    ----------
    name : str
        The name of a file.

    Returns
    -------
    str
        ``j8bt05njq_raw.fits`` of ``j8bt05njq_raw.fits.gz``; any other name as it is.
    """
    match = _COMPRESSED.fullmatch(name)
    return match[1] if match else name


def is_ipppssoot(name: str) -> bool:
    """Return whether a text can be an ipppssoot: nine lower-case letters and digits."""
    return bool(_IPPPSSOOT.fullmatch(name))


def visit(rootname: str) -> str:
    """Return the visit of an observation, characters five and six of its rootname.

    Parameters
    ----------
    rootname : str
        The rootname or ipppssoot.

    Returns
    -------
    str
        Two characters (Introduction to the HST Data Handbooks, section 5.2).
    """
    return rootname[4:6]


# More than the number of different keywords; an ingest calls this for each card of each header.
@lru_cache(maxsize=32_768)
def field(keyword: str) -> str:
    """Return the name under which a FITS keyword is stored.

    Parameters
    ----------
    keyword : str
        In FITS spelling or as stored, in any case.

    Returns
    -------
    str
        Lower case, with an underscore for each character that a MongoDB field or a Python name
        cannot have.

    Examples
    --------
    >>> from acsql import names
    >>> names.field("DATE-OBS"), names.field("DP1.AXIS.1")
    ('date_obs', 'dp1_axis_1')
    """
    return _NOT_IN_A_FIELD_NAME.sub("_", keyword.strip().lower())


def distinct_field(keyword: str) -> str:
    """Return the name under which a keyword is stored whose `field` belongs to another spelling.

    Parameters
    ----------
    keyword : str
        In FITS spelling.

    Returns
    -------
    str
        The field, and the codes of the characters that it has underscores for.

    Examples
    --------
    >>> from acsql import names
    >>> names.distinct_field("DATE_OBS")
    'date_obs__5f'
    """
    replaced = re.findall(r"[^a-z0-9]", keyword.strip().lower(), re.ASCII)
    return f"{field(keyword)}__{''.join(replaced).encode('latin-1', 'replace').hex()}"


def possible_fields(keyword: str) -> tuple[str, str]:
    """Return the names under which a keyword can be stored, the likelier one first.

    Parameters
    ----------
    keyword : str
        In FITS spelling or as stored, in any case.

    Returns
    -------
    tuple of str
        Its `field` and its `distinct_field`; the latter first if the spelling is no field name.

    Examples
    --------
    >>> from acsql import names
    >>> names.possible_fields("NEW_KEY"), names.possible_fields("NEW-KEY")
    (('new_key', 'new_key__5f'), ('new_key__2d', 'new_key'))
    """
    plain, distinct = field(keyword), distinct_field(keyword)
    return (plain, distinct) if plain == keyword.strip().lower() else (distinct, plain)


def distinct_keyword(name: str) -> str | None:
    """Return the keyword of which a name is the `distinct_field`.

    Parameters
    ----------
    name : str
        A name under which a keyword is stored.

    Returns
    -------
    str or None
        The keyword in upper case; None for the name of any other keyword.

    Examples
    --------
    >>> from acsql import names
    >>> names.distinct_keyword("date_obs__5f"), names.distinct_keyword("date_obs")
    ('DATE_OBS', None)
    """
    match = _DISTINCT.fullmatch(name)
    if match is None:
        return None
    parts, characters = match[1].split("_"), bytes.fromhex(match[2]).decode("latin-1")
    if len(parts) != len(characters) + 1:
        return None
    return "".join(map("".join, zip_longest(parts, characters, fillvalue=""))).upper()
