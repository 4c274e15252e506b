"""Opening FITS files: headers are read, damaged ones are errors before astropy acts on them.

More damage, of whole observations, is in ``tests/ingest/test_damage.py``.
"""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from acsql.errors import FileError
from acsql.fits.open import BLOCK, CARD, MAX_HEADER_BYTES, end_of_data, open_fits

NAME = "j8bt05njq_flt.fits"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one image."""
    path = tmp_path / NAME
    image = fits.ImageHDU(np.zeros((3, 4), np.float32), name="SCI")
    primary = fits.PrimaryHDU()
    primary.header["ODD"] = image.header["ODD"] = "a card to be replaced"
    fits.HDUList([primary, image]).writeto(path)
    return path


def test_all_headers_are_read_and_the_data_end_where_the_file_does(path: Path) -> None:
    with open_fits(path) as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "SCI"]
        assert end_of_data(hdus[1]) == path.stat().st_size


def test_a_compressed_image_has_the_header_of_the_image(tmp_path: Path) -> None:
    path = tmp_path / NAME
    compressed = fits.CompImageHDU(np.zeros((9, 8), np.int16), name="SCI")
    compressed.header["CCDCHIP"] = 2
    fits.HDUList([fits.PrimaryHDU(), compressed]).writeto(path)
    with open_fits(path) as hdus, fits.open(path) as expected:
        assert (hdus[1].header["NAXIS1"], hdus[1].header["NAXIS2"]) == (8, 9)
        assert hdus[1].header == expected[1].header
        assert end_of_data(hdus[1]) == path.stat().st_size


def test_a_file_that_is_not_fits_is_refused(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text("<html>not found</html>")
    message = f"{NAME} is not a FITS file: it does not begin with SIMPLE"
    with pytest.raises(FileError, match=message):
        open_fits(path)


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_fits(tmp_path / NAME)


def test_a_naxis_beyond_the_standard_is_refused(path: Path) -> None:
    card = b"NAXIS   =                    2"
    damaged = path.read_bytes().replace(card, b"NAXIS   =           2000000000")
    path.write_bytes(damaged)
    with pytest.raises(FileError, match=f"{NAME}: the header at byte 2880 has a NAXIS beyond 999"):
        open_fits(path)


def test_a_primary_header_without_extend_whose_naxis_is_text_is_damaged(path: Path) -> None:
    damaged = path.read_bytes().replace(b"EXTEND  =", b"OTHER   =")
    path.write_bytes(
        damaged.replace(b"NAXIS   =                    0", b"NAXIS   = 'none'".ljust(30))
    )
    with pytest.raises(FileError, match=f"{NAME} has a damaged header"):
        open_fits(path)


def test_headers_are_read_up_to_what_a_document_can_hold(tmp_path: Path) -> None:
    path = tmp_path / NAME
    header = fits.PrimaryHDU().header
    # As many cards as fill all blocks but the last, which holds only END.
    room = MAX_HEADER_BYTES // BLOCK * BLOCK // CARD
    text = header.tostring(endcard=False, padding=False)
    text += "COMMENT".ljust(80) * (room - 1 - len(header)) + "END".ljust(80)
    path.write_text(text)
    with open_fits(path) as hdus:
        assert len(hdus[0].header) == room - 1
    path.write_text(text.replace("END".ljust(80), "COMMENT".ljust(80) + "END".ljust(2880)))
    with pytest.raises(FileError, match="take more than"):
        open_fits(path)


@pytest.mark.parametrize(
    "card",
    [
        b"EXTEND  = X",
        b"EXTEND  = \xff",
        b"A       = 'AXIS.1: 1D5'",
        b"CONTINUE  5\xff",
        b"CONTINUE= 5",
    ],
)
@pytest.mark.parametrize("header", [0, 1])
def test_astropy_sees_all_extensions_whatever_one_card_is(
    path: Path, card: bytes, header: int
) -> None:
    with fits.open(path) as hdus:
        number = len(hdus)
        pixels = hdus[1].data.copy()
        at = hdus[header].fileinfo()["hdrLoc"] + CARD * list(hdus[header].header).index("ODD")
    content = path.read_bytes()
    path.write_bytes(content[:at] + card.ljust(CARD) + content[at + CARD :])
    with open_fits(path) as hdus:
        assert len(hdus) == number
        assert "NAXIS" in hdus[header].header
        assert np.array_equal(hdus[1].data, pixels)
