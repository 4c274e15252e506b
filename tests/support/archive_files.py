"""Files of an archive in tests: find them, damage them, and read what is stored of them."""

import os
from pathlib import Path

from astropy.io import fits

from acsql.config import Config
from acsql.ingest import run
from acsql.keywords import KeywordSpecs
from acsql.store.client import Store

SYNCHRONOUS = run.Options(scheduler="synchronous")
# Older than files that may still be arriving.
OLD = 1_300_000_000


def one_file(config: Config, pattern: str) -> Path:
    """Return the first FITS file of an archive whose name matches a pattern."""
    return min(config.filesystem.glob(f"*/*/{pattern}"))


def documents(config: Config, specs: KeywordSpecs) -> dict[str, dict]:
    """Return all stored documents by rootname."""
    with Store(config.connection_string, specs) as store:
        return {document["_id"]: document for document in store.observations.find()}


def aged(path: Path) -> None:
    """Make a file as old as those of a real archive."""
    os.utime(path, (OLD, OLD))


def not_fits(path: Path) -> None:
    path.write_bytes(b"this is no FITS file" * 1000)


def truncated(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 + 100])


def followed_by_junk(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"junk" * 720)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut_in_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def of_another_instrument(path: Path) -> None:
    fits.setval(path, "INSTRUME", value="WFC3")


def without_rootname(path: Path) -> None:
    fits.delval(path, "ROOTNAME")


def of_another_rootname(path: Path) -> None:
    fits.setval(path, "ROOTNAME", value="j9zz99zzq")


def not_a_file(path: Path) -> None:
    path.unlink()
    path.mkdir()
