"""A checkpoint remembers what was delivered, until which moment and stream position."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from acsql.store.change_feed import Change
from acsql.watching.checkpoint import Checkpoint

WHEN = datetime(2026, 1, 2)
HOUR = timedelta(hours=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint"


def test_a_delivered_state_is_remembered(path: Path) -> None:
    with Checkpoint(path) as checkpoint:
        checkpoint.record(Change("j8bt05nj", "a"), WHEN, None)
    with Checkpoint(path) as checkpoint:
        assert checkpoint.is_delivered(Change("j8bt05nj", "a"))
        assert not checkpoint.is_delivered(Change("j8bt05nj", "b"))
        assert not checkpoint.is_delivered(Change("j8bt05nk", "a"))


def test_a_new_state_replaces_the_old_one(path: Path) -> None:
    with Checkpoint(path) as checkpoint:
        checkpoint.record(Change("j8bt05nj", "a"), WHEN, None)
        checkpoint.record(Change("j8bt05nj", "b"), WHEN, None)
        assert not checkpoint.is_delivered(Change("j8bt05nj", "a"))


def test_the_horizon_is_the_window_before_the_latest_date(path: Path) -> None:
    with Checkpoint(path) as checkpoint:
        assert checkpoint.horizon(HOUR) is None
        checkpoint.record(Change("j8bt05nj", "a"), WHEN, None)
        checkpoint.record(Change("j8bt05nk", "a"), WHEN - HOUR, None)
        assert checkpoint.horizon(HOUR) == WHEN - HOUR


def test_the_horizon_is_not_before_the_beginning(path: Path) -> None:
    with Checkpoint(path, WHEN) as checkpoint:
        assert checkpoint.horizon(HOUR) == WHEN
        checkpoint.record(Change("j8bt05nj", "a"), WHEN, None)
        assert checkpoint.horizon(HOUR) == WHEN


def test_only_a_new_checkpoint_takes_a_beginning(path: Path) -> None:
    with Checkpoint(path, WHEN):
        pass
    with Checkpoint(path, WHEN + HOUR) as checkpoint:
        assert checkpoint.begin == WHEN


def test_a_stream_position_is_kept_until_it_is_cleared(path: Path) -> None:
    with Checkpoint(path) as checkpoint:
        assert checkpoint.position is None
        checkpoint.record(Change("j8bt05nj", "a"), WHEN, {"_data": "1"})
        checkpoint.advance(None)
    with Checkpoint(path) as checkpoint:
        assert checkpoint.position == {"_data": "1"}
        checkpoint.advance({"_data": "2"})
        assert checkpoint.position == {"_data": "2"}
        checkpoint.clear_position()
        assert checkpoint.position is None
