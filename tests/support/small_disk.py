"""File systems that are full soon."""

import contextlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """Make a folder a file system of some size; where that is not allowed, the test is skipped."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "acsql-test", folder],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(file: Path, megabytes: int) -> None:
    """Write a file until its disk is full, which has at most this size."""
    with contextlib.suppress(OSError), file.open("wb") as stream:
        for _ in range(megabytes + 1):
            stream.write(bytes(1 << 20))
            stream.flush()
