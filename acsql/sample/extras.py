"""What files have beside the images and keywords that everybody looks at.

The distortion tables and the history of WCS after calibrated images, the columns of jitter
tables, the remarks of the pipeline, and the files that lie about in directories.
"""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from .camera import Readout, Wcs
from .cards import Column, Hdu, big_endian, card, table
from .headers import free, structure
from .plan import Observation, moment
from .scenes import fixed

BLENDED = (
    "Primary keywords are blended from those of all input images: the first value,",
    "the sum of exposure times, the earliest start and the latest end.",
)

_LOOKUP_SHAPE = (33, 65)
_STEP_NAMES = {"BIASCORR": "BIASFILE", "DARKCORR": "DARKFILE", "FLATCORR": "PFLTFILE"}


def history(own: dict[str, Any]) -> list[str]:
    """Return what CALACS says of the steps that it has done."""
    lines = ["CCD parameters table:", f"  reference table {own['CCDTAB'].strip()}"]
    lines.append("Uncertainty array initialized.")
    for step, reference in _STEP_NAMES.items():
        if own[step] == "COMPLETE":
            lines.append(f"{step} complete ...")
            lines.append(f"  reference image {own[reference].strip()}")
    if own["DQICORR"] == "COMPLETE":
        lines += ["DQICORR complete ...", "  values checked for saturation"]
    return lines


def repeated() -> str:
    """Return a keyword that the header has already: two programs wrote their version."""
    return card("PYWCSVER", "1.12.1.dev3982", "Version of PYWCS used to updated the WCS")


def unfinished() -> str:
    """Return what IRAF left in headers, which no list names."""
    return card("IRAF-TLM", "10:43:32 (18/12/2008)", "Time of last modification")


def lookup_keywords(extver: int, subarray: bool, common: dict[str, Any]) -> dict[str, Any]:
    """Return how an image refers to its distortion tables: FITS WCS Paper IV, draft.

    Subarrays have none for the irregular widths of the columns (D2IM).
    """
    values: dict[str, Any] = {"NPOLEXT": common["NPOLFILE"]}
    for axis in (1, 2):
        values |= {f"CPDIS{axis}": "LOOKUP", f"CPERR{axis}": 0.05}
        values |= _record(f"DP{axis}", 2.0 * (extver - 1) + axis, 2.0, 1.0, 2.0)
    if not subarray:
        values["D2IMEXT"] = common["D2IMFILE"]
        for axis in (1, 2):
            values |= {f"D2IMDIS{axis}": "LOOKUP", f"D2IMERR{axis}": 0.002}
            values |= _record(f"D2IM{axis}", float(axis), 2.0, 1.0, 2.0)
    return values


def blended_lookups() -> dict[str, Any]:
    """Return what is left of those references in a header blended from several: nothing."""
    values: dict[str, Any] = {}
    for axis in (1, 2):
        values |= {f"CPDIS{axis}": "", f"CPERR{axis}": 0.0, **_record(f"DP{axis}")}
        values |= {f"D2IMDIS{axis}": "", f"D2IMERR{axis}": 0.0, **_record(f"D2IM{axis}")}
    return values


def _record(
    name: str,
    extver: float | None = None,
    axes: float | None = None,
    first: float | None = None,
    second: float | None = None,
) -> dict[str, float | None]:
    fields = {"EXTVER": extver, "NAXES": axes, "AXIS.1": first, "AXIS.2": second}
    return {f"{name}.{field}": value for field, value in fields.items()}


def further(
    observation: Observation,
    readouts: Sequence[Readout],
    pointings: Sequence[Wcs],
    common: dict[str, Any],
) -> Iterator[Hdu]:
    """Yield the extensions that the WCS software adds to calibrated images."""
    if not observation.subarray:
        for axis in (1, 2):
            yield _lookup("D2IMARR", axis, readouts[0], observation)
    for index, readout in enumerate(readouts):
        for axis in (1, 2):
            yield _lookup("WCSDVARR", 2 * index + axis, readout, observation)
    yield _wcs_history(pointings, common)
    if len(readouts) > 1:
        yield _headerlet(observation)


def _lookup(extname: str, extver: int, readout: Readout, observation: Observation) -> Hdu:
    """Return a table of small shifts over a chip, in pixels."""
    rng = fixed(extname, extver, readout.detector)
    data = big_endian(0.02 * rng.standard_normal(_LOOKUP_SHAPE, np.float32))
    rows, columns = _LOOKUP_SHAPE
    values = {
        **structure(data),
        "EXTNAME": extname,
        "EXTVER": extver,
        "CRPIX1": 1.0,
        "CRPIX2": 1.0,
        "CRVAL1": 1.0,
        "CRVAL2": 1.0,
        "CDELT1": readout.columns / columns,
        "CDELT2": readout.rows / rows,
        "INHERIT": False,
        "TELESCOP": "HST",
        "INSTRUME": "ACS",
        "DETECTOR": readout.detector,
        "FILTER1": observation.filters[0],
        "FILTER2": observation.filters[1],
        "OBSTYPE": "IMAGING",
        "FILETYPE": "DXY GRID",
        "PEDIGREE": "INFLIGHT 12/04/2002 30/07/2009",
        "USEAFTER": "Mar 01 2002 00:00:00",
        "DESCRIP": "Residual geometric distortion from observations of a rich star cluster, "
        "on a coarse grid",
    }
    return Hdu(free(values), data)


def _wcs_history(pointings: Sequence[Wcs], common: dict[str, Any]) -> Hdu:
    """Return the table of all WCS that the images have had."""
    rows = [
        (name, key, extver, wcs)
        for name, key in (("OPUS", "O"), ("IDC", " "))
        for extver, wcs in enumerate(pointings, start=1)
    ]

    def text(name: str, length: int, values: Sequence[str]) -> Column:
        return Column(name, f"{length}A", np.array(values, f"S{length}"))

    def numbers(name: str, values: Sequence[float]) -> Column:
        return Column(name, "D", np.array(values, np.float64))

    wcss = [wcs for *_, wcs in rows]
    blank = [""] * len(rows)
    zero = [0.0] * len(rows)
    columns = [
        text("WCS_ID", 40, [name for name, *_ in rows]),
        Column("EXTVER", "I", np.array([extver for _, _, extver, _ in rows], np.int16)),
        text("WCS_key", 1, [key for _, key, *_ in rows]),
        text("HDRNAME", 24, blank),
        text("SIPNAME", 24, blank),
        text("NPOLNAME", 24, blank),
        text("D2IMNAME", 24, blank),
        numbers("CRVAL1", [wcs.crval[0] for wcs in wcss]),
        numbers("CRVAL2", [wcs.crval[1] for wcs in wcss]),
        numbers("CRPIX1", [wcs.crpix[0] for wcs in wcss]),
        numbers("CRPIX2", [wcs.crpix[1] for wcs in wcss]),
        *(
            numbers(f"CD{i + 1}_{j + 1}", [wcs.cd[i, j] for wcs in wcss])
            for i in (0, 1)
            for j in (0, 1)
        ),
        text("CTYPE1", 24, ["RA---TAN-SIP"] * len(rows)),
        text("CTYPE2", 24, ["DEC--TAN-SIP"] * len(rows)),
        numbers("ORIENTAT", [wcs.orientat for wcs in wcss]),
        numbers("PA_V3", [common["PA_V3"]] * len(rows)),
        numbers("RMS_RA", zero),
        numbers("RMS_Dec", zero),
        Column("NMatch", "J", np.zeros(len(rows), np.int32)),
        text("Catalog", 40, blank),
        text("DESCRIP", 128, blank),
    ]
    data = table(columns)
    facts = structure(data, columns)
    names = {key: value for key, value in facts.items() if value != ""}
    return Hdu(free({**_ordered(names), "EXTNAME": "WCSCORR", "EXTVER": 1}), data)


def _ordered(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the structure of a table in the order that FITS wants."""
    first = ("XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "TFIELDS")
    return {key: facts[key] for key in first} | facts


def _headerlet(observation: Observation) -> Hdu:
    """Return a WCS solution as a file in the file, of an extension type of its own."""
    data = np.frombuffer(f"headerlet of {observation.ipppssoot}".ljust(512).encode(), np.uint8)
    values = {
        "XTENSION": "HDRLET",
        "BITPIX": 8,
        "NAXIS": 1,
        "NAXIS1": len(data),
        "PCOUNT": 0,
        "GCOUNT": 1,
        "EXTNAME": "HDRLET",
        "EXTVER": 1,
        "HDRNAME": f"{observation.ipppssoot}_hdr1",
        "WCSNAME": "IDC",
    }
    return Hdu(free(values), data)


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


def jitter_columns(
    seconds: np.ndarray, exposure: Observation, rng: np.random.Generator
) -> list[Column]:
    """Return the columns of a jitter table, one row for each of some seconds."""
    centres = {
        "Seconds": seconds,
        "RA": exposure.target.ra,
        "DEC": exposure.target.dec,
        "Roll": exposure.pa_v3,
        "TakeData": 1,
    }
    columns = []
    for name, form, unit, size in _JITTER_COLUMNS:
        readings = size * rng.standard_normal(len(seconds)) + centres.get(name, 0.0)
        columns.append(Column(name, form, readings.astype(_FORMS[form]), unit))
    return columns


def lying_about(observation: Observation) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of files in a directory that are no datasets."""
    if observation.number % 4 == 1:
        yield f"{observation.ipppssoot}_trl.fits", _trailer(observation)
    if observation.number % 6 == 2:
        yield f"{observation.ipppssoot}_hlet.fits", _bytes([_bare(), _headerlet(observation)])
    if observation.number % 6 == 5:
        yield f"{observation.ipppssoot}_raw.jpg", _picture(observation)


def _bare() -> Hdu:
    return Hdu(free({"SIMPLE": True, "BITPIX": 16, "NAXIS": 0, "EXTEND": True}))


def _trailer(observation: Observation) -> bytes:
    start = moment(observation.start)
    lines = [
        f"{start:%Y%j%H%M%S}-I-INFO-Generic conversion of {observation.ipppssoot} started",
        f"{start:%Y%j%H%M%S}-I-INFO-Generic conversion of {observation.ipppssoot} completed",
    ]
    columns = [Column("TEXT_FILE", "132A", np.array(lines, "S132"))]
    data = table(columns)
    facts = {key: value for key, value in structure(data, columns).items() if value != ""}
    facts.pop("TROWS")
    return _bytes([_bare(), Hdu(free(_ordered(facts)), data)])


def _picture(observation: Observation) -> bytes:
    pixels = fixed(observation.ipppssoot).integers(0, 60, (32, 32)).astype(np.uint8)
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG")
    return stream.getvalue()


def _bytes(hdus: Sequence[Hdu]) -> bytes:
    return b"".join(bytes(part) for hdu in hdus for part in hdu.parts())
