"""The charge that is read after a chip is what its pixels lose on the way."""

import pytest
import recovered
from monitored_truth import TRUTH, age

import acsql
from acsql import keywords


def test_the_deferred_charge_is_that_of_the_instrument(true_archive: acsql.Archive) -> None:
    recovered.charge_transfer(true_archive).check()


def test_the_inefficiency_is_the_part_of_the_signal_lost_in_one_transfer(
    true_archive: acsql.Archive,
) -> None:
    rows = keywords.load().readouts["WFC"].rows
    for row in true_archive.monitor("charge_transfer").rows():
        assert row["inefficiency"] == pytest.approx(row["deferred"] / row["signal"] / rows)
        assert 0.5 < row["signal"] / TRUTH.lamp_at(age(row["expstart"])) < 1.2
