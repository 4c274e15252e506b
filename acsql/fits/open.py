"""Safe opening of FITS files: every header is checked before astropy acts on it.

Astropy trusts headers: it allocates as many axes as NAXIS says, seeks backwards for a negative
size and reads the same header for ever, and reads a whole file in search of END.  One damaged file
would block a worker, or exhaust its memory.  It also refuses a file, or stops before an extension,
because of a single card; such values are passed to it as texts.
"""

import errno
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from astropy.io import fits
from astropy.io.fits.hdu.base import ExtensionHDU

from ..errors import FileError
from . import cards

BLOCK = 2880
CARD = fits.Card.length

# All headers of a file together.  A MongoDB document is limited to 16 MB (MongoDB manual, "MongoDB
# Limits and Thresholds"), a card takes about as many bytes there as in the file, and a document
# holds eleven filetypes.
MAX_HEADER_BYTES = 1_300_000
# NAXIS is at most 999 (FITS 4.0, 4.4.1.1).  Astropy accepts more spellings of a card than the
# standard; the first pattern is a quick test of a whole header, the second one of a card.
_LARGE_NAXIS = re.compile(rb"[Nn][Aa][Xx][Ii][Ss] *= *\+?0*[1-9][0-9]{3}")
_TOO_MANY_AXES = re.compile(rb" *(?:HIERARCH +)?NAXIS *= *\+?0*[1-9][0-9]{3}", re.IGNORECASE)
_EXTENDS = re.compile(rb"EXTEND  = +T[ /]")
# Errors that astropy raises where the value of a structural keyword is missing or of another type,
# and where a card is not text.
_DAMAGE = (
    fits.VerifyError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
_END = b"END".ljust(CARD)
# HDUs whose headers astropy could read; those it could not read have no positions in the file.
_READABLE = fits.PrimaryHDU | ExtensionHDU


class _ReadableHeaders(io.BufferedReader):
    """A file whose headers have texts in place of the values that astropy cannot read.

    Astropy reads headers in blocks, which are replaced here; all other reads are of the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self._blocks: dict[int, bytes] = {}

    def replace(self, start: int, header: bytes) -> None:
        """Replace the header at a position by one of the same size."""
        for at in range(0, len(header), BLOCK):
            self._blocks[start + at] = header[at : at + BLOCK]

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as all files do."""
        if size != BLOCK or (block := self._blocks.get(self.tell())) is None:
            return super().read(size)
        self.seek(len(block), io.SEEK_CUR)
        return block


def open_fits(path: Path) -> fits.HDUList:
    """Open a FITS file and read all of its headers, but no data.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    HDUList
        Without memory mapping or scaling; close it after use.  A tile-compressed image has the
        header of the image, and is decompressed only where its pixels are read.

    Raises
    ------
    FileError
        If it is not a FITS file, or one of its headers is damaged.
    OSError
        If the file cannot be opened or read.
    """
    file = _ReadableHeaders(path)
    try:
        return _opened(file, path.name)
    except BaseException:
        file.close()
        raise


def _opened(file: _ReadableHeaders, filename: str) -> fits.HDUList:
    if file.read(6) != b"SIMPLE":
        raise FileError(f"{filename} is not a FITS file: it does not begin with SIMPLE")
    with damage_refused(filename):
        remaining = _check_primary(file, filename)
        hdus = fits.open(
            file,
            memmap=False,
            lazy_load_hdus=True,
            do_not_scale_image_data=True,
        )
        # Each iteration reads one HDU, whose header the previous iteration has checked.
        for number, hdu in enumerate(hdus):
            if not isinstance(hdu, _READABLE):
                raise FileError(f"{filename}: the header of extension {number} is damaged")
            end = end_of_data(hdu)
            if end < hdu.fileinfo()["datLoc"]:
                raise FileError(f"{filename}: extension {number} has data of a negative size")
            remaining -= len(_checked_header(file, end, remaining, filename))
    return hdus


@contextmanager
def damage_refused(filename: str) -> Iterator[None]:
    """Turn what astropy raises for the headers of a file into `FileError`.

    Parameters
    ----------
    filename : str
        Name of the file for error messages.

    Raises
    ------
    FileError
        If astropy cannot use a header that it reads in the block.
    OSError
        If the system cannot read the file.
    """
    try:
        yield
    except OSError as error:
        if is_of_system(error):
            raise
        if error.errno == errno.EINVAL:
            raise FileError(
                f"{filename}: a header gives its data an impossible position"
            ) from error
        raise FileError(f"{filename} is not a readable FITS file: {error}") from error
    except _DAMAGE as error:
        raise FileError(
            f"{filename} has a damaged header: {type(error).__name__}: {error}"
        ) from error


def is_of_system(error: OSError) -> bool:
    """Whether the operating system refused to read a file, and not astropy because of its content.

    Astropy raises an `OSError` without a number for a damaged file, and the system refuses a
    position (EINVAL) that only a damaged header gives.
    """
    return error.errno not in (None, errno.EINVAL)


def end_of_data(hdu: fits.ImageHDU) -> int:
    """Return the position of the first byte after the data of an HDU and their padding.

    Parameters
    ----------
    hdu : HDU
        An HDU of an open file.

    Returns
    -------
    int
        Bytes from the beginning of the file.
    """
    info = hdu.fileinfo()
    return int(info["datLoc"] + info["datSpan"])


def _check_primary(file: _ReadableHeaders, filename: str) -> int:
    """Check the first header; return how many bytes the following headers may take.

    The second header is checked as well unless the first announces it with EXTEND: astropy then
    reads it at once.
    """
    header = _checked_header(file, 0, MAX_HEADER_BYTES, filename)
    remaining = MAX_HEADER_BYTES - len(header)
    extend = [card for card in _cards(header) if card.startswith(b"EXTEND ")]
    if len(extend) != 1 or not _EXTENDS.match(extend[0]):
        data_size = fits.Header.fromstring(header).data_size_padded
        if data_size >= 0:
            _checked_header(file, len(header) + data_size, remaining, filename)
    return remaining


def _checked_header(file: _ReadableHeaders, start: int, limit: int, filename: str) -> bytes:
    """Return the header at a position of a file as astropy reads it, empty at the end of the file.

    Raises FileError if it is longer than `limit` bytes or has more axes than FITS allows.
    """
    file.seek(start)
    header = b""
    while block := file.read(BLOCK):
        header += block
        if len(header) > limit:
            raise FileError(
                f"{filename}: the header at byte {start} has no END, or the headers take more "
                f"than {MAX_HEADER_BYTES} bytes"
            )
        if _END in block and _END in _cards(block):
            break
    if _LARGE_NAXIS.search(header) and any(map(_TOO_MANY_AXES.match, _cards(header))):
        raise FileError(f"{filename}: the header at byte {start} has a NAXIS beyond 999")
    readable = cards.readable(header)
    if readable is not header:
        file.replace(start, readable)
    return readable


def _cards(header: bytes) -> list[bytes]:
    return [header[at : at + CARD] for at in range(0, len(header), CARD)]
