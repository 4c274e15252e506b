"""A run is finished once, in the state in which it ended."""

from dataclasses import dataclass

import pytest

from acsql.errors import DatabaseUnavailable
from acsql.ingest.run_end import finishing
from acsql.store import runs


@dataclass
class Report:
    state: str = runs.NOTHING_NEW


def test_a_run_ends_in_the_state_of_its_report() -> None:
    ends: list[tuple[str, str | None]] = []
    report = Report()
    with finishing(lambda *end: ends.append(end), report):
        report.state = runs.SUCCEEDED
    assert ends == [(runs.SUCCEEDED, None)]


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (DatabaseUnavailable("it does not answer"), runs.FAILED, "it does not answer"),
        (ValueError(), runs.FAILED, "ValueError"),
        (KeyboardInterrupt(), runs.INTERRUPTED, "interrupted"),
        (SystemExit(143), runs.INTERRUPTED, "terminated"),
    ],
)
def test_the_cause_of_an_early_end_is_recorded_and_raised(
    error: BaseException, state: str, reason: str
) -> None:
    ends: list[tuple[str, str | None]] = []
    with pytest.raises(type(error)), finishing(lambda *end: ends.append(end), Report()):
        raise error
    ((ended, why),) = ends
    assert ended == state
    assert why is not None
    assert why.startswith(reason)
