"""Mutants of single cards: none costs more than its own value.

The quick part tries a few hundred; ALL_FAULTS=1 tries 10,000.  Structural keywords, those that
describe the pixels and those that identify the file are left alone.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bson
import pytest
from astropy.io import fits

from acsql.config import Config
from acsql.fits import cards
from acsql.fits.astropy_header import to_fits
from acsql.fits.open import CARD, open_fits
from acsql.ingest.read import FileContent, read_or_fail
from acsql.ingest.scan import scan
from acsql.ingest.typing import type_header
from acsql.keywords import HeaderKey, KeywordSpecs

SEED = 20260101
MUTANTS = 10_000 if os.environ.get("ALL_FAULTS") else 300
PREVIEWS = MUTANTS // 10
REAL = Path(__file__).parents[3] / "shared" / "data" / "real"
LEFT_ALONE = (
    *("SIMPLE", "XTENSION", "BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "GROUPS", "TFIELDS", "TFORM"),
    *("EXTEND", "END", "CONTINUE", "EXTNAME", "EXTVER", "BSCALE", "BZERO", "BLANK"),
    *("NPIX", "PIXVALUE", "INSTRUME", "TELESCOP", "ROOTNAME", "DETECTOR", "PROPOSID"),
)
# They say where the chip lies in the image: without one of them its statistics are unknown.
PLACE_OF_CHIP = ("LTV1", "LTV2", "BINAXIS1", "BINAXIS2", "CCDCHIP")
# Bytes with a meaning in a card, or that FITS forbids there.
BYTES = (*b"\t\n\0'/=& ,.+-TF0EDN", 0x7F, 0xE9, 0xFF)


@dataclass(frozen=True)
class Place:
    """A card of a file: its header, its number among the cards that are not blank, its position."""

    header: int
    number: int
    at: int


def places(path: Path) -> list[Place]:
    """Return the cards of a file that may be changed."""
    content, found = path.read_bytes(), []
    with fits.open(path) as hdus:
        headers = [(hdu.fileinfo()["hdrLoc"], hdu.fileinfo()["datLoc"]) for hdu in hdus]
    for header, (begin, end) in enumerate(headers):
        number = 0
        for at in range(begin, end, CARD):
            keyword = content[at : at + 8].decode("latin-1").rstrip()
            if keyword == "END":
                break
            if keyword and not keyword.startswith(LEFT_ALONE):
                found.append(Place(header, number, at))
            number += bool(keyword)
    return found


def mutant(rng: random.Random, card: bytes) -> bytes:
    """Return a card with some bytes changed, inserted or removed, or another in its place."""
    kind = rng.random()
    if kind < 0.05:
        return rng.randbytes(CARD)
    if kind < 0.1:
        return card[:10] + rng.randbytes(CARD - 10)
    if kind < 0.15:
        return b"CONTINUE" + card[8:]
    if kind < 0.2:
        return card.rstrip().ljust(CARD, b"\0")
    changed = bytearray(card)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at, byte = rng.randrange(CARD), rng.choice((*BYTES, rng.randrange(256)))
        removed = rng.choice((0, 1, 1, 2))
        changed[at : at + removed] = bytes(rng.choice((0, 1, 1, 2)) * [byte])
    return bytes(changed[:CARD].ljust(CARD))


def read(path: Path) -> list[cards.Cards]:
    with open_fits(path) as hdus:
        return [cards.read(hdu) for hdu in hdus]


def mutants(paths: list[Path], folder: Path, number: int) -> Iterator[tuple[Path, Path, Place]]:
    """Yield originals, changed files and what was changed."""
    rng = random.Random(SEED)
    choices = {path: places(path) for path in paths}
    for _ in range(number):
        path = rng.choice(paths)
        place = rng.choice(choices[path])
        content = bytearray(path.read_bytes())
        content[place.at : place.at + CARD] = mutant(rng, content[place.at : place.at + CARD])
        changed = folder / path.name
        changed.write_bytes(content)
        yield path, changed, place


@pytest.mark.filterwarnings("ignore")
def test_a_mutant_of_a_card_costs_no_other_card(
    sample_filesystem: Path, tmp_path: Path, specs: KeywordSpecs
) -> None:
    paths = sorted(REAL.glob("*_asn.fits")) + sorted(REAL.glob("*_broke.fits"))
    paths += sorted(sample_filesystem.glob("*/*/*_flt.fits"))[:3]
    originals = {path: read(path) for path in paths}
    for path, changed, place in mutants(paths, tmp_path, MUTANTS):
        headers, original = read(changed), originals[path]
        assert len(headers) == len(original)
        for number, (header, expected) in enumerate(zip(headers, original, strict=True)):
            if number != place.header:
                assert repr(header) == repr(expected)
                continue
            # A CONTINUE card may belong to the card before it.
            before = place.number - changed.read_bytes()[place.at :].startswith(b"CONTINUE")
            rest = expected[place.number + 1 :]
            assert repr(header[:before]) == repr(expected[:before])
            assert repr(header[len(header) - len(rest) :]) == repr(rest)
            key = HeaderKey("WFC", "flt", number)
            typed = type_header(header, key, specs)
            assert bson.decode(bson.encode(typed.values)).keys() == typed.values.keys()
            assert to_fits(typed.values, specs, key).tostring()


@pytest.mark.filterwarnings("ignore")
def test_a_mutant_of_a_card_costs_no_preview(
    sample_filesystem: Path, tmp_path: Path, specs: KeywordSpecs, config: Config
) -> None:
    for path, changed, place in mutants(
        sorted(sample_filesystem.glob("*/*/*_flt.fits"))[:3], tmp_path, PREVIEWS
    ):
        folder = config.filesystem / path.parent.relative_to(sample_filesystem)
        folder.mkdir(parents=True, exist_ok=True)
        changed.replace(folder / path.name)
        (observation,) = scan(config.filesystem, specs.filetypes, [path.name[:8]])
        content = read_or_fail(observation.files["flt"], specs, config)
        assert isinstance(content, FileContent), content
        assert content.has_preview
        keyword = path.read_bytes()[place.at : place.at + 8].decode().rstrip()
        named = [f"{keyword} of SCI" in failure.reason for failure in content.failures]
        assert named in ([], [True] if keyword in PLACE_OF_CHIP else [])
        assert not any(failure.stage != "statistics" for failure in content.failures)
