"""Examples of queries in ADQL, which clients offer to people (TAP 1.1, section 2.4.4)."""

from typing import NamedTuple


class TapExample(NamedTuple):
    """A query for people to start from.

    Attributes
    ----------
    id : str
        Its part of the URL.
    name, description : str
        Its subject, in a few words and in a sentence.
    query : str
        In ADQL.
    """

    id: str
    name: str
    description: str
    query: str


EXAMPLES = (
    TapExample(
        "cone",
        "Calibrated images around a place",
        "All calibrated files whose target lies within 5 arcmin of the centre of 47 Tucanae.",
        "SELECT obs_id, target_name, t_exptime, access_url\n"
        "FROM ivoa.obscore\n"
        "WHERE calib_level = 2\n"
        "  AND 1 = CONTAINS(POINT('ICRS', s_ra, s_dec), "
        "CIRCLE('ICRS', 6.0236, -72.0813, 0.0833))\n"
        "ORDER BY t_min",
    ),
    TapExample(
        "outline",
        "Images that cover a place",
        "The files whose chips cover a position, by the outlines of the chips.",
        "SELECT obs_title, s_region, access_url\n"
        "FROM ivoa.obscore\n"
        "WHERE 1 = INTERSECTS(POINT('ICRS', 6.0236, -72.0813), s_region)",
    ),
    TapExample(
        "groups",
        "Exposure time by target",
        "The number of calibrated files and the sum of their exposure times for each target.",
        "SELECT target_name, COUNT(*) AS files, SUM(t_exptime) AS seconds\n"
        "FROM ivoa.obscore\n"
        "WHERE calib_level = 2\n"
        "GROUP BY target_name\n"
        "ORDER BY seconds DESC",
    ),
    TapExample(
        "keywords",
        "Keywords of headers",
        "The longest exposures of WFC with keywords of their headers. Any keyword is a column, "
        'also those that no table lists: by its address in quotes, as in "flt.1.goodmean".',
        "SELECT TOP 100 rootname, targname, filter1, filter2, exptime\n"
        "FROM acsql.observations\n"
        "WHERE detector = 'WFC'\n"
        "ORDER BY exptime DESC",
    ),
)
