"""Files as one tar archive, sent while they are read.

A tar file is headers of 512 bytes with the content of each file behind its own, filled up to 512
bytes, so its length is known before anything is read: a browser can tell how much is left, and
sees when something is missing.  What is sent is summed on the way; the sums stand at the end.
"""

import hashlib
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import FileError

CHECKSUMS = "SHA256SUMS"
AT_ONCE = 2**20
_SHA256_DIGITS = 64


@dataclass(frozen=True)
class Member:
    """A file to send: its name in the archive, and where, how large and how old it is."""

    name: str
    path: Path
    size: int
    mtime: int

    @classmethod
    def of(cls, name: str, path: Path) -> "Member":
        """Return a file as it is now."""
        found = path.stat()
        return cls(name, path, found.st_size, int(found.st_mtime))

    @property
    def _sum_length(self) -> int:
        return _SHA256_DIGITS + len(f"  {self.name}\n".encode())


def length(members: Iterable[Member], folder: str, texts: dict[str, bytes]) -> int:
    """Return how many bytes `stream` yields."""
    members = list(members)
    sizes = [(member.name, member.size) for member in members]
    sizes += [(name, len(content)) for name, content in texts.items()]
    sizes += [(CHECKSUMS, sum(member._sum_length for member in members))]
    used = sum(len(_header(folder, name, size)) + size + _rest(size) for name, size in sizes)
    return used + len(_end(used))


def stream(members: Sequence[Member], folder: str, texts: dict[str, bytes]) -> Iterator[bytes]:
    """Yield a tar archive with files, some texts, and the checksums of the files.

    Parameters
    ----------
    members : sequence of Member
        The files.
    folder : str
        In which all of them lie; there ``sha256sum --check SHA256SUMS`` finds them.
    texts : dict
        Further small files, by name.

    Raises
    ------
    FileError
        If a file is shorter than it was, half-way: what was sent cannot be taken back, but it
        lacks its end, and whoever receives it is told so.
    """
    used, sums = 0, []
    for member in members:
        header = _header(folder, member.name, member.size, member.mtime)
        yield header
        digest = hashlib.sha256()
        for piece in _content(member):
            digest.update(piece)
            yield piece
        yield bytes(_rest(member.size))
        used += len(header) + member.size + _rest(member.size)
        sums.append(f"{digest.hexdigest()}  {member.name}\n")
    for name, content in {**texts, CHECKSUMS: "".join(sums).encode()}.items():
        written = _header(folder, name, len(content)) + content + bytes(_rest(len(content)))
        yield written
        used += len(written)
    yield _end(used)


def _content(member: Member) -> Iterator[bytes]:
    left = member.size
    with member.path.open("rb") as file:
        while left:
            piece = file.read(min(left, AT_ONCE))
            if not piece:
                raise FileError(f"{member.path.name} became shorter while it was sent")
            left -= len(piece)
            yield piece


def _header(folder: str, name: str, size: int, mtime: int = 0) -> bytes:
    info = tarfile.TarInfo(f"{folder}/{name}")
    info.size, info.mtime = size, mtime
    return info.tobuf(tarfile.PAX_FORMAT)


def _rest(size: int) -> int:
    return -size % tarfile.BLOCKSIZE


def _end(used: int) -> bytes:
    """Return what closes an archive: two empty blocks, and more up to a whole record."""
    closing = 2 * tarfile.BLOCKSIZE
    return bytes(closing + -(used + closing) % tarfile.RECORDSIZE)
