"""The files of one observation: their names, primary headers and extensions.

The keyword specs define the extensions of a file: three for every chip that is read out, unless
the filetype is drizzled, telemetry or a table.
"""

from collections.abc import Callable, Iterator

import numpy as np

from ..names import Filename
from . import calibration
from .cards import Hdu, commentary
from .commentary import BLENDED, history, repeated, unfinished
from .common_keywords import support_keywords
from .drizzling import drizzled
from .headers import Values, header, structure
from .image_keywords import drizzle_blocks
from .images import images
from .instrument import Instrument
from .schedule import PlannedObservation
from .simulation import TELEMETRY, Simulation
from .telemetry import association, jitter_images, jitter_tables, support

# Every how many observations there is a peculiarity in the headers, and the first of them.
_UNFINISHED, _REPEATED = (7, 3), (5, 1)

# FILETYPE in the primary header; SCI in all others.
_FILETYPES = {"spt": "SPT", "asn": "ASN_TABLE", "jif": "JIM", "jit": "JIT"}
# Functions that make the extensions of a filetype; `images` makes those of all others.
_EXTENSIONS: dict[str, Callable[[Simulation, str], list[Hdu]]] = {
    "drz": drizzled,
    "drc": drizzled,
    "spt": support,
    "asn": association,
    "jif": jitter_images,
    "jit": jitter_tables,
}


def files_of(
    observation: PlannedObservation, seed: int, frame: str, instrument: Instrument | None = None
) -> Iterator[tuple[Filename, list[Hdu]]]:
    """Yield the files of an observation.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.
    seed : int
        The seed of the sample archive.
    frame : {"small", "medium", "full"}
        The size of the images.
    instrument : Instrument, optional
        The simulated instrument.

    Yields
    ------
    name : Filename
        The name of a file.
    hdus : list of Hdu
        Its primary header and its extensions.
    """
    simulation = Simulation(observation, seed, frame, instrument or Instrument())
    for filetype in observation.filetypes:
        extensions = _EXTENSIONS.get(filetype, images)(simulation, filetype)
        primary = _primary(simulation, filetype, len(extensions))
        yield observation.filename(filetype), [primary, *extensions]


def _primary(simulation: Simulation, filetype: str, extensions: int) -> Hdu:
    o = simulation.observation
    name = o.filename(filetype)
    chips = len(simulation.readouts)
    own = {
        **simulation.common,
        **calibration.switches(o, filetype),
        **structure(None),
        "NEXTEND": extensions,
        "FILENAME": str(name),
        "FILETYPE": _FILETYPES.get(filetype, "SCI"),
        "ROOTNAME": name.ipppssoot,
        "NDRIZIM": len(o.exposures) * chips,
    }
    if filetype in ("raw", "asn"):
        own["DATE"] = np.floor(own["DATE"])
    if filetype in ("jif", "jit"):
        own["INSTRUME"] = "FGS"
    blocks = drizzle_blocks(o, filetype, chips, simulation.readouts[0].arcsec)
    numbers = None
    if filetype == "spt":
        own |= support_keywords(o)
        numbers = simulation.random(TELEMETRY)
    text = header(simulation.key(filetype, 0), own, blocks, numbers)
    return Hdu(text + _remarks(simulation, filetype, own))


def _remarks(simulation: Simulation, filetype: str, own: Values) -> str:
    """Return the cards of a primary header that are not in its list: history, and leftovers."""
    if filetype in ("drz", "drc"):
        return "".join(commentary("COMMENT", line) for line in BLENDED)
    if filetype not in ("flt", "flc", "crj", "crc"):
        return ""
    text = "".join(commentary("HISTORY", line) for line in history(own))
    if simulation.every(_REPEATED):
        text += repeated()
    return text + unfinished() if simulation.every(_UNFINISHED) else text
