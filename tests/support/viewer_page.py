"""The viewer in a browser: opened, and waited for."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from playwright.sync_api import Page, expect

import acsql
from acsql.observation import Observation


def exposure_of_two_chips(archive: acsql.Archive, to_change: bool = False) -> Observation:
    """Return an exposure of two chips with raw, flt and flc files.

    All processes that run tests read the same files: those of the last exposure are for the tests
    that change them for a while, and those of the first for all others.
    """
    rows = archive.where("detector=WFC").columns("rootname").rows()
    rootnames = sorted((row["rootname"] for row in rows), reverse=to_change)
    every = map(archive.observation, rootnames)
    return next(
        found
        for found in every
        if {"raw", "flt", "flc"} <= found.datasets.keys()
        and "RA---TAN-SIP" in str(found.stored_header("flt", 1).get("ctype1"))
        and "SCI,2" in found.extensions["flt"].values()
    )


@contextmanager
def changing(path: Path, shared: Path) -> Iterator[None]:
    """Let a process change a file of the exposure for changes alone, and put it in order again."""
    with FileLock(shared / "changing.lock"):
        kept, status = path.read_bytes(), path.stat()
        try:
            yield
        finally:
            path.write_bytes(kept)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def view(observation: Observation, filetype: str, fragment: str = "") -> str:
    """Return the address of the viewer of a file."""
    return f"/archive/{observation['proposid']}/{observation.ipppssoot}/{filetype}/view{fragment}"


def go(page: Page, address: str) -> None:
    """Open the viewer and wait until everything is loaded."""
    page.goto("about:blank")
    page.goto(address)
    settled(page)


def settled(page: Page) -> None:
    """Wait until nothing is loaded any more."""
    expect(page.locator("#viewer")).to_have_attribute("data-state", "ready")


def until(page: Page, condition: Callable[[], object]) -> None:
    """Wait until something is true that no locator can tell, such as what is drawn.

    A condition that never becomes true fails at the time limit that pytest has for each test.
    """
    while not condition():
        page.wait_for_timeout(50)
