"""Planes: which extensions of a file are shown, and their chips."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from acsql.errors import PreviewError
from acsql.images import planes
from acsql.images.planes import Plane, read_planes

Described = Callable[[Path], dict[str, Plane]]


def test_only_extensions_that_match_the_science_are_planes(
    tmp_path: Path, write: Callable[..., Path], described: Described
) -> None:
    chip = {"SCI": np.zeros((4, 6)), "D2IMARR": np.zeros((2, 6)), "CUBE": np.zeros((2, 4, 6))}
    path = write(tmp_path / "x.fits", chip | {"WHT": np.zeros((4, 6))})
    assert list(described(path)) == ["SCI", "WHT"]
    with fits.open(path) as hdus, pytest.raises(PreviewError, match="no RED extension"):
        read_planes(hdus, path.name, "RED")


def test_chips_have_numbers_and_can_stand_alone(
    two_chips: tuple[Path, np.ndarray, np.ndarray], described: Described
) -> None:
    plane = described(two_chips[0])["SCI"]
    assert [chip.ccdchip for chip in plane.chips] == [2, 1]
    assert [chip.first_row for chip in plane.chips] == [0, 37]
    assert (plane.width, plane.height, plane.unit) == (53, 74, "ELECTRONS")
    alone = plane.only(2)
    assert (alone.height, alone.chips[0].first_row) == (37, 0)
    with pytest.raises(PreviewError, match="no SCI,3; the file has SCI,1, SCI,2"):
        plane.only(3)


@pytest.mark.parametrize("strip", [1, 200, 1 << 18])
@pytest.mark.parametrize("binning", [1, 4])
def test_strips_are_the_rows_of_all_chips(
    two_chips: tuple[Path, np.ndarray, np.ndarray],
    described: Described,
    monkeypatch: pytest.MonkeyPatch,
    strip: int,
    binning: int,
) -> None:
    path, science, _ = two_chips
    monkeypatch.setattr(planes, "STRIP", strip)
    with path.open("rb") as file:
        strips = list(described(path)["SCI"].strips(file, path.name, 5, 60, binning))
    np.testing.assert_array_equal(np.vstack(strips), science[5:60])
    assert all(len(rows) % binning == 0 for rows in strips[:-1])
