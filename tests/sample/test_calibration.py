"""Calibration of the sample archive follows the history of ACS."""

import re

from acsql.sample import calibration
from acsql.sample.schedule import PlannedObservation


def test_the_detectors_age_in_orbit(planned: list[PlannedObservation]) -> None:
    for observation in planned:
        assert 0 <= calibration.age(observation) < 30


def test_post_flash_is_not_older_than_its_use(planned: list[PlannedObservation]) -> None:
    flashed = [each for each in planned if calibration.flash(each)]
    assert flashed
    assert all(each.start > calibration.POST_FLASH for each in flashed)
    for observation in flashed:
        assert calibration.switches(observation, "flt")["FLSHCORR"] == "COMPLETE"


def test_steps_are_to_be_done_in_raw_files_and_done_in_others(
    planned: list[PlannedObservation],
) -> None:
    for observation in planned:
        raw = calibration.switches(observation, "raw")
        flt = calibration.switches(observation, "flt")
        assert set(raw.values()) <= {"PERFORM", "OMIT"}
        assert flt == {
            step: {"PERFORM": "COMPLETE"}.get(state, state) for step, state in raw.items()
        }
        assert calibration.switches(observation, "flc")["PCTECORR"] == "COMPLETE"


def test_reference_files_are_those_of_the_detector(planned: list[PlannedObservation]) -> None:
    for observation in planned:
        files = calibration.reference_files(observation)
        assert re.fullmatch(r"jref\$\w+_bpx\.fits", files["BPIXTAB"])
        assert files["BIASFILE"].startswith("jref$") == (observation.detector != "SBC")
        assert files["PCTETAB"].startswith("jref$") == (observation.detector == "WFC")
        assert calibration.bare_name(files["IDCTAB"]) in files["SIPNAME"]


def test_the_name_of_a_reference_file_has_neither_folder_nor_suffix() -> None:
    assert calibration.bare_name("jref$v8q1444tj_idc.fits") == "v8q1444tj"
