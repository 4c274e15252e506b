"""The parts of an image that the amplifiers of a detector read."""

import numpy as np
import pytest
from astropy.io import fits

from acsql.errors import PreviewError
from acsql.fits.amplifiers import image_parts, size
from acsql.keywords import KeywordSpecs


def image(shape: tuple[int, int], **keywords: float) -> fits.ImageHDU:
    hdu = fits.ImageHDU(np.zeros(shape, np.int16), name="SCI")
    hdu.header.update(keywords)
    return hdu


def bounds(area):
    """Return the first row, the row after the last, and the same of the columns."""
    rows, columns = area
    return rows.start, rows.stop, columns.start, columns.stop


def test_a_full_frame_of_wfc_is_read_by_two_amplifiers_for_each_chip(specs: KeywordSpecs) -> None:
    # Sizes and overscan of section 4.2.1 of the ACS Data Handbook.
    wfc2 = image((2068, 4144), CCDCHIP=2, LTV1=24.0, LTV2=0.0)
    parts = image_parts(wfc2, "ABCD", specs.readouts["WFC"], "")
    assert bounds(parts.area) == (0, 2048, 24, 4120)
    assert parts.amplifiers.keys() == {"c", "d"}
    c, d = parts.amplifiers["c"], parts.amplifiers["d"]
    assert bounds(c.area) == (0, 2048, 24, 2072)
    assert bounds(d.area) == (0, 2048, 2072, 4120)
    assert bounds(c.overscan) == (0, 2048, 18, 24)
    assert bounds(d.overscan) == (0, 2048, 4120, 4126)
    assert bounds(c.virtual_overscan) == (2048, 2068, 24, 2072)
    assert bounds(d.virtual_overscan) == (2048, 2068, 2072, 4120)


def test_the_virtual_overscan_of_the_upper_chip_is_below_it(specs: KeywordSpecs) -> None:
    wfc1 = image((2068, 4144), CCDCHIP=1, LTV1=24.0, LTV2=20.0)
    parts = image_parts(wfc1, "ABCD", specs.readouts["WFC"], "")
    assert parts.amplifiers.keys() == {"a", "b"}
    assert bounds(parts.area) == (20, 2068, 24, 4120)
    assert bounds(parts.amplifiers["a"].virtual_overscan) == (0, 20, 24, 2072)


def test_hrc_is_read_by_one_amplifier_though_four_exist(specs: KeywordSpecs) -> None:
    parts = image_parts(image((1044, 1062), LTV1=19.0, LTV2=0.0), "C", specs.readouts["HRC"], "")
    (c,) = parts.amplifiers.values()
    assert bounds(c.area) == bounds(parts.area) == (0, 1024, 19, 1043)
    assert bounds(c.overscan) == (0, 1024, 9, 19)
    assert bounds(c.virtual_overscan) == (1024, 1044, 19, 1043)


def test_four_amplifiers_read_a_quarter_each(specs: KeywordSpecs) -> None:
    parts = image_parts(image((1024, 1024)), "ABCD", specs.readouts["HRC"], "")
    areas = {name: bounds(part.area) for name, part in parts.amplifiers.items()}
    assert areas == {
        "a": (512, 1024, 0, 512),
        "b": (512, 1024, 512, 1024),
        "c": (0, 512, 0, 512),
        "d": (0, 512, 512, 1024),
    }


def test_a_subarray_has_the_overscan_of_its_corner(specs: KeywordSpecs) -> None:
    # WFC1-1K: 1024 columns of the upper right corner and 22 of the overscan.
    corner = image((1024, 1046), CCDCHIP=1, LTV1=-3072.0, LTV2=-1024.0)
    parts = image_parts(corner, "B", specs.readouts["WFC"], "")
    (b,) = parts.amplifiers.values()
    assert bounds(b.area) == (0, 1024, 0, 1024)
    assert bounds(b.overscan) == (0, 1024, 1024, 1030)
    assert size(b.virtual_overscan) == 0


def test_a_calibrated_image_has_no_overscan(specs: KeywordSpecs) -> None:
    parts = image_parts(image((2048, 4096), CCDCHIP=2), "ABCD", specs.readouts["WFC"], "")
    for part in parts.amplifiers.values():
        assert size(part.area) == 2048 * 2048
        assert size(part.overscan) == size(part.virtual_overscan) == 0


@pytest.mark.parametrize("ccdamp", ["foobar", "N/A", "", None, 5])
def test_an_unusable_ccdamp_names_no_amplifier(ccdamp: object, specs: KeywordSpecs) -> None:
    assert image_parts(image((1044, 1062)), ccdamp, specs.readouts["HRC"], "").amplifiers == {}


@pytest.mark.parametrize("keyword", ["LTV1", "BINAXIS2", "CCDCHIP"])
@pytest.mark.parametrize("value", ["text", float("inf")])
def test_a_place_that_is_not_a_number_is_refused(
    keyword: str, value: object, specs: KeywordSpecs
) -> None:
    odd = image((1044, 1062))
    # Astropy writes no infinity, and reads 1E400 as one.
    odd.header.append(fits.Card.fromstring(f"{keyword:8}= {value if value == 'text' else '1E400'}"))
    with pytest.raises(PreviewError, match=f"{keyword} of SCI"):
        image_parts(odd, "A", specs.readouts["HRC"], "")


def test_an_image_without_a_readout_is_one_part() -> None:
    parts = image_parts(image((30, 40)), "ABCD", None, "")
    assert (bounds(parts.area), parts.amplifiers) == ((0, 30, 0, 40), {})
