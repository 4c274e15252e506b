"""Disk cache of pictures, tiles and other products that are made on demand from FITS files.

Each entry is one file, so several processes share the cache without a lock: a file is written
beside its final path and renamed, and its modification time is that of its last use.  The least
recently used files are removed when the cache exceeds its limit.  The libraries for this store
pickles, which run the code of anyone who can write to the folder, or count entries and not bytes.
"""

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

logger = logging.getLogger(__name__)

# The size of the cache after the least recently used files were removed, and the size that one
# process writes before it looks for files to remove again; fractions of the limit.
KEPT = 0.9
BETWEEN_REMOVALS = 0.05


class DiskCache:
    """Bytes on disk by key.

    Parameters
    ----------
    folder : Path
        It is created when needed, and may be removed at any time.
    limit : int
        Size of all entries in bytes.  It may be exceeded by what the processes that share the cache
        write between two removals.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self.limit = limit
        # The first entry that is written lets a new process look.
        self._written = limit

    def get(self, key: str, make: Callable[[], bytes]) -> bytes:
        """Return the entry of a key.

        Parameters
        ----------
        key : str
            It must change whenever the content would: it has the version of each file and the
            parameters.
        make : callable
            Returns the content if the cache does not have it; its errors pass through.

        Returns
        -------
        bytes
            The content.  If the cache cannot be read or written, the log has a warning.
        """
        path = self._path(key)
        try:
            content = path.read_bytes()
            os.utime(path)
            return content
        except FileNotFoundError:
            content = make()
        except OSError as error:
            logger.warning("the cache cannot be read: %s", error)
            return make()
        try:
            self._write(path, content)
        except OSError as error:
            logger.warning("the cache cannot be written: %s", error)
        return content

    def __contains__(self, key: str) -> bool:
        """Return whether the entry of a key need not be made."""
        return self._path(key).exists()

    def _path(self, key: str) -> Path:
        digest = hashlib.sha256(key.encode()).hexdigest()
        return self.folder / digest[:2] / digest

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            try:
                file.write(content)
                file.close()
                Path(file.name).replace(path)
            except OSError:
                Path(file.name).unlink(missing_ok=True)
                raise
        self._written += len(content)
        if self._written > BETWEEN_REMOVALS * self.limit:
            self._written = 0
            self._remove_least_recently_used()

    def _remove_least_recently_used(self) -> None:
        entries = []
        for path in self.folder.glob("??/*"):
            # Another process may have removed it.
            with suppress(FileNotFoundError):
                status = path.stat()
                entries.append((status.st_mtime_ns, status.st_size, path))
        size = sum(each for _, each, _ in entries)
        if size <= self.limit:
            return
        for _, each, path in sorted(entries):
            if size <= KEPT * self.limit:
                break
            path.unlink(missing_ok=True)
            size -= each
