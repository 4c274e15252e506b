"""Files as one tar archive, streamed from disk.

The length of a tar archive follows from the sizes of its files (each has a header, and its content
is padded to 512 bytes), so that browsers can show progress and detect an interrupted download.
Checksums are taken while the files are sent and stand in the last file.  The same files make the
same bytes, so that a download can be resumed.
"""

import hashlib
import os
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..errors import FileError

CHECKSUMS = "SHA256SUMS"
# Bytes read from a file at once.
CHUNK_SIZE = 2**16
# The latest time that eleven octal digits of a tar header hold, in seconds since 1970 (POSIX.1,
# pax, ustar Interchange Format).
LATEST_MTIME = 8**11 - 1
_SHA256_DIGITS = 64

# Reads a part of an archive from one of its bytes on.
_Read = Callable[[int], Iterator[bytes]]


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
    ctime_ns : int
        The time of the last change of its content or its entry, in nanoseconds since 1970.
    """

    name: str
    path: Path
    size: int
    mtime: int
    ctime_ns: int

    @classmethod
    def from_file(cls, name: str, path: Path) -> "Member":
        """Return a file with its present size and time."""
        status = path.stat()
        return cls(name, path, status.st_size, portable_mtime(status), status.st_ctime_ns)

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
        The number of bytes that `stream` yields from the start.
    """
    return sum(size for size, _ in _parts(members, folder, texts))


def etag(members: Sequence[Member], texts: dict[str, bytes]) -> str:
    """Return a text that differs if any file of an archive does.

    Parameters
    ----------
    members : sequence of Member
        As in `stream`.
    texts : dict
        As in `stream`.

    Returns
    -------
    str
        For the header ``ETag``.
    """
    return hashlib.sha256(repr((members, texts)).encode()).hexdigest()


def stream(
    members: Sequence[Member], folder: str, texts: dict[str, bytes], start: int = 0
) -> Iterator[bytes]:
    """Yield a tar archive with files, small texts, and the checksums of the files.

    Parameters
    ----------
    members : sequence of Member
        The files.
    folder : str
        The folder that contains everything; ``sha256sum --check SHA256SUMS`` works in it.
    texts : dict of bytes
        Small files, by name.
    start : int
        The bytes that the client has already.  Files before it are read for their checksums only,
        after everything else has been sent.

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
    for size, read in _parts(members, folder, texts):
        if start < size:
            yield from read(start)
        start = max(0, start - size)


class ResumableStream:
    """An archive that is sent from any byte on, as werkzeug's range requests expect it.

    Parameters
    ----------
    members : sequence of Member
        As in `stream`.
    folder : str
        As in `stream`.
    texts : dict
        As in `stream`.
    """

    def __init__(self, members: Sequence[Member], folder: str, texts: dict[str, bytes]) -> None:
        self._from = partial(stream, members, folder, texts)
        self.seek(0)

    def seekable(self) -> bool:
        """Return whether `seek` works."""
        return True

    def seek(self, start: int) -> None:
        """Go to a byte of the archive."""
        self._start = start
        self._pieces = self._from(start)

    def tell(self) -> int:
        """Return the byte at which the next piece starts, before it is read."""
        return self._start

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)


def _parts(
    members: Sequence[Member], folder: str, texts: dict[str, bytes]
) -> Iterator[tuple[int, _Read]]:
    """Yield the length of each part of an archive, and how it is read from a byte on."""
    used, sums = 0, dict[Member, str]()

    def checksums(start: int) -> Iterator[bytes]:
        lines = [f"{sums.get(each) or _sha256(each)}  {each.name}\n" for each in members]
        yield "".join(lines).encode()[start:]

    entries: list[tuple[str, int, int, _Read]] = [
        *((each.name, each.size, each.mtime, partial(_content, each, sums)) for each in members),
        *((name, len(text), 0, _bytes(text)) for name, text in texts.items()),
        (CHECKSUMS, sum(each.checksum_length for each in members), 0, checksums),
    ]
    for name, size, mtime, read in entries:
        header, padding = _header(folder, name, size, mtime), bytes(-size % tarfile.BLOCKSIZE)
        yield len(header), _bytes(header)
        yield size, read
        yield len(padding), _bytes(padding)
        used += len(header) + size + len(padding)
    end = _end(used)
    yield len(end), _bytes(end)


def _bytes(content: bytes) -> _Read:
    return lambda start: iter([content[start:]])


def _content(member: Member, sums: dict[Member, str], start: int) -> Iterator[bytes]:
    """Yield a file from a byte on; note its checksum if that is the first."""
    remaining, digest = member.size - start, hashlib.sha256()
    with member.path.open("rb") as file:
        file.seek(start)
        while remaining:
            piece = file.read(min(remaining, CHUNK_SIZE))
            if not piece:
                raise FileError(f"{member.path.name} became shorter while it was sent")
            remaining -= len(piece)
            digest.update(piece)
            yield piece
    if not start:
        sums[member] = digest.hexdigest()


def _sha256(member: Member) -> str:
    sums: dict[Member, str] = {}
    for _ in _content(member, sums, 0):
        """Only the checksum is wanted."""
    return sums[member]


def _header(folder: str, name: str, size: int, mtime: int = 0) -> bytes:
    info = tarfile.TarInfo(f"{folder}/{name}")
    info.size, info.mtime = size, mtime
    return info.tobuf(tarfile.PAX_FORMAT)


def _end(used: int) -> bytes:
    """Return the end of an archive: two empty blocks, and padding to a whole record."""
    closing = 2 * tarfile.BLOCKSIZE
    return bytes(closing + -(used + closing) % tarfile.RECORDSIZE)
