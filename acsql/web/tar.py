"""Files as one tar archive, streamed from disk.

The length of a tar archive follows from the sizes of its files (each has a header, and its content
is padded to 512 bytes), so that browsers can show progress and detect an interrupted download.
Checksums are taken while the files are sent and stand in the last file.
"""

import hashlib
import os
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import FileError

CHECKSUMS = "SHA256SUMS"
# Bytes read from a file at once.
CHUNK_SIZE = 2**16
# The latest time that eleven octal digits of a tar header hold, in seconds since 1970 (POSIX.1,
# pax, ustar Interchange Format).
LATEST_MTIME = 8**11 - 1
_SHA256_DIGITS = 64


@dataclass(frozen=True)
class Member:
    """A file of the archive.

    Parameters
    ----------
    name : str
        Its path in the archive, below the folder.
    path : Path
        Its path on disk.
    size : int
        Bytes.
    mtime : int
        The time of its last change, in seconds since 1970.
    """

    name: str
    path: Path
    size: int
    mtime: int

    @classmethod
    def from_file(cls, name: str, path: Path) -> "Member":
        """Return a file with its present size and time."""
        status = path.stat()
        return cls(name, path, status.st_size, portable_mtime(status))

    @property
    def checksum_length(self) -> int:
        """The length of its line in the file with the checksums, in bytes."""
        return _SHA256_DIGITS + len(f"  {self.name}\n".encode())


def portable_mtime(status: os.stat_result) -> int:
    """Return a modification time, or the nearest that tar headers and HTTP can express.

    Parameters
    ----------
    status : os.stat_result
        Of a file, whose time may be of any year.

    Returns
    -------
    int
        Seconds since 1970.
    """
    return min(max(int(status.st_mtime), 0), LATEST_MTIME)


def length(members: Sequence[Member], folder: str, texts: dict[str, bytes]) -> int:
    """Return the length of an archive.

    Parameters
    ----------
    members : sequence of Member
        As in `stream`.
    folder : str
        As in `stream`.
    texts : dict
        As in `stream`.

    Returns
    -------
    int
        The number of bytes that `stream` yields.
    """
    sizes = [(member.name, member.size) for member in members]
    sizes += [(name, len(content)) for name, content in texts.items()]
    sizes += [(CHECKSUMS, sum(member.checksum_length for member in members))]
    used = sum(len(_header(folder, name, size)) + size + _padding(size) for name, size in sizes)
    return used + len(_end(used))


def stream(members: Sequence[Member], folder: str, texts: dict[str, bytes]) -> Iterator[bytes]:
    """Yield a tar archive with files, small texts, and the checksums of the files.

    Parameters
    ----------
    members : sequence of Member
        The files.
    folder : str
        The folder that contains everything; ``sha256sum --check SHA256SUMS`` works in it.
    texts : dict of bytes
        Small files, by name.

    Yields
    ------
    bytes
        Parts of the archive.

    Raises
    ------
    FileError
        If a file became shorter since it was listed.  The download then ends early, which
        clients notice by its length.
    """
    used, checksums = 0, []
    for member in members:
        header = _header(folder, member.name, member.size, member.mtime)
        yield header
        digest = hashlib.sha256()
        for piece in _content(member):
            digest.update(piece)
            yield piece
        yield bytes(_padding(member.size))
        used += len(header) + member.size + _padding(member.size)
        checksums.append(f"{digest.hexdigest()}  {member.name}\n")
    for name, content in {**texts, CHECKSUMS: "".join(checksums).encode()}.items():
        entry = _header(folder, name, len(content)) + content + bytes(_padding(len(content)))
        yield entry
        used += len(entry)
    yield _end(used)


def _content(member: Member) -> Iterator[bytes]:
    remaining = member.size
    with member.path.open("rb") as file:
        while remaining:
            piece = file.read(min(remaining, CHUNK_SIZE))
            if not piece:
                raise FileError(f"{member.path.name} became shorter while it was sent")
            remaining -= len(piece)
            yield piece


def _header(folder: str, name: str, size: int, mtime: int = 0) -> bytes:
    info = tarfile.TarInfo(f"{folder}/{name}")
    info.size, info.mtime = size, mtime
    return info.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> int:
    """Return the number of bytes that fill the last block of a file."""
    return -size % tarfile.BLOCKSIZE


def _end(used: int) -> bytes:
    """Return the end of an archive: two empty blocks, and padding to a whole record."""
    closing = 2 * tarfile.BLOCKSIZE
    return bytes(closing + -(used + closing) % tarfile.RECORDSIZE)
