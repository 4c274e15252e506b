"""Files in the directories of observations that are not datasets of ACS."""

from collections.abc import Iterator, Sequence
from io import BytesIO

import numpy as np
from PIL import Image

from .cards import Hdu, TableColumn, table
from .headers import free, structure
from .scenes import fixed_random
from .schedule import PlannedObservation, moment
from .wcs_extensions import headerlet, ordered


def stray_files(observation: PlannedObservation) -> Iterator[tuple[str, bytes]]:
    """Yield the files in a directory that are not datasets, if it has any.

    Parameters
    ----------
    observation : PlannedObservation
        The observation.

    Yields
    ------
    name : str
        The name of a file.
    content : bytes
        Its content.
    """
    if observation.number % 4 == 1:
        yield f"{observation.ipppssoot}_trl.fits", _trailer(observation)
    if observation.number % 6 == 2:
        yield f"{observation.ipppssoot}_hlet.fits", _bytes([_bare(), headerlet(observation)])
    if observation.number % 6 == 5:
        yield f"{observation.ipppssoot}_raw.jpg", _picture(observation)


def _bare() -> Hdu:
    return Hdu(free({"SIMPLE": True, "BITPIX": 16, "NAXIS": 0, "EXTEND": True}))


def _trailer(observation: PlannedObservation) -> bytes:
    start = moment(observation.start)
    lines = [
        f"{start:%Y%j%H%M%S}-I-INFO-Generic conversion of {observation.ipppssoot} started",
        f"{start:%Y%j%H%M%S}-I-INFO-Generic conversion of {observation.ipppssoot} completed",
    ]
    columns = [TableColumn("TEXT_FILE", "132A", np.array(lines, "S132"))]
    data = table(columns)
    facts = {key: value for key, value in structure(data, columns).items() if value != ""}
    facts.pop("TROWS")
    return _bytes([_bare(), Hdu(free(ordered(facts)), data)])


def _picture(observation: PlannedObservation) -> bytes:
    pixels = fixed_random(observation.ipppssoot).integers(0, 60, (32, 32)).astype(np.uint8)
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG")
    return stream.getvalue()


def _bytes(hdus: Sequence[Hdu]) -> bytes:
    return b"".join(bytes(part) for hdu in hdus for part in hdu.parts())
