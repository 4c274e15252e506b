"""The key that signs session cookies: random, in a file that only its owner reads.

All processes of the site, on all hosts, use the same file, else each would refuse the cookies of
the others.  Without the file everyone is logged out, and a new one is made.
"""

import os
import secrets
import stat
import tempfile
from pathlib import Path

from ..errors import ConfigError

# Random bytes; the signature is an HMAC, which needs no more.
_BYTES = 32


def session_key(file: Path) -> str:
    """Return the key of a file, which is made if it is missing.

    Parameters
    ----------
    file : Path
        The file.

    Returns
    -------
    str
        The key.

    Raises
    ------
    ConfigError
        If the file cannot be read or made, is empty, or can be read by others.
    """
    try:
        if not file.exists():
            _make(file)
        with file.open(encoding="ascii") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            key = opened.read().strip()
    except OSError as error:
        raise ConfigError(
            f"session_key_file: cannot read or make {file}: {error.strerror}"
        ) from error
    except UnicodeDecodeError:
        key, mode = "", 0
    if mode & 0o007:
        raise ConfigError(f"session_key_file: every account may read {file}: chmod o= {file}")
    if len(key) < _BYTES:
        raise ConfigError(
            f"session_key_file: {file} is damaged: it has fewer than {_BYTES} characters of ASCII; "
            "remove it, and the site makes a new one, which logs everyone out"
        )
    return key


def _make(file: Path) -> None:
    """Write a new key; of processes that do so at the same time the first wins."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # `mkstemp` sets the mode 600, and a link appears with its whole content.
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as written:
            written.write(secrets.token_hex(_BYTES))
        os.link(temporary, file)
    except FileExistsError:
        pass  # another process was first
    finally:
        Path(temporary).unlink()
