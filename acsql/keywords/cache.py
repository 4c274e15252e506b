"""Cache of checked keyword specs, a file that the next process reads instead of the YAML files.

Parsing and checking those took a fourth of the time of a short command.  The file is in the format
of `marshal`, which unlike pickle runs no code when it is read.  It is valid only for
the YAML files, and the modules that read and check them, with which it was written.
"""

import hashlib
import marshal
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import platformdirs

# Bytes of a SHA-256.
_CHECKSUM_LENGTH = 32


def remembered(folders: Sequence[Traversable], make: Callable[[], Any]) -> Any:
    """Return what was made of folders of specs, by an earlier process if nothing has changed.

    Parameters
    ----------
    folders : sequence of Traversable
        The folders of specs.
    make : callable
        Makes the value, of types that `marshal` knows; called if there is none for these files.

    Returns
    -------
    object
        The value.
    """
    try:
        digest = _digest(folders)
    except OSError:
        # It names the file that cannot be read.
        return make()
    cache = platformdirs.user_cache_path("acsql")
    if not cache.is_absolute():
        # An account without a home: "~" would be a folder of the working directory.
        return make()
    place = hashlib.sha256("\n".join(map(str, folders)).encode()).hexdigest()[:12]
    file = cache / f"specs-{place}"
    # There is none yet, or it cannot be read.
    with suppress(OSError):
        content = file.read_bytes()
        if content.startswith(_checksum(digest, content[_CHECKSUM_LENGTH:])):
            return marshal.loads(content[_CHECKSUM_LENGTH:])
    value = make()
    # A full disk, a folder that may not be written, a type of YAML that marshal does not know.
    with suppress(OSError, ValueError):
        content = marshal.dumps(value)
        _write(file, _checksum(digest, content) + content)
    return value


def _checksum(digest: bytes, content: bytes) -> bytes:
    """Return what distinguishes a value of these files from others, and from a damaged one."""
    return hashlib.sha256(digest + content).digest()


def _digest(folders: Iterable[Traversable]) -> bytes:
    """Return the SHA-256 of all files on which the value depends, and of the version of Python."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    files = [path for folder in folders for path in _yaml_files(folder)]
    digest = hashlib.sha256(sys.version.encode())
    for path in [*modules, *files]:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.digest()


def _yaml_files(folder: Traversable) -> list[Traversable]:
    folders = [each for each in (folder, folder.joinpath("lists")) if each.is_dir()]
    files = [path for each in folders for path in each.iterdir() if path.name.endswith(".yaml")]
    return sorted(files, key=str)


def _write(file: Path, content: bytes) -> None:
    """Write a file atomically, readable by its owner alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as new:
        new.write(content)
    Path(new.name).replace(file)
