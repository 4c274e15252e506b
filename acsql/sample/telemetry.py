"""Support, association and jitter files: tables, and readings of the telescope."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .camera import Wcs
from .cards import Hdu, TableColumn, big_endian, table
from .common_keywords import is_guided
from .headers import header, structure
from .image_keywords import of_wcs, statistics
from .instrument import UNGUIDED, Instrument
from .schedule import PlannedObservation
from .simulation import JITTER, TELEMETRY, Simulation

_UDL_WORDS = 965
# Seconds between two readings of the pointing.
_JITTER_SECONDS = 3.0
# Pixels on a side of the image of the pointing.
_HISTOGRAM = 64
# Days of an orbit of the telescope, and of its night, which SHADOENT and SHADOEXT delimit.
_ORBIT, _NIGHT = 0.0664, 0.025
# How often guide stars are lost during an exposure, and for how many seconds.
_LOSSES, _LOST_SECONDS = 0.25, 30.0
# Seconds for which the pointing is recentred afterwards.
_RECENTRED_SECONDS = 15.0

# Jitter tables: column, TFORM, unit, typical size (OMS observation logs, chapter 3).
_JITTER_COLUMNS = (
    ("Seconds", "1E", "seconds", 0), ("V2_dom", "1E", "arcsec", 0.004),
    ("V3_dom", "1E", "arcsec", 0.004), ("V2_roll", "1E", "arcsec", 0.006),
    ("V3_roll", "1E", "arcsec", 0.006), ("SI_V2_AVG", "1E", "arcsec", 0.003),
    ("SI_V2_RMS", "1E", "arcsec", 0.002), ("SI_V2_P2P", "1E", "arcsec", 0.01),
    ("SI_V3_AVG", "1E", "arcsec", 0.003), ("SI_V3_RMS", "1E", "arcsec", 0.002),
    ("SI_V3_P2P", "1E", "arcsec", 0.01), ("RA", "1D", "degrees", 1e-6),
    ("DEC", "1D", "degrees", 1e-6), ("Roll", "1D", "degrees", 1e-5),
    ("LimbAng", "1E", "degrees", 30), ("TermAng", "1E", "degrees", 40),
    ("LOS_Zenith", "1E", "degrees", 30), ("Latitude", "1E", "degrees", 15),
    ("Longitude", "1E", "degrees", 90), ("Mag_V1", "1E", "gauss", 0.2),
    ("Mag_V2", "1E", "gauss", 0.2), ("Mag_V3", "1E", "gauss", 0.2),
    ("EarthMod", "1E", "V Mag/arcsec2", 5), ("SI_Specific", "1E", "", 0),
    ("DayNight", "1I", "0,1 flag", 0), ("Recenter", "1I", "0,1 flag", 0),
    ("TakeData", "1I", "0,1 flag", 0), ("SlewFlag", "1I", "0,1 flag", 0),
)  # fmt: skip

_FORMS = {"1E": np.float32, "1D": np.float64, "1I": np.int16}


def support(simulation: Simulation, filetype: str) -> list[Hdu]:
    """Return the extension of a support file: the Unique Data Log of the instrument.

    Parameters
    ----------
    simulation : Simulation
        The observation.
    filetype : str
        The filetype, spt.

    Returns
    -------
    list of Hdu
        One extension.
    """
    rng = simulation.random(TELEMETRY, 1)
    data = big_endian(rng.integers(-999, 9999, _UDL_WORDS).astype(np.int16))
    own = {**simulation.common, **structure(data), "EXTNAME": "UDL", "EXTVER": 1}
    return [Hdu(header(simulation.key(filetype, 1), own, telemetry=rng), data)]


def association(simulation: Simulation, filetype: str) -> list[Hdu]:
    """Return the extension of an association file: the table of its members.

    Parameters
    ----------
    simulation : Simulation
        The observation.
    filetype : str
        The filetype, asn.

    Returns
    -------
    list of Hdu
        One extension.
    """
    o = simulation.observation
    members = [(member.ipppssoot, member.asn_mtyp) for member in o.members]
    if o.visit.has_subproducts:
        stem = o.ipppssoot[:8]
        members += [(f"{stem}{i}", f"PROD-CR{i}") for i in range(1, o.visit.positions + 1)]
    members.append((o.ipppssoot, o.asn_mtyp))
    names, roles = zip(*members, strict=True)
    present = np.full(len(members), ord("T"), np.uint8).view("S1")
    columns = [
        TableColumn("MEMNAME", "14A", np.array([n.upper() for n in names], "S14"), "", "A14"),
        TableColumn("MEMTYPE", "14A", np.array(roles, "S14"), "", "A14"),
        TableColumn("MEMPRSNT", "L", present, "", "L1"),
    ]
    data = table(columns)
    own = {**simulation.common, **structure(data, columns), "EXTNAME": "ASN", "EXTVER": 1}
    return [Hdu(header(simulation.key(filetype, 1), own), data)]


def jitter_images(simulation: Simulation, filetype: str) -> list[Hdu]:
    """Return the extensions of a jitter file with images of the pointing.

    Parameters
    ----------
    simulation : Simulation
        The observation.
    filetype : str
        The filetype, jif.

    Returns
    -------
    list of Hdu
        One for each exposure.
    """
    return [
        _jitter(simulation, filetype, number, exposure, _histogram(simulation, number), ())
        for number, exposure in enumerate(simulation.observation.exposures, start=1)
    ]


def jitter_tables(simulation: Simulation, filetype: str) -> list[Hdu]:
    """Return the extensions of a jitter file with tables of the pointing.

    Parameters
    ----------
    simulation : Simulation
        The observation.
    filetype : str
        The filetype, jit.

    Returns
    -------
    list of Hdu
        One for each exposure.
    """
    hdus = []
    for number, exposure in enumerate(simulation.observation.exposures, start=1):
        seconds = np.arange(0, max(exposure.exptime, 6.0), _JITTER_SECONDS)
        rng = simulation.random(JITTER, number, 1)
        days = seconds / 86_400 + exposure.start - simulation.common["SHADOENT"]
        night = days % _ORBIT < _NIGHT
        # The sizes of the readings are those of an average jitter.
        quiet = simulation.instrument.jitter / Instrument().jitter
        if not is_guided(exposure, simulation.instrument):
            quiet *= UNGUIDED
        columns = _jitter_columns(seconds, night, exposure, quiet, rng)
        hdus.append(_jitter(simulation, filetype, number, exposure, table(columns), columns))
    return hdus


def _jitter(
    simulation: Simulation,
    filetype: str,
    number: int,
    exposure: PlannedObservation,
    data: np.ndarray,
    columns: Sequence[TableColumn],
) -> Hdu:
    wcs = Wcs(
        (_HISTOGRAM / 2, _HISTOGRAM / 2),
        (exposure.target.ra, exposure.target.dec),
        np.eye(2) * 5e-7,
    )
    name = exposure.filename(filetype)
    own = {
        **simulation.common,
        **of_wcs(wcs, simulation.common, 1, distorted=False),
        **(statistics(data) if data.dtype.names is None else {}),
        **structure(data, columns),
        "EXTNAME": filetype,
        "EXTVER": number,
        "ROOTNAME": name.ipppssoot,
        "EXPNAME": name.ipppssoot,
        "OBSERVTN": exposure.ipppssoot[6:8].upper(),
        "STARTIME": exposure.start,
        "ENDTIME": exposure.end,
    }
    return Hdu(header(simulation.key(filetype, number), own), data)


def _histogram(simulation: Simulation, number: int) -> np.ndarray:
    """Return how long the telescope pointed where, as an image."""
    rng = simulation.random(JITTER, number)
    x, y = np.clip(rng.normal(32, 3.5, (2, 2400)).astype(int), 0, _HISTOGRAM - 1)
    counts = np.bincount(y * _HISTOGRAM + x, minlength=_HISTOGRAM**2)
    return big_endian(counts.reshape(_HISTOGRAM, _HISTOGRAM).astype(np.int16))


def _jitter_columns(
    seconds: np.ndarray,
    night: np.ndarray,
    exposure: PlannedObservation,
    quiet: float,
    rng: np.random.Generator,
) -> list[TableColumn]:
    """Return the columns of a jitter table, one row for each of some seconds.

    `quiet` is the jitter while no guide star is lost, relative to that of the typical sizes.
    """
    since_loss = seconds - seconds[-1] * rng.random() + (0 if rng.random() < _LOSSES else 1e6)
    lost = (since_loss >= 0) & (since_loss < _LOST_SECONDS)
    recentred = (since_loss >= _LOST_SECONDS) & (since_loss < _LOST_SECONDS + _RECENTRED_SECONDS)
    centres: dict[str, Any] = {
        "Seconds": seconds,
        "RA": exposure.target.ra,
        "DEC": exposure.target.dec,
        "Roll": exposure.pa_v3,
        "DayNight": night,
        "Recenter": recentred,
        "TakeData": ~lost,
    }
    columns = []
    for name, form, unit, size in _JITTER_COLUMNS:
        sizes = np.where(lost, UNGUIDED, quiet) * size if name.startswith(("V", "SI")) else size
        readings = sizes * rng.standard_normal(len(seconds))
        if name.endswith(("RMS", "P2P")):
            readings = np.abs(readings)
        values = (readings + centres.get(name, 0.0)).astype(_FORMS[form])
        columns.append(TableColumn(name, form, values, unit))
    return columns
