"""Simple Cone Search 1.03: the observations whose target lies within a circle.

https://www.ivoa.net/documents/REC/DAL/ConeSearch-20080222.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..archive import Archive
from ..export.links import links_service
from ..export.votable import Frame
from ..query import Column
from ..query.conditions import Within
from .addresses import Addresses
from .answer import ServiceAnswer, described_column, limited

# The UCDs of the first version of the vocabulary, by which clients of this protocol find the three
# columns that it requires (section 2.2).
_REQUIRED = {
    "rootname": "ID_MAIN",
    "ra_targ": "POS_EQ_RA_MAIN",
    "dec_targ": "POS_EQ_DEC_MAIN",
}
# The columns by the value of VERB: few, those that people look at, all.
_FEW = (*_REQUIRED, "targname", "exptime")
_USUAL = (
    *_FEW,
    *("detector", "filter1", "filter2", "date_obs", "expstart", "expend", "proposid", "pr_inv_l"),
    *("imagetyp", "aperture", "pa_v3", "ipppssoot"),
)
_LINKS = (
    described_column("page_url", "page of the observation on the site", "meta.ref.url"),
    described_column("thumbnail_url", "small picture", "meta.ref.url;meta.preview"),
    described_column(
        "datalink_url", "files, headers and pictures", "meta.ref.url", "obscore:Access.reference"
    ),
)
VERBOSITIES = (1, 2, 3)


def cone_search(
    archive: Archive,
    position: tuple[float, float],
    radius: float,
    addresses: Addresses,
    verbosity: int = 2,
    limit: int | None = None,
) -> ServiceAnswer:
    """Return the observations within a circle, by rootname.

    Parameters
    ----------
    archive : Archive
        The open archive.
    position : tuple of float
        Right ascension, taken modulo 360, and declination of the centre in degrees.
    radius : float
        In degrees, at most 180; 0 returns no rows (section 2.1).
    addresses : Addresses
        Where the site is.
    verbosity : int
        1 for few columns, 2 for the usual ones, 3 for all.
    limit : int, optional
        At most this many rows.

    Returns
    -------
    ServiceAnswer
        With a row for each observation.

    Raises
    ------
    QueryError
        If `position` or `radius` is out of range.
    QueryTimeout
        If the search takes longer than the time limit of the archive.
    """
    names = {1: _FEW, 2: _USUAL, 3: tuple(archive.specs.top_level)}[verbosity]
    # Checked also where no row is wanted.
    within = Within(*position, radius or 1)
    search = archive.where(within).columns(*dict.fromkeys((*names, "ipppssoot"))).sort("rootname")
    rows, is_cut = limited(search, limit) if radius else ([], False)
    columns = tuple(_required(each) for each in search.selected_columns if each.address in names)
    return ServiceAnswer(
        _with_links(rows, addresses),
        columns if verbosity == 1 else (*columns, *_LINKS),
        Frame(
            "OVERFLOW" if is_cut else "OK",
            services=(links_service(addresses.site, "rootname"),),
            description="Observations of the Advanced Camera for Surveys",
        ),
    )


def _required(column: Column) -> Column:
    """Return a column with the UCD that the protocol requires."""
    ucd = _REQUIRED.get(column.address, column.spec.ucd)
    return replace(column, spec=replace(column.spec, ucd=ucd))


def _with_links(rows: list[dict[str, Any]], addresses: Addresses) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        name = row["ipppssoot"]
        yield row | {
            "page_url": addresses.page(name),
            "thumbnail_url": addresses.thumbnail(name),
            "datalink_url": addresses.links(row["rootname"]),
        }
