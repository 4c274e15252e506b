"""Internal flat fields have the level of the fading lamp and the shape of its light."""

from collections import defaultdict

import pytest
import recovered

import acsql


def test_the_level_is_that_of_the_lamp_at_each_amplifier(true_archive: acsql.Archive) -> None:
    recovered.lamp(true_archive).check()


def test_the_shape_is_relative_to_the_mean_of_the_amplifiers(true_archive: acsql.Archive) -> None:
    shapes = defaultdict(list)
    for row in true_archive.monitor("lamp").rows():
        shapes[row["rootname"]].append(row["shape"])
        assert row["lamp"] == "TUNGSTEN-1 F606W"
        assert row["rate"] == pytest.approx(row["level"] / row["exptime"])
    for of_exposure in shapes.values():
        assert len(of_exposure) == 4
        assert sum(of_exposure) == pytest.approx(4)
    # The light has a shape, which does not fade with the lamp.
    first, *others = shapes.values()
    assert max(first) - min(first) > 0.05
    assert others == [pytest.approx(first, abs=1e-3)] * len(others)
