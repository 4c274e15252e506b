"""Statistics inside regions equal what numpy and astropy compute from the pixels of a mask."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.stats import sigma_clipped_stats

from acsql.errors import QueryError
from acsql.images import planes, region_statistics
from acsql.images.planes import Plane
from acsql.images.region_files import parse_region
from acsql.images.region_statistics import RegionStatistics, read_region_statistics

Described = Callable[[Path], dict[str, Plane]]
TwoChips = tuple[Path, np.ndarray, np.ndarray]


def measured(path: Path, described: Described, text: str) -> RegionStatistics:
    every = described(path)
    with path.open("rb") as file:
        return read_region_statistics(
            file, path.name, every["SCI"], parse_region(text), every["DQ"]
        )


@pytest.mark.parametrize("strip", [1, 1 << 18])
@pytest.mark.parametrize(
    "text",
    [
        "circle(27,38,12.5)",
        "-circle(27,38,12.5)",
        "box(20,40,15,22,30)",
        "ellipse(26,37,20,8,75)",
        "annulus(26.5,36.5,5,11)",
        "polygon(3,3,50,10,45,70,20,60)",
        "circle(50,1,9)",
    ],
)
def test_statistics_are_those_of_the_pixels_whose_centre_is_inside(
    two_chips: TwoChips,
    described: Described,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    strip: int,
) -> None:
    path, science, flags = two_chips
    monkeypatch.setattr(planes, "STRIP", strip)
    mask = parse_region(text.lstrip("-")).to_mask("center").to_image(science.shape) > 0
    values = science[mask]
    values = values[np.isfinite(values)].astype(float)
    found = measured(path, described, text)
    assert (found.pixels, found.finite) == (mask.sum(), values.size)
    assert [found.mean, found.std, found.total] == pytest.approx(
        [values.mean(), values.std(), values.sum()]
    )
    assert [found.median, found.minimum, found.maximum] == [
        np.median(values), values.min(), values.max(),
    ]  # fmt: skip
    assert [found.clipped_mean, found.clipped_median, found.clipped_std] == pytest.approx(
        sigma_clipped_stats(values)
    )
    inside = flags[mask].astype(int)
    assert found.flagged == np.count_nonzero(inside)
    counts = {1 << bit: np.count_nonzero(inside & (1 << bit)) for bit in range(16)}
    assert found.flags == {bit: count for bit, count in counts.items() if count}


def test_a_point_is_one_pixel_and_a_line_those_it_crosses(
    two_chips: TwoChips, described: Described
) -> None:
    path, science, _ = two_chips
    point = measured(path, described, "point(20.4,60.6)")
    assert (point.pixels, point.mean) == (1, science[60, 19])
    line = measured(path, described, "line(11,60,11,70)")
    along = science[59:70, 10]
    along = along[np.isfinite(along)]
    assert (line.pixels, line.mean) == (11, pytest.approx(along.mean()))


def test_a_region_without_values_has_only_numbers_of_pixels(
    two_chips: TwoChips, described: Described
) -> None:
    found = measured(two_chips[0], described, "circle(4,4,2)")
    assert (found.finite, found.mean, found.clipped_std) == (0, None, None)
    assert found.pixels == 9


def test_a_region_off_the_image_or_too_large_is_refused(
    two_chips: TwoChips, described: Described, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, *_ = two_chips
    with pytest.raises(QueryError, match="not within 53 x 74 pixels"):
        measured(path, described, "circle(500,500,3)")
    monkeypatch.setattr(region_statistics, "MAX_REGION_PIXELS", 100)
    with pytest.raises(QueryError, match="more than 100 pixels: draw a smaller one"):
        measured(path, described, "box(25,35,20,20,0)")


def test_flags_are_optional(two_chips: TwoChips, described: Described) -> None:
    path, *_ = two_chips
    region: Any = parse_region("circle(27,38,12)")
    with path.open("rb") as file:
        found = read_region_statistics(file, path.name, described(path)["SCI"], region)
    assert (found.flagged, found.flags) == (None, None)
