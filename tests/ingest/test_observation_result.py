"""Results pass between processes, and are failures unless a stage sets another state."""

import pickle
from dataclasses import FrozenInstanceError
from datetime import datetime

import pytest

from acsql.ingest.observation_result import FAILED, STATES, Failure, ObservationResult
from acsql.keywords import HeaderKey


def test_a_result_passes_between_processes() -> None:
    key = HeaderKey("WFC", "flt", 1)
    failure = Failure(
        "j8bt05nj", "j8bt05njq_flt.fits", "headers", "truncated", False, 5, datetime(2026, 1, 1)
    )
    result = ObservationResult(
        "j8bt05nj",
        failures=(failure,),
        unspecified={(key, "NEW-KEY"): ("float", "j8bt05njq_flt.fits")},
        mismatches={(key, "EXPTIME"): ("long", "a"), (None, "EXPTIME"): (True, "b")},
    )
    assert pickle.loads(pickle.dumps(result)) == result


def test_an_observation_has_failed_unless_a_stage_sets_another_state() -> None:
    assert ObservationResult("j8bt05nj").state == FAILED
    assert len(set(STATES)) == 4


def test_a_result_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ObservationResult("j8bt05nj").state = "new"
