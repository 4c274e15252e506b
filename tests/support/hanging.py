"""Files that do not answer: opening one of them waits as long as its pipe has no writer.

The system call itself waits, as on a frozen mount: nothing in Python can end it.
"""

import os
from pathlib import Path

# Imported by every Python process with its folder on PYTHONPATH, also by workers.
_SITECUSTOMIZE = """
import io, os, pathlib
real, pipe = io.open, os.environ["HANGING_PIPE"]
def open_or_hang(file, *arguments, **options):
    if isinstance(file, pathlib.Path) and file.name == os.environ["HANGING_FILE"]:
        file = pipe
    return real(file, *arguments, **options)
io.open = open_or_hang
"""


def environment_with_hanging_file(folder: Path, filename: str) -> dict[str, str]:
    """Return the environment of a process in which opening the files of a name never ends."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_SITECUSTOMIZE)
    os.mkfifo(folder / "pipe")
    import_path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    return os.environ | {
        "PYTHONPATH": import_path,
        "HANGING_PIPE": str(folder / "pipe"),
        "HANGING_FILE": filename,
    }
