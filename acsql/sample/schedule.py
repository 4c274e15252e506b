"""Schedule of the sample archive: names, times, pointings and filetypes of its observations."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain, cycle

import numpy as np

from .. import names
from ..errors import ArchiveError
from ..keywords import KeywordSpecs
from .camera import APERTURES, separation
from .proposals import ESSENTIAL, OTHERS, PROPOSALS, TARGETS, PlannedProposal, Target, Visit

DAY = 86400.0
# Seconds between exposures: readout, filter change, small manoeuvre.
_OVERHEAD = 154.0
# Offset from one dither position to the next, arcseconds.
_DITHER = (2.5, 1.7)
# Smallest angle between the sun and a target, degrees.
_SUN_LIMIT = 54.0
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
# Day 0 of the Modified Julian Date.
_MJD_EPOCH = datetime(1858, 11, 17)

# Products of the pipeline for an exposure and for an association; a detector has those that have
# a list in the specs.
_TELEMETRY = ("spt", "jif", "jit")
_CALIBRATED = ("flt", "flc")
_DRIZZLED = ("drz", "drc")
_COMBINED = ("crj", "crc")
# Subarrays and internal exposures were not corrected for charge transfer efficiency.
_CORRECTED = frozenset({"flc", "crc", "drc"})


@dataclass(frozen=True)
class PlannedObservation:
    """One directory of the archive: an exposure, or a product of an association.

    `number` counts the archive's observations, `serial` its visits; `obset` and `line` are the
    visit's and the exposure's number in the proposal; `start` is a Modified Julian Date,
    `visit_start` that of the first exposure of the visit, `offset` the POSTARG in arcseconds,
    `position` that of the dither pattern, from 1 (0: the whole association).  `members` are the
    exposures of a product.
    """

    number: int
    serial: int
    ipppssoot: str
    visit: Visit
    obset: str
    line: int
    filters: tuple[str, str]
    start: float
    end: float
    exptime: float
    pa_v3: float
    offset: tuple[float, float]
    position: int
    asn_id: str | None
    asn_mtyp: str
    filetypes: tuple[str, ...]
    interrupted: bool = False
    visit_start: float = 0.0
    members: tuple["PlannedObservation", ...] = field(default=(), repr=False)

    @property
    def proposal(self) -> PlannedProposal:
        """The proposal to which it belongs."""
        return PROPOSALS[self.visit.proposid]

    @property
    def target(self) -> Target:
        """The target at which the telescope points."""
        return TARGETS[self.visit.target]

    @property
    def detector(self) -> str:
        """WFC, HRC or SBC."""
        return APERTURES[self.visit.aperture].detector

    @property
    def subarray(self) -> bool:
        """Whether only a part of the detector is read."""
        return APERTURES[self.visit.aperture].window is not None

    @property
    def hours_on(self) -> float:
        """The time in hours since the begin of the visit, when its detector was switched on."""
        return (self.start - self.visit_start) * 24

    @property
    def internal(self) -> bool:
        """Whether the shutter is closed: darks, biases and flats."""
        return self.visit.imagetyp != "EXT"

    @property
    def exposures(self) -> tuple["PlannedObservation", ...]:
        """The exposures of a product, or the exposure itself."""
        return self.members or (self,)

    def filename(self, filetype: str) -> names.Filename:
        """Return the name of a file; that of a jitter file of an exposure ends in ``j``.

        Parameters
        ----------
        filetype : str
            The filetype.

        Returns
        -------
        Filename
            The name.
        """
        jitter = filetype in ("jif", "jit") and not self.members
        stem = self.ipppssoot[:8] + "j" if jitter else self.ipppssoot
        return names.Filename(stem, filetype)


def plan(
    count: int, seed: int, specs: KeywordSpecs, visits: Sequence[Visit] | None = None
) -> list[PlannedObservation]:
    """Plan the observations of an archive.

    Parameters
    ----------
    count : int
        Number of directories.
    seed : int
        Seed of the random numbers.
    specs : KeywordSpecs
        Says which filetypes a detector has.
    visits : sequence of Visit, optional
        The visits to repeat, in turns; by default those of all kinds.

    Returns
    -------
    list of PlannedObservation
        In the order of writing.

    Raises
    ------
    ArchiveError
        If `count` is not positive, or the proposals have no room for that many visits.
    """
    if count < 1:
        raise ArchiveError(f"observations must be at least 1, not {count}")
    made: list[PlannedObservation] = []
    obsets = dict.fromkeys(PROPOSALS, 0)
    for serial, visit in enumerate(_visits(count, seed, visits)):
        obsets[visit.proposid] += 1
        if obsets[visit.proposid] == 36**2:
            raise ArchiveError(f"observations: the proposals have no room for {count}")
        obset = _base36(obsets[visit.proposid])
        made += _observe(visit, serial, obset, np.random.default_rng([seed, serial]), specs)
    return [replace(observation, number=number) for number, observation in enumerate(made)]


def _visits(count: int, seed: int, visits: Sequence[Visit] | None) -> Iterator[Visit]:
    """Yield visits until their directories are exactly `count`: one of every kind first."""
    order = np.random.default_rng([seed]).permutation(len(OTHERS))
    others = cycle([*(OTHERS[i] for i in order), *ESSENTIAL])
    for visit in cycle(visits) if visits else chain(ESSENTIAL, others):
        if count == 0:
            return
        if visit.directories <= count:
            count -= visit.directories
            yield visit


def _observe(
    visit: Visit, serial: int, obset: str, rng: np.random.Generator, specs: KeywordSpecs
) -> list[PlannedObservation]:
    """Return the exposures of a visit, then their products."""
    stem = f"j{PROPOSALS[visit.proposid].code}{obset}"
    first = int(rng.integers(10 * 36, 33 * 36))
    letter = str(rng.choice(list("qqqqqqqsn")))
    filters = visit.filters[int(rng.integers(len(visit.filters)))]
    start = visit_start = _start(visit, rng)
    pa_v3 = round(rng.uniform(0, 360), 6)
    origin = rng.choice([0.0, 0.0, 0.0, 2.5, -5.0, 12.0], 2) * (visit.imagetyp == "EXT")
    interrupted = bool(rng.random() < 0.04) and visit.exptime > 60
    asn_id = f"{stem}010" if visit.associated else None
    exposures = []
    for i in range(visit.exposures):
        position = i // visit.crsplit % visit.positions
        exptime = round(visit.exptime * (0.6 if interrupted and i == 0 else 1.0), 1)
        offset = origin + np.array(_DITHER) * position
        exposures.append(
            PlannedObservation(
                number=0,
                serial=serial,
                ipppssoot=f"{stem}{_base36(first + i)}{letter}",
                visit=visit,
                obset=obset,
                line=i + 1,
                filters=visit.filters[i % len(visit.filters)] if visit.in_turn else filters,
                start=start,
                end=start + exptime / DAY,
                exptime=exptime,
                pa_v3=pa_v3,
                offset=(float(offset[0]), float(offset[1])),
                position=position + 1,
                asn_id=asn_id,
                asn_mtyp=_role("EXP", visit, position + 1) if asn_id else "",
                filetypes=_of_exposure(visit, specs),
                interrupted=interrupted and i == 0,
                visit_start=visit_start,
            )
        )
        start += (exptime + _OVERHEAD) / DAY
    return exposures + _products(exposures, specs)


def _start(visit: Visit, rng: np.random.Generator) -> float:
    """Return when a visit begins: the telescope keeps away from the sun, but for internals."""
    target = TARGETS[visit.target]
    first, last = (mjd(datetime.fromisoformat(day)) for day in PROPOSALS[visit.proposid].dates)
    dates = rng.uniform(first, last, 64)
    if visit.imagetyp != "EXT":
        return float(dates[0])
    angles = [separation(target.ra, target.dec, *sun(date)) for date in dates]
    return float(next((d for d, a in zip(dates, angles, strict=True) if a > _SUN_LIMIT), dates[0]))


def _products(exposures: list[PlannedObservation], specs: KeywordSpecs) -> list[PlannedObservation]:
    """Return what the pipeline makes of associated exposures: sub-products, then the whole."""
    visit = exposures[0].visit
    if not visit.associated:
        return []
    positions = range(1, visit.positions + 1) if visit.has_subproducts else ()
    return [
        _product([e for e in exposures if position in (0, e.position)], position, specs)
        for position in (*positions, 0)
    ]


def _product(
    members: list[PlannedObservation], position: int, specs: KeywordSpecs
) -> PlannedObservation:
    first, visit = members[0], members[0].visit
    combined = _COMBINED if position or visit.positions == 1 else ()
    table = () if position else ("asn",)
    return replace(
        first,
        ipppssoot=f"{_stem(first)}{position}",
        end=members[-1].end,
        exptime=sum(member.exptime for member in members),
        position=position,
        asn_mtyp=_role("PROD", visit, position),
        filetypes=_known((*table, *combined, *_DRIZZLED, *_TELEMETRY), visit, specs),
        interrupted=any(member.interrupted for member in members),
        members=tuple(members),
    )


def _stem(observation: PlannedObservation) -> str:
    """Return the first eight characters of the products of an observation's association."""
    assert observation.asn_id is not None
    return observation.asn_id[:8]


def _role(prefix: str, visit: Visit, position: int) -> str:
    """Return ASN_MTYP: ACS Data Handbook, section 2.3."""
    if visit.positions == 1:
        return f"{prefix}-CRJ"
    return f"{prefix}-CR{position}" if visit.has_subproducts and position else f"{prefix}-DTH"


def _of_exposure(visit: Visit, specs: KeywordSpecs) -> tuple[str, ...]:
    drizzled = () if visit.associated or visit.imagetyp != "EXT" else _DRIZZLED
    return _known(("raw", *_CALIBRATED, *drizzled, *_TELEMETRY), visit, specs)


def _known(filetypes: tuple[str, ...], visit: Visit, specs: KeywordSpecs) -> tuple[str, ...]:
    """Return those filetypes that the detector has, in the order of the specs."""
    aperture = APERTURES[visit.aperture]
    has = {key.filetype for key in specs.lists if key.detector == aperture.detector}
    lacks = set(visit.lacks)
    if aperture.window or visit.imagetyp != "EXT":
        lacks |= _CORRECTED
    return tuple(f for f in specs.filetypes if f in filetypes and f in has - lacks)


def _base36(number: int) -> str:
    return _BASE36[number // 36] + _BASE36[number % 36]


def sun(date: float) -> tuple[float, float]:
    """Return the position of the sun.

    The low-precision formula of the Astronomical Almanac, section C: accurate to 0.01 degrees.

    Parameters
    ----------
    date : float
        Modified Julian Date.

    Returns
    -------
    tuple of float
        Right ascension and declination, degrees.
    """
    days = date - 51544.5
    anomaly = np.radians(357.528 + 0.9856003 * days)
    longitude = np.radians(
        280.460 + 0.9856474 * days + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly)
    )
    obliquity = np.radians(23.439 - 4e-7 * days)
    ra = np.arctan2(np.cos(obliquity) * np.sin(longitude), np.cos(longitude))
    dec = np.arcsin(np.sin(obliquity) * np.sin(longitude))
    return float(np.degrees(ra) % 360), float(np.degrees(dec))


def mjd(moment: datetime) -> float:
    """Return a moment as a Modified Julian Date.

    Parameters
    ----------
    moment : datetime
        UTC, naive.

    Returns
    -------
    float
        Days since 1858-11-17.
    """
    return (moment - _MJD_EPOCH).total_seconds() / DAY


def moment(date: float) -> datetime:
    """Return a Modified Julian Date as a moment.

    Parameters
    ----------
    date : float
        Days since 1858-11-17.

    Returns
    -------
    datetime
        To the second; UTC, naive.
    """
    return _MJD_EPOCH + timedelta(seconds=round(date * DAY))
