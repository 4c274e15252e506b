"""The chips of a file: which HDUs show them, in which order, with which values."""

import os
import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from acsql.errors import PreviewError
from acsql.fits import chips

NAME = "jabc01abq_flt.fits"


def science(data=None, version=1, **keywords):
    header = fits.Header(keywords)
    return fits.ImageHDU(data, header, name="SCI", ver=version)


def chip(value, shape=(3, 4), **keywords):
    return science(np.full(shape, value, np.float32), **keywords)


def written(folder, *hdus):
    path = folder / NAME
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    return path


def with_keywords(path, **keywords):
    """Set keywords of the first chip that astropy would drop from an image it makes."""
    with fits.open(path, mode="update", do_not_scale_image_data=True) as hdus:
        hdus[1].header.update(keywords)
    return path


def shown(path, **options):
    """Return the pixels of the chips, the bottom one first."""
    with fits.open(path, **options) as hdus:
        images = chips.image_hdus(hdus, "SCI", path.name)
        return [chips.read_pixels(hdu, path.name) for hdu in images]


@pytest.mark.parametrize(
    ("first", "second", "bottom_first"),
    [
        ({"version": 1}, {"version": 2}, [10, 20]),
        ({"version": 2}, {"version": 1}, [20, 10]),
        ({"version": 1, "CCDCHIP": 2}, {"version": 2, "CCDCHIP": 1}, [10, 20]),
        ({"version": 1, "CCDCHIP": 1}, {"version": 2, "CCDCHIP": 2}, [20, 10]),
        ({"version": 2, "CCDCHIP": 1}, {"version": 1, "CCDCHIP": 1}, [20, 10]),
        ({"version": 2, "CCDCHIP": 2}, {"version": 1}, [20, 10]),
        ({"version": 2, "CCDCHIP": "?"}, {"version": 1, "CCDCHIP": 2}, [20, 10]),
    ],
)
def test_the_bottom_chip_is_first(tmp_path, first, second, bottom_first):
    path = written(tmp_path, chip(10, **first), chip(20, **second))
    assert [pixels[0, 0] for pixels in shown(path)] == bottom_first


def test_other_extensions_are_not_shown(tmp_path):
    other = fits.ImageHDU(np.ones((9, 9)), name="ERR")
    assert len(shown(written(tmp_path, chip(1), other))) == 1


def test_the_extension_can_be_chosen_in_any_case(tmp_path):
    path = written(tmp_path, chip(1), fits.ImageHDU(np.ones((9, 9)), name="ERR"))
    with fits.open(path) as hdus:
        assert [hdu.name for hdu in chips.image_hdus(hdus, "err", NAME)] == ["ERR"]


STORED = st.sampled_from([np.uint8, np.int16, np.int32, np.int64, np.float32, np.float64])


@st.composite
def scaled_images(draw):
    """Draw stored numbers, BSCALE, BZERO and BLANK."""
    dtype = np.dtype(draw(STORED))
    side = st.integers(1, 12)
    stored = draw(hnp.arrays(dtype, draw(st.tuples(side, side))))
    scale = draw(st.sampled_from([1, 1.0, 2, -0.5]))
    zero = draw(st.sampled_from([0, 0.0, 32768, 32768.0, -128, 1e3]))
    blank = None if dtype.kind == "f" else draw(st.sampled_from([None, int(stored[0, 0])]))
    return stored, scale, zero, blank


@given(scaled_images())
def test_pixels_are_physical_values(tmp_path_factory, image):
    stored, scale, zero, blank = image
    expected = stored.astype(np.float64)
    with np.errstate(all="ignore"):
        expected = zero + scale * expected
    keywords = {"BSCALE": scale, "BZERO": zero}
    if blank is not None:
        expected[stored == blank] = np.nan
        keywords["BLANK"] = blank
    path = written(tmp_path_factory.mktemp("scaled"), science(stored))
    with_keywords(path, **keywords)
    np.testing.assert_array_equal(shown(path)[0].astype(np.float64), expected)


@pytest.mark.parametrize("chunk", [1, 5, 1 << 16])
def test_pixels_do_not_depend_on_the_size_of_reads(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(chips, "CHUNK", chunk)
    image = np.arange(77, dtype=np.int32).reshape(7, 11)
    np.testing.assert_array_equal(shown(written(tmp_path, science(image)))[0], image)


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (np.arange(12, dtype=np.uint16), np.uint16),
        (np.arange(12, dtype=np.int16), np.int16),
        (np.arange(12, dtype=np.float32), np.float32),
    ],
)
def test_common_types_do_not_grow(tmp_path, data, dtype):
    assert shown(written(tmp_path, science(data.reshape(3, 4))))[0].dtype == dtype


@pytest.mark.parametrize("memmap", [False, True])
@pytest.mark.parametrize("do_not_scale", [False, True])
def test_pixels_do_not_depend_on_how_the_file_was_opened(tmp_path, memmap, do_not_scale):
    image = np.array([[0, 1, 32767], [32768, 40000, 65535]], np.uint16)
    path = written(tmp_path, science(image))
    options = {"memmap": memmap, "do_not_scale_image_data": do_not_scale}
    with fits.open(path, **options) as hdus:
        before = hdus[1].header.tostring()
        (hdu,) = chips.image_hdus(hdus, "SCI", NAME)
        np.testing.assert_array_equal(chips.read_pixels(hdu, NAME), image)
        assert hdus[1].header.tostring() == before


def test_a_header_alone_can_be_a_constant_image(tmp_path):
    path = written(tmp_path, science(NPIX1=4, NPIX2=3, PIXVALUE=2.5))
    np.testing.assert_array_equal(shown(path)[0], np.full((3, 4), 2.5))


CANNOT_BE_SHOWN = [
    ([], "no SCI extension"),
    ([fits.ImageHDU(np.ones((2, 2)), name="ERR")], "no SCI extension"),
    ([science()], "SCI,1 has no pixels"),
    ([science(NPIX1=4, NPIX2=3)], "SCI,1 has no pixels"),
    ([science(NPIX1=4, NPIX2=0, PIXVALUE=1)], "SCI,1 has no pixels"),
    ([science(NPIX1=4, NPIX2=-3, PIXVALUE=1)], "SCI,1 has no pixels"),
    ([science(NPIX1=4, NPIX2="three", PIXVALUE=1)], "NPIX2 of SCI,1 is 'three'"),
    ([science(NPIX1=4, NPIX2=3, PIXVALUE="x")], "PIXVALUE of SCI,1 is 'x'"),
    ([chip(1), science(version=2)], "SCI,2 has no pixels"),
    ([science(np.ones(5))], "SCI,1 has 1 axes"),
    ([science(np.ones((2, 3, 4)))], "SCI,1 has 3 axes"),
    ([chip(1), chip(1, (3, 5), version=2)], r"differ in width: \[4, 5\]"),
    ([fits.CompImageHDU(np.ones((3, 9, 9)), name="SCI")], "SCI,1 has 3 axes, not 2"),
    ([fits.BinTableHDU(np.ones(3, [("a", "f4")]), name="SCI")], "SCI,1 is not a plain image"),
]


@pytest.mark.parametrize(("hdus", "reason"), CANNOT_BE_SHOWN)
def test_what_cannot_be_shown_is_refused_with_the_reason(tmp_path, hdus, reason):
    path = written(tmp_path, *hdus)
    with pytest.raises(PreviewError, match=f"{NAME}: .*{reason}"):
        shown(path)


def test_a_scale_that_is_not_a_number_is_refused(tmp_path):
    path = with_keywords(written(tmp_path, chip(1)), BZERO="zero")
    with pytest.raises(PreviewError, match=f"{NAME}: BZERO of SCI,1 is 'zero'"):
        shown(path)


def test_an_unknown_bitpix_is_refused(tmp_path):
    path = written(tmp_path, chip(1))
    card = b"BITPIX  =                  %d"
    path.write_bytes(path.read_bytes().replace(card % -32, card % -16))
    with pytest.raises(PreviewError, match=f"{NAME}: SCI,1 has BITPIX = -16"):
        shown(path)


def test_an_unreadable_card_is_refused(tmp_path):
    path = written(tmp_path, science(NPIX1=4, NPIX2=3, PIXVALUE=7.0))
    path.write_bytes(path.read_bytes().replace(b"                 7.0", b"                 7,0"))
    with pytest.raises(PreviewError, match=f"{NAME}: PIXVALUE of SCI,1"):
        shown(path)


def full_exposure():
    """Return a file of two chips, and where its HDUs end."""
    buffer = []
    for version in (1, 2):
        buffer += [chip(version, (30, 40), version=version)]
        buffer += [fits.ImageHDU(np.ones((30, 40), np.int16), name="DQ", ver=version)]
    return buffer


@given(st.integers(0, 3), st.one_of(st.integers(1, 10), st.integers(1, 20_000)))
def test_a_truncated_file_is_refused(tmp_path_factory, hdu, excess):
    path = written(tmp_path_factory.mktemp("truncated"), *full_exposure())
    with fits.open(path) as hdus:
        ends = [hdu.fileinfo()["datLoc"] + hdu.fileinfo()["datSpan"] for hdu in hdus]
    length = ends[hdu] + excess
    assume(length < ends[-1] and length not in ends)
    os.truncate(path, length)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyUserWarning)
        hdus = fits.open(path)
    with hdus, pytest.raises(PreviewError, match=f"{NAME}: "):
        [chips.read_pixels(hdu, NAME) for hdu in chips.image_hdus(hdus, "SCI", NAME)]


@pytest.mark.parametrize("memmap", [False, True])
def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path, memmap):
    path = written(tmp_path, chip(1, (300, 400)))
    with fits.open(path, memmap=memmap) as hdus:
        (hdu,) = chips.image_hdus(hdus, "SCI", NAME)
        os.truncate(path, 100_000)
        with pytest.raises(PreviewError, match=f"{NAME}: truncated in SCI,1"):
            chips.read_pixels(hdu, NAME)


def noise(dtype):
    values = np.random.default_rng(1).normal(1000, 50, (40, 50))
    return values.astype(dtype)


@pytest.mark.parametrize("compression", ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32])
def test_compressed_images_have_the_pixels_that_astropy_reads(tmp_path, compression, dtype):
    compressed = fits.CompImageHDU(noise(dtype), name="SCI", compression_type=compression)
    path = written(tmp_path, compressed)
    with fits.open(path) as hdus:
        expected = hdus["SCI"].data
    (pixels,) = shown(path)
    np.testing.assert_array_equal(pixels, expected)
    assert pixels.dtype.isnative
    with fits.open(path) as hdus:
        stored = chips.stored_image(hdus[1], NAME)
    with path.open("rb") as file:
        np.testing.assert_array_equal(stored.rows(file, NAME, 7, 19), expected[7:19])


def test_a_compressed_image_with_damaged_tiles_is_refused(tmp_path):
    path = written(tmp_path, fits.CompImageHDU(noise(np.float32), name="SCI"))
    with fits.open(path, disable_image_compression=True) as hdus:
        start = hdus[1].fileinfo()["datLoc"]
    content = bytearray(path.read_bytes())
    content[start : start + 640] = b"\x7f" * 640
    path.write_bytes(content)
    with pytest.raises(PreviewError, match="SCI,1"):
        shown(path)


def test_tiles_that_would_exhaust_the_memory_are_refused(tmp_path):
    path = written(tmp_path, fits.CompImageHDU(noise(np.int16), name="SCI"))
    with fits.open(path, mode="update", disable_image_compression=True) as hdus:
        hdus[1].header["ZTILE1"] = 2**31 - 1
    with pytest.raises(PreviewError, match="SCI,1 has tiles larger than the image"):
        shown(path)
