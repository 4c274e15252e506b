"""Pointing: jitter and guide stars from the headers of jitter tables."""

import numpy as np
import pytest
from monitored_truth import TRUTH

import acsql
from acsql.monitors.standard import pointing
from acsql.sample.instrument import UNGUIDED


def test_the_jitter_is_that_of_the_headers_of_each_exposure(
    measured_archive: acsql.Archive,
) -> None:
    table = measured_archive.monitor("pointing").table()
    assert len(table) > 20
    for row in table[:10]:
        header = {}
        for filetype in ("jif", "jit"):
            with measured_archive.observation(row["rootname"]).open(filetype) as hdus:
                header.update(hdus[int(row["exposure"])].header)
        v2, v3 = header["V2_RMS"], header["V3_RMS"]
        assert (row["jitter_v2"], row["jitter_v3"]) == (v2, v3)
        assert row["jitter_rms"] == pytest.approx(np.hypot(v2, v3))
        assert row["guiding"] == header["GUIDEACT"].strip()


def test_exposures_without_guide_stars_have_the_jitter_of_the_gyroscopes(
    true_archive: acsql.Archive,
) -> None:
    table = true_archive.monitor("pointing").table("imagetyp=EXT")
    guided = {}
    for row in table:
        name = true_archive.observation(row["rootname"]).ipppssoot
        guided[name] = TRUTH.is_guided(name)
        assert row["guiding"] == ("FINE LOCK" if guided[name] else "GYRO")
        # The sample draws each axis between 0.5 and 1.5 of the mean.
        relative = row["jitter_rms"] / np.hypot(TRUTH.jitter, TRUTH.jitter)
        assert 0.5 < relative / (1 if guided[name] else UNGUIDED) < 1.5
    assert set(guided.values()) == {True, False}


class Jitter(dict):
    """An observation with these headers."""

    def __init__(self, filetype="jit", **header):
        super().__init__(expflag="NORMAL")
        spt = {0: {"dgestar": "NBJV000268F2 "}}
        self.headers = {filetype: {0: {}, 1: header, 2: {"extname": "jit"}}, "spt": spt}


def test_a_header_with_texts_in_place_of_numbers_has_no_values() -> None:
    (row,) = pointing.MONITOR.rows(Jitter(v2_rms="INDEF", v3_rms=2.0, guideact="  ", nlosses=True))
    assert (row["jitter_v2"], row["jitter_v3"], row["jitter_rms"]) == (None, 2.0, None)
    assert (row["guiding"], row["losses"]) == (None, None)


def test_a_lost_lock_is_counted_with_its_seconds() -> None:
    header = {"v2_rms": 3.0, "v3_rms": 4.0, "guideact": "GYRO ", "nlosses": 2, "lockloss": 31.5}
    (row,) = pointing.MONITOR.rows(Jitter(**header))
    assert row["jitter_rms"] == 5.0
    assert (row["guiding"], row["losses"], row["lost"]) == ("GYRO", 2, 31.5)


@pytest.mark.parametrize("filetype", ["jit", "jif"])
def test_the_guide_star_is_that_of_the_support_file(filetype: str) -> None:
    (row,) = pointing.MONITOR.rows(Jitter(filetype, v2_rms=3.0))
    assert (row["jitter_v2"], row["guide_star"]) == (3.0, "NBJV000268F2")


def test_what_the_table_of_the_jitter_lacks_is_taken_from_its_image() -> None:
    observation = Jitter(guideact="FINE LOCK")
    observation.headers["jif"] = {1: {"v2_rms": 3.0, "v3_rms": 4.0, "guideact": "GYRO"}}
    (row,) = pointing.MONITOR.rows(observation)
    assert (row["exposure"], row["jitter_rms"], row["guiding"]) == (1, 5.0, "FINE LOCK")


def test_every_exposure_with_jitter_has_a_row(measured_archive: acsql.Archive) -> None:
    table = measured_archive.monitor("pointing").table()
    wanted = measured_archive.where(pointing.MONITOR.condition).columns("rootname").rows()
    assert set(table["rootname"]) == {row["rootname"] for row in wanted}
