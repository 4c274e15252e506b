"""A job goes through the phases of UWS, and keeps to the limits of the service."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from acsql.errors import QueryError
from acsql.vo.tap_job import (
    DURATION_S,
    LIFETIME,
    LONGEST_LIFETIME,
    LONGEST_S,
    Phase,
    TapJob,
    in_utc,
    now,
)

PENDING = TapJob({"query": "SELECT 1"}, "ann")
EXECUTING = PENDING.queued().executing()


def test_a_new_job_waits_to_be_started_and_is_kept_for_days() -> None:
    assert PENDING.phase is Phase.PENDING
    assert PENDING.duration == DURATION_S
    assert PENDING.destruction - PENDING.created == pytest.approx(
        LIFETIME, abs=timedelta(seconds=1)
    )
    assert TapJob({}).id != TapJob({}).id


def test_a_job_states_when_it_began_and_ended() -> None:
    done = EXECUTING.completed("text/csv")
    assert (EXECUTING.phase, done.phase) == (Phase.EXECUTING, Phase.COMPLETED)
    assert done.created <= EXECUTING.started == done.started <= done.ended <= now()
    assert done.media_type == "text/csv"


@pytest.mark.parametrize(
    ("job", "phase"),
    [
        (EXECUTING.failed("wrong"), Phase.ERROR),
        (EXECUTING.aborted("on request"), Phase.ABORTED),
        (PENDING.aborted("on request"), Phase.ABORTED),
        (PENDING.queued().aborted("on request"), Phase.ABORTED),
    ],
)
def test_a_job_that_has_ended_stays_as_it_is(job: TapJob, phase: Phase) -> None:
    assert job.phase is phase
    assert job.message
    steps: list[Callable[[TapJob], TapJob]] = [
        TapJob.executing,
        lambda each: each.completed("text/csv"),
        lambda each: each.failed("other"),
        lambda each: each.aborted("other"),
    ]
    assert [step(job) for step in steps] == [job] * 4


@pytest.mark.parametrize(
    "step",
    [
        TapJob.queued,
        lambda job: job.with_parameters({"query": "SELECT 2"}),
        lambda job: job.with_duration(5),
    ],
)
def test_what_decides_the_result_cannot_be_changed_after_the_start(
    step: Callable[[TapJob], TapJob],
) -> None:
    step(PENDING)
    with pytest.raises(QueryError, match="phase QUEUED"):
        step(PENDING.queued())


@pytest.mark.parametrize(("seconds", "expected"), [(5, 5), (0, LONGEST_S), (10**6, LONGEST_S)])
def test_the_duration_has_a_limit(seconds: int, expected: int) -> None:
    assert PENDING.with_duration(seconds).duration == expected


@pytest.mark.parametrize("moment", [datetime.max, datetime.max.replace(tzinfo=UTC)])
def test_no_job_is_kept_longer_than_the_limit(moment: datetime) -> None:
    latest = PENDING.created + LONGEST_LIFETIME
    assert PENDING.with_destruction(moment).destruction == latest


def test_a_destruction_in_the_past_is_at_once() -> None:
    zone = timedelta(hours=14)
    past = datetime.min.replace(tzinfo=UTC) + zone
    assert PENDING.with_destruction(past).destruction == PENDING.created


def test_a_time_without_a_zone_is_in_utc() -> None:
    moment = datetime(2026, 1, 1)
    assert in_utc(moment) == moment.replace(tzinfo=UTC)
    assert in_utc(in_utc(moment)) == in_utc(moment)


def test_parameters_are_added_and_replaced() -> None:
    changed = PENDING.with_parameters({"query": "SELECT 2", "maxrec": 5})
    assert changed.parameters == {"query": "SELECT 2", "maxrec": 5}
