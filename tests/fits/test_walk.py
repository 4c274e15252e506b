"""Headers without HDU objects, with `open_fits` as the judge of good and of damaged files.

The quick part damages 600 copies of sample and real files; ``ALL_FAULTS=1`` damages 10,000.
"""

import os
import random
import re
from pathlib import Path

import astropy
import pytest
from damage import CONTENT

from acsql.errors import FileError
from acsql.fits import cards, chips, walk
from acsql.fits.open import BLOCK, MAX_HEADER_BYTES, end_of_data, open_fits

MUTANTS = 10_000 if os.environ.get("ALL_FAULTS") else 600
ASTROPY = Path(astropy.__file__).parent
REAL = Path(__file__).parents[3] / "shared" / "data" / "real"
NAME = "j8bt05njq_flt.fits"
# Of those that say where the pixels are, and how they are stored.
KEYWORDS = (
    "BITPIX",
    "BSCALE",
    "BZERO",
    "BLANK",
    "NPIX1",
    "PIXVALUE",
    "CCDCHIP",
    "LTV1",
    "BINAXIS1",
)

pytestmark = pytest.mark.filterwarnings("ignore")


def by_walk(path: Path) -> object:
    """Return what `open_headers` reads, or its error."""
    try:
        with walk.open_headers(path) as opened, walk.damage_refused(path.name):
            images = [hdu for hdu in opened.hdus if hdu.name == "SCI"]
            read = [[(keyword, repr(value)) for keyword, value in one] for one in opened.cards]
            return read, opened.end, list(map(described, images))
    except FileError as error:
        return str(error)


def by_open_fits(path: Path) -> object:
    """Return the same by `open_fits`, or its error."""
    try:
        with open_fits(path) as hdus, walk.damage_refused(path.name):
            images = [hdu for hdu in hdus if hdu.name == "SCI"]
            read = [[(keyword, repr(value)) for keyword, value in cards.read(hdu)] for hdu in hdus]
            return read, end_of_data(hdus[-1]), list(map(described, images))
    except FileError as error:
        return str(error)


def described(hdu: object) -> tuple:
    info = hdu.fileinfo()
    return (
        chips._is_plain_image(hdu),
        hdu.ver,
        getattr(hdu, "shape", None),
        info["hdrLoc"],
        info["datLoc"],
        info["datSpan"],
        *(repr(hdu.header.get(keyword)) for keyword in KEYWORDS),
    )


def is_walked(path: Path) -> bool:
    with path.open("rb") as file:
        return bool(walk._walk(file))


def condensed(path: Path) -> bytes:
    """Return a file with all of its headers, and images of 4 by 4 pixels."""
    content, out = path.read_bytes(), b""
    with open_fits(path) as hdus:
        infos = [hdu.fileinfo() for hdu in hdus]
    for info in infos:
        header = content[info["hdrLoc"] : info["datLoc"]]
        data = content[info["datLoc"] : info["datLoc"] + info["datSpan"]]
        if len(data) > 4 * BLOCK:
            with_sides = [
                card if not re.match(rb"NAXIS[12] ", card) else card[:10] + b"%20d" % 4 + card[30:]
                for card in (
                    content[at : at + 80] for at in range(info["hdrLoc"], info["datLoc"], 80)
                )
            ]
            header, data = b"".join(with_sides), data[:BLOCK]
        out += header + data
    return out


@pytest.fixture(scope="module")
def originals(sample_filesystem: Path) -> list[bytes]:
    """Small files of all filetypes: of the sample, and with real headers."""
    by_type = {path.name[9:]: path for path in sorted(sample_filesystem.glob("*/*/*.fits"))}
    real = [*ASTROPY.rglob("j94f05bgq_flt.fits"), *REAL.glob("*.fits")]
    return [condensed(path) for path in [*by_type.values(), *real]]


def test_ordinary_files_are_read_as_astropy_reads_them(sample_filesystem: Path) -> None:
    files = [*sample_filesystem.glob("*/*/*.fits"), *REAL.glob("*.fits"), *ASTROPY.rglob("*.fits")]
    for path in sorted(files):
        assert by_walk(path) == by_open_fits(path), path.name


def test_acs_files_need_no_hdu_objects(sample_filesystem: Path) -> None:
    """Agreement alone would not show that a file is left to astropy."""
    left = [path.name for path in sample_filesystem.glob("*/*/*.fits") if not is_walked(path)]
    assert left == []


def test_damaged_files_are_read_or_refused_as_before(
    originals: list[bytes], tmp_path: Path
) -> None:
    rng, path, walked = random.Random(1), tmp_path / NAME, 0
    kinds = list(CONTENT)
    for number in range(MUTANTS):
        kind = kinds[number % len(kinds)]
        path.write_bytes(CONTENT[kind](rng.choice(originals), rng))
        walked += is_walked(path)
        assert by_walk(path) == by_open_fits(path), (kind, number)
    assert 0 < walked < MUTANTS


def test_headers_beyond_the_limit_are_left_to_the_checks_of_open_fits(tmp_path: Path) -> None:
    path = tmp_path / NAME
    cards_ = ["SIMPLE  =                    T", "BITPIX  =                    8"]
    cards_ += ["NAXIS   =                    0", "EXTEND  =                    T"]
    text = "".join(card.ljust(80) for card in cards_)
    text += "COMMENT".ljust(80) * (MAX_HEADER_BYTES // 80) + "END".ljust(80)
    path.write_text(text.ljust(-(-len(text) // BLOCK) * BLOCK))
    assert not is_walked(path)
    with pytest.raises(FileError, match="take more than"), walk.open_headers(path):
        pass
