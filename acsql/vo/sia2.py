"""Simple Image Access 2.0: its parameters, translated to a query of ObsCore.

https://www.ivoa.net/documents/SIA/20151223/REC-SIA-2.0-20151223.html
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..archive import Archive
from ..errors import QueryError
from ..export.links import links_service
from ..export.votable import Frame
from ..query.angles import position, radius
from ..query.messages import abbreviate
from .addresses import Addresses, local_part
from .answer import DEFAULT_ROWS, MAX_ROWS, ServiceAnswer
from .catalog import Catalog
from .engine import run
from .tap import datatypes, described

# The columns that a parameter compares with its texts (section 2.1).
_TEXTS = {
    "pol": "pol_states",
    "collection": "obs_collection",
    "facility": "facility_name",
    "instrument": "instrument_name",
    "dptype": "dataproduct_type",
    "target": "target_name",
    "format": "access_format",
    "id": "obs_title",
}
# Columns whose number must lie in the range of a parameter.
_NUMBERS = {
    "fov": "s_fov",
    "spatres": "s_resolution",
    "specrp": "em_res_power",
    "exptime": "t_exptime",
    "timeres": "t_resolution",
}
# Columns with the ends of an interval that must overlap the range of a parameter.
_RANGES = {"band": ("em_min", "em_max"), "time": ("t_min", "t_max")}
# Degrees: all right ascensions, the declination of a pole, the least and the largest width of a
# polygon, and the distance of its vertices, with which a side is within 1 arcsec of its parallel.
_TURN, _POLE = 360.0, 90.0
_NARROWEST, _WIDEST, _STEP = 1e-6, 60.0, 0.5
_LEVELS = ("0", "1", "2", "3", "4")
PARAMETERS = ("pos", "calib", *_RANGES, *_NUMBERS, *_TEXTS)


def adql(parameters: Mapping[str, Sequence[str]]) -> str:
    """Return the query that parameters stand for.

    Parameters
    ----------
    parameters : mapping
        The values of `PARAMETERS`; a file meets a parameter if it meets one of its values.

    Returns
    -------
    str
        In ADQL, for the rows of ``ivoa.obscore`` that are images.

    Raises
    ------
    QueryError
        If a value is not valid.
    """
    conditions = ["dataproduct_type = 'image'"]
    for name, values in parameters.items():
        if values:
            test = _test(name)
            conditions.append(f"({' OR '.join(test(value) for value in values)})")
    return f"SELECT * FROM ivoa.obscore WHERE {' AND '.join(conditions)}"


def _test(name: str) -> Callable[[str], str]:
    """Return the function that makes a condition of a value of a parameter."""
    if name == "pos":
        return _position
    if name == "calib":
        return _level
    if name in _TEXTS:
        return lambda text: f"{_TEXTS[name]} = {_quoted(name, text)}"
    low, high = _RANGES.get(name) or (_NUMBERS[name],) * 2
    return lambda text: _overlap(low, high, *_interval(name, text))


def _quoted(name: str, text: str) -> str:
    value = local_part(text) if name == "id" else text
    return "'{}'".format(value.replace("'", "''"))


def _level(text: str) -> str:
    if text not in _LEVELS:
        raise QueryError(f"CALIB: expected one of {', '.join(_LEVELS)}, not {abbreviate(text)}")
    return f"calib_level = {text}"


def _interval(name: str, text: str) -> tuple[float, float]:
    """Return the ends of a range, of which either may be infinite; one number is both."""
    numbers = _numbers(name.upper(), text)
    if len(numbers) not in (1, 2) or numbers[0] > numbers[-1]:
        raise QueryError(f"{name.upper()}: expected one number or a range, not {abbreviate(text)}")
    return numbers[0], numbers[-1]


def _numbers(name: str, text: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split()]
    except ValueError:
        numbers = [math.nan]
    if any(map(math.isnan, numbers)):
        raise QueryError(f"{name}: expected numbers, not {abbreviate(text)}")
    return numbers


def _overlap(low_column: str, high_column: str, low: float, high: float) -> str:
    """Return that what reaches from one column to another overlaps a range."""
    ends = ((f"{low_column} <= ", high), (f"{high_column} >= ", low))
    tests = [f"{comparison}{number!r}" for comparison, number in ends if math.isfinite(number)]
    return f"({' AND '.join(tests or [f'{low_column} IS NOT NULL'])})"


def _position(text: str) -> str:
    """Return that the outline of a file meets a shape of DALI 1.1, section 3.3."""
    kind, _, rest = text.partition(" ")
    numbers = _numbers("POS", rest)
    match kind.upper():
        case "CIRCLE" if len(numbers) == 3:
            ra, dec = position(*numbers[:2])
            return _meets(f"CIRCLE({ra!r}, {dec!r}, {radius(numbers[2])!r})")
        case "POLYGON" if len(numbers) >= 6 and len(numbers) % 2 == 0:
            pairs = zip(numbers[::2], numbers[1::2], strict=True)
            places = ", ".join(
                f"{ra!r}, {dec!r}" for ra, dec in (position(*pair) for pair in pairs)
            )
            return _meets(f"POLYGON({places})")
        case "RANGE" if len(numbers) == 4 and numbers[0] <= numbers[1] and numbers[2] <= numbers[3]:
            return _in_range(*numbers)
    raise QueryError(
        "POS: expected CIRCLE ra dec radius, RANGE ra ra dec dec or POLYGON ra dec ra dec ra dec "
        f"..., in degrees, not {abbreviate(text)}"
    )


def _in_range(west: float, east: float, south: float, north: float) -> str:
    """Return that the outline of a file meets a range of coordinates, which may be open.

    Its polygons have vertices along the parallels, because the sides of polygons are great circles.
    """
    west = 0.0 if west == -math.inf else west
    east = _TURN if east == math.inf else east
    south = -_POLE if south == -math.inf else min(south, _POLE - _NARROWEST)
    north = _POLE if north == math.inf else north
    if not (west <= east and -_POLE <= south <= north <= _POLE):
        raise QueryError("POS: expected RANGE ra ra dec dec from low to high, in degrees")
    width = min(east - west, _TURN)
    west = 0.0 if width == _TURN else west % _TURN
    east = west + width
    if (west, east, south, north) == (0, _TURN, -_POLE, _POLE):
        return "s_region IS NOT NULL"
    pieces = [
        _meets(f"POLYGON({', '.join(f'{ra!r}, {dec!r}' for ra, dec in _outline(*ras, *decs))})")
        for ras in _divided(west, east)
        for decs in _divided(south, north)
    ]
    return f"({' OR '.join(pieces)})"


def _divided(low: float, high: float) -> Iterator[tuple[float, float]]:
    """Yield the parts of an interval, each as large as a polygon may be, in degrees."""
    width = max(high - low, _NARROWEST)
    number = math.ceil(width / _WIDEST)
    for part in range(number):
        yield low + width * part / number, low + width * (part + 1) / number


def _outline(west: float, east: float, south: float, north: float) -> list[tuple[float, float]]:
    """Return the vertices of a part of a range, at a pole one alone."""
    steps = math.ceil((east - west) / _STEP)
    ras = [west + (east - west) * step / steps for step in range(steps + 1)]
    sides = ((south, ras), (min(north, _POLE), ras[::-1]))
    return [
        position(ra, dec) for dec, side in sides for ra in (side if abs(dec) < _POLE else side[:1])
    ]


def _meets(shape: str) -> str:
    return f"INTERSECTS({shape}, s_region) = 1"


def image_search(
    archive: Archive,
    catalog: Catalog,
    parameters: Mapping[str, Sequence[str]],
    addresses: Addresses,
    limit: int | None = None,
) -> ServiceAnswer:
    """Return the images that meet the parameters.

    Parameters
    ----------
    archive : Archive
        The open archive.
    catalog : Catalog
        Its tables.
    parameters : mapping
        As of `adql`.
    addresses : Addresses
        Where the site is.
    limit : int, optional
        At most this many rows.

    Returns
    -------
    ServiceAnswer
        Rows of ObsCore, each with its links.

    Raises
    ------
    QueryError
        If a value is not valid.
    QueryTimeout
        If the query takes longer than the time limit of the archive.
    """
    most = min(DEFAULT_ROWS if limit is None else limit, MAX_ROWS)
    tables = catalog.tables(archive.specs, addresses)
    found = run(adql(parameters), tables, archive.store, most, archive.time_limit)
    return ServiceAnswer(
        found.table.to_pylist(),
        tuple(map(described, found.columns)),
        Frame(
            "OVERFLOW" if found.is_cut or most == 0 else "OK",
            services=(links_service(addresses.site, "obs_publisher_did"),),
            description="Images of the Advanced Camera for Surveys",
            datatypes=datatypes(found.columns),
        ),
    )
