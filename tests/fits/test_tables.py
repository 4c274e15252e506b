"""Tables of FITS files: rows, units, descriptions, headerlets and damage."""

import contextlib
import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from acsql.errors import DatasetNotFound, FileError
from acsql.fits.tables import MAX_BYTES, is_table, read_table

COLUMNS = [
    fits.Column("Seconds", "1E", unit="seconds", array=[0, 3, 6]),
    fits.Column("RA", "1D", unit="degrees", array=[1.5, np.nan, 2.5]),
    fits.Column("DayNight", "1I", unit="0,1 flag", null=-1, array=[0, 1, -1]),
    fits.Column("NAME", "9A", array=["JCMC11CTQ", "", "JCMC11E6Q"]),
]
DESCRIPTIONS = {"RA": "right ascension"}


def write(folder: Path, *extensions: fits.hdu.base.ExtensionHDU) -> Path:
    """Write a file with these extensions."""
    path = folder / "j8bt05njj_jit.fits"
    fits.HDUList([fits.PrimaryHDU(), *extensions]).writeto(path)
    return path


def table_of(path: Path, extension=1):
    """Return a table of a file."""
    return read_table(path, extension, DESCRIPTIONS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a table."""
    return write(tmp_path, fits.BinTableHDU.from_columns(COLUMNS, name="jit"))


def test_rows_are_those_of_astropy_in_native_byte_order(path: Path) -> None:
    table = table_of(path)
    with fits.open(path) as hdus:
        for name in ("Seconds", "NAME"):
            assert list(table[name]) == list(hdus[1].data[name])
    assert all(column.dtype.isnative for column in table.itercols())


def test_unknown_values_are_masked(path: Path) -> None:
    table = table_of(path)
    assert table["RA"].tolist() == [1.5, None, 2.5]
    assert table["DayNight"].tolist() == [0, 1, None]


def test_units_of_engineering_files_can_be_converted(path: Path) -> None:
    table = table_of(path)
    assert table["Seconds"].quantity.to_value(units.min)[2] == pytest.approx(0.1)
    assert table["RA"].unit == units.deg
    assert table["DayNight"].unit is None


def test_a_column_is_described_by_its_file_or_else_by_the_specs(path: Path) -> None:
    with fits.open(path, mode="update") as hdus:
        hdus[1].header.comments["TTYPE1"] = "label for field 1"
        hdus[1].header.comments["TTYPE3"] = "day or night"
    table = table_of(path)
    assert [table[name].description for name in ("Seconds", "RA", "DayNight")] == [
        None,
        "right ascension",
        "day or night",
    ]


@pytest.mark.parametrize("extension", [1, "jit", "JIT", ("jit", 1)])
def test_an_extension_has_a_number_and_a_name(path: Path, extension) -> None:
    assert len(table_of(path, extension)) == 3


@pytest.mark.parametrize("extension", [2, "WCSCORR", ("jit", 2)])
def test_a_missing_extension_is_named_with_those_that_exist(path: Path, extension) -> None:
    with pytest.raises(DatasetNotFound, match="it has 0 PRIMARY,1, 1 JIT,1"):
        table_of(path, extension)


def test_an_image_is_no_table(tmp_path: Path) -> None:
    path = write(tmp_path, fits.ImageHDU(np.zeros((2, 3)), name="SCI"))
    with pytest.raises(DatasetNotFound, match=r"j8bt05njj_jit.fits\[1\] is not a table"):
        table_of(path)


def test_an_ascii_table_is_read(tmp_path: Path) -> None:
    columns = [fits.Column("a", "I4", array=[1, 2]), fits.Column("b", "A3", array=["x", "y"])]
    table = table_of(write(tmp_path, fits.TableHDU.from_columns(columns)))
    assert [list(row) for row in table] == [[1, "x"], [2, "y"]]


def test_a_truncated_table_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: -2880 + 20])
    with pytest.raises(FileError, match="truncated"):
        table_of(path)


def test_a_huge_table_is_refused_before_it_is_read(path: Path) -> None:
    content = path.read_bytes()
    rows = MAX_BYTES // 8
    path.write_bytes(content.replace(b"NAXIS2  =%21d" % 3, b"NAXIS2  =%21d" % rows))
    with pytest.raises(FileError, match="download the file"):
        table_of(path)


@settings(max_examples=30)
@given(data=st.data())
def test_a_damaged_table_is_read_or_refused(tmp_path_factory, data) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = write(folder, fits.BinTableHDU.from_columns(COLUMNS, name="jit"))
    content = bytearray(path.read_bytes())
    # In the header of the table, which begins after one block.
    for at in data.draw(st.lists(st.integers(2880, 2880 + 25 * 80), min_size=1, max_size=4)):
        content[at] = data.draw(st.integers(32, 126))
    path.write_bytes(content)
    with contextlib.suppress(FileError, DatasetNotFound):
        table_of(path)


def headerlet(compressed: bool) -> fits.hdu.base.ExtensionHDU:
    """Return a headerlet as the WCS software writes it."""
    wcs = fits.ImageHDU(name="SIPWCS")
    wcs.header["CRVAL1"] = (1.25, "[deg] right ascension")
    wcs.header["INHERIT"] = True
    wcs.header["UNKNOWN"] = None
    file = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), wcs]).writeto(file)
    content = gzip.compress(file.getvalue()) if compressed else file.getvalue()
    hdu = fits.ImageHDU(np.frombuffer(content, np.uint8), name="HDRLET")
    hdu.header["COMPRESS"] = compressed
    return hdu


@pytest.mark.parametrize("compressed", [False, True])
def test_a_headerlet_is_read_card_by_card(tmp_path: Path, compressed: bool) -> None:
    path = write(tmp_path, headerlet(compressed))
    path.write_bytes(path.read_bytes().replace(b"XTENSION= 'IMAGE   '", b"XTENSION= 'HDRLET  '", 1))
    table = table_of(path, "HDRLET")
    rows = [tuple(row) for row in table]
    assert ("SIPWCS,1", "CRVAL1", "1.25", "[deg] right ascension") in rows
    assert ("SIPWCS,1", "INHERIT", "T", "") in rows
    assert ("SIPWCS,1", "UNKNOWN", "", "") in rows


def test_a_headerlet_without_a_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, fits.ImageHDU(np.zeros(100, np.uint8), name="HDRLET"))
    path.write_bytes(path.read_bytes().replace(b"XTENSION= 'IMAGE   '", b"XTENSION= 'HDRLET  '"))
    with pytest.raises(FileError, match="not a readable FITS file"):
        table_of(path)


@pytest.mark.parametrize(
    ("xtension", "expected"),
    [("BINTABLE", True), ("TABLE", True), ("HDRLET", True), ("IMAGE", False), (None, False)],
)
def test_a_stored_header_says_whether_it_is_of_a_table(xtension, expected: bool) -> None:
    assert is_table({"xtension": xtension}) == expected
