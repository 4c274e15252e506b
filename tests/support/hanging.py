"""Files that do not answer: opening one of them waits as long as its pipe has no writer.

The system call itself waits, as on a frozen mount: nothing in Python can end it.
"""

import os
from pathlib import Path

# Imported by every Python process with its folder on PYTHONPATH, also by workers.
_SITECUSTOMIZE = """
import io, os, pathlib
open_file, File = io.open, io.FileIO
def instead(file):
    hangs = isinstance(file, pathlib.Path) and file.name == os.environ["HANGING_FILE"]
    return os.environ["HANGING_PIPE"] if hangs else file
class Kind(type):
    def __instancecheck__(cls, file):
        return isinstance(file, File)
class HangingFile(File, metaclass=Kind):
    def __init__(self, file, *arguments, **options):
        super().__init__(instead(file), *arguments, **options)
def open_or_hang(file, *arguments, **options):
    return open_file(instead(file), *arguments, **options)
io.open, io.FileIO = open_or_hang, HangingFile
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
