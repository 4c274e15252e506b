"""Files that get their name when they are complete, so that none with that name is half written."""

import glob
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a file a temporary name while it is written, and rename it when the block ends.

    No two processes use the same temporary name.  Temporary files of the same file that killed
    processes of this machine left are removed first.

    Parameters
    ----------
    path : Path
        The file; an existing one is replaced if the block ends without an error.

    Yields
    ------
    Path
        The temporary file, which is removed if the block fails.

    Raises
    ------
    OSError
        If the file cannot be renamed, or a temporary file cannot be removed.
    """
    # Processes of another machine, which may share the folder, cannot be looked up here.
    beginning = f".{path.name}.{platform.node()}-"
    for left in path.parent.glob(f"{glob.escape(beginning)}*.new"):
        number = left.name.removeprefix(beginning).removesuffix(".new")
        if number.isdecimal() and not _is_running(int(number)):
            left.unlink(missing_ok=True)
    unfinished = path.with_name(f"{beginning}{os.getpid()}.new")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # of another account
        return True
    return True
