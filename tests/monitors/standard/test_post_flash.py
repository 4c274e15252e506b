"""The post-flash has the level of the instrument, in proportion to its duration."""

import pytest
import recovered

import acsql


def test_the_level_is_that_of_the_lamp_and_the_dark_current(true_archive: acsql.Archive) -> None:
    recovered.post_flash(true_archive).check()


def test_the_rate_is_the_level_by_the_commanded_duration(true_archive: acsql.Archive) -> None:
    for row in true_archive.monitor("post_flash").rows():
        observation = true_archive.observation(row["rootname"])
        assert row["duration"] == observation["flashdur"] > 0
        assert row["rate"] == pytest.approx(row["level"] / row["duration"])
        assert row["current"] == observation.stored_header("flt", 0)["flashcur"].strip()
