"""A FITS file opened header by header, each looked at before astropy believes it.

Astropy takes a header at its word: it makes a list of as many axes as NAXIS tells, seeks back
where a size is negative and reads the same header for ever, takes in all of a file while it
looks for an END, and unpacks what is compressed.  One damaged file would hold up a worker, or
fill its memory.
"""

import errno
import re
from pathlib import Path
from typing import BinaryIO

from astropy.io import fits
from astropy.io.fits.hdu.base import ExtensionHDU

from ..errors import FileError

BLOCK = 2880
CARD = fits.Card.length

# All headers of a file together.  A document of MongoDB holds 16 MB (its manual, "Limits"), a
# card takes about as much there as in the file, and eleven filetypes have to go in.
MOST_HEADER_BYTES = 1_300_000
# NAXIS is 999 at most (FITS 4.0, 4.4.1.1).  A card can be written in more ways than the standard
# has, and astropy takes most of them.
_LARGE_NAXIS = re.compile(rb"[Nn][Aa][Xx][Ii][Ss] *= *\+?0*[1-9][0-9]{3}")  # anywhere, quickly
_TOO_MANY_AXES = re.compile(rb" *(?:HIERARCH +)?NAXIS *= *\+?0*[1-9][0-9]{3}", re.IGNORECASE)
_EXTENDS = re.compile(rb"EXTEND  = +T[ /]")
_END = b"END".ljust(CARD)
# What astropy makes of headers that it can read; for others it has kinds that know no places.
_READABLE = fits.PrimaryHDU | ExtensionHDU


def open_fits(path: Path) -> fits.HDUList:
    """Open a FITS file, all of its headers read and none of its data.

    Raises
    ------
    FileError
        If it does not begin as a FITS file, or a header is one that must not be believed.
    OSError
        If the system refuses the file.
    """
    file = path.open("rb")
    try:
        return _opened(file, path.name)
    except BaseException:
        file.close()
        raise


def _opened(file: BinaryIO, filename: str) -> fits.HDUList:
    if file.read(6) != b"SIMPLE":
        raise FileError(f"{filename} is not a FITS file: it does not begin with SIMPLE")
    left = _check_primary(file, filename)
    try:
        hdus = fits.open(
            file,
            memmap=False,
            lazy_load_hdus=True,
            do_not_scale_image_data=True,
            # The header of a compressed image is shown as it is stored, a table's.
            disable_image_compression=True,
        )
        # Each turn reads one HDU, after the header that it begins with has been checked.
        for number, hdu in enumerate(hdus):
            if not isinstance(hdu, _READABLE):
                raise FileError(f"{filename}: the header of extension {number} is damaged")
            end = end_of_data(hdu)
            if end < hdu.fileinfo()["datLoc"]:
                raise FileError(f"{filename}: extension {number} tells of less than no data")
            left -= len(_checked_header(file, end, left, filename))
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise FileError(
                f"{filename}: a header tells of data where no file can have them"
            ) from error
        if error.errno is not None:
            raise
        raise FileError(f"{filename} is not a FITS file that can be read: {error}") from error
    return hdus


def end_of_data(hdu: fits.ImageHDU) -> int:
    """Return the position in a file behind the data of an HDU and their padding."""
    where = hdu.fileinfo()
    return where["datLoc"] + where["datSpan"]


def _check_primary(file: BinaryIO, filename: str) -> int:
    """Check the first header; return how many bytes the headers behind it may take.

    Astropy reads the second one at once if the first does not say that it is there.
    """
    header = _checked_header(file, 0, MOST_HEADER_BYTES, filename)
    left = MOST_HEADER_BYTES - len(header)
    told = [card for card in _cards(header) if card.startswith(b"EXTEND ")]
    if len(told) != 1 or not _EXTENDS.match(told[0]):
        behind = fits.Header.fromstring(header).data_size_padded
        if behind >= 0:
            _checked_header(file, len(header) + behind, left, filename)
    return left


def _checked_header(file: BinaryIO, start: int, left: int, filename: str) -> bytes:
    """Return the header that begins somewhere in a file, empty behind the end of the file.

    Raises
    ------
    FileError
        If it takes more than `left` bytes, or tells of more axes than there can be.
    """
    file.seek(start)
    header = b""
    while block := file.read(BLOCK):
        header += block
        if len(header) > left:
            raise FileError(
                f"{filename}: from byte {start} on there is a header without END, or headers "
                f"take more than {MOST_HEADER_BYTES} bytes"
            )
        if _END in block and _END in _cards(block):
            break
    if _LARGE_NAXIS.search(header) and any(map(_TOO_MANY_AXES.match, _cards(header))):
        raise FileError(f"{filename}: the header from byte {start} on has a NAXIS beyond 999")
    return header


def _cards(header: bytes) -> list[bytes]:
    return [header[at : at + CARD] for at in range(0, len(header), CARD)]
