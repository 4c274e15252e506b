"""Statistics of amplifiers come from those of images."""

from typing import Any

import acsql
from acsql.monitors.standard.amplifier_statistics import AmplifierStatistics, by_amplifier


class Measured(dict[str, Any]):
    """An observation with these statistics of its flt file."""

    def __init__(self, **extensions: Any) -> None:
        super().__init__(detector="WFC")
        self.image_statistics = {"flt": {name[1:]: parts for name, parts in extensions.items()}}


def test_each_amplifier_with_the_statistic_is_one_of_the_detector() -> None:
    observation = Measured(
        _1={"all": {"mean": 1.0}, "c": {"mean": 2.0}, "d": {"pixels": 9}}, _2={"a": {"mean": 3.0}}
    )
    assert list(by_amplifier(observation, "flt", "mean")) == [
        AmplifierStatistics(1, "WFC C", {"mean": 2.0}),
        AmplifierStatistics(2, "WFC A", {"mean": 3.0}),
    ]
    assert list(by_amplifier(observation, "raw", "mean")) == []


def test_a_number_of_pixels_is_a_fraction_of_all() -> None:
    part = AmplifierStatistics(1, "WFC A", {"pixels": 200, "flag_16": 5})
    assert part.fraction("flag_16") == 0.025
    assert part.fraction("flag_64") is None


def test_columns_and_documents_select_the_same_by_a_statistic(true_archive: acsql.Archive) -> None:
    address = "stats.raw.1.c.overscan_mean"
    rows = true_archive.where(f"exists({address})").columns(address).rows()
    values = sorted(row[address] for row in rows)
    middle = values[len(values) // 2]
    stored = true_archive.store.observations.count_documents({address: {"$gt": middle}})
    assert true_archive.count(f"{address}>{middle}") == stored > 0
    assert true_archive.count(f"exists({address})") == len(values)
