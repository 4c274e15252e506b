"""A query stops at its time limit, and when it is interrupted."""

import duckdb
import pytest

from acsql.errors import QueryTimeout
from acsql.vo.query_clock import QueryClock

LONG = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"


def test_time_runs_out() -> None:
    assert QueryClock(None).remaining is None
    QueryClock(60).check()
    with pytest.raises(QueryTimeout, match="its time limit of 0 seconds"):
        QueryClock(0).check()


def test_an_interrupted_query_starts_no_further_step() -> None:
    clock = QueryClock(None)
    clock.interrupt()
    with duckdb.connect() as connection, pytest.raises(QueryTimeout), clock.limiting(connection):
        pytest.fail("a step has started")


def test_a_step_is_interrupted_at_the_time_limit() -> None:
    clock = QueryClock(0.2)
    with (
        duckdb.connect() as connection,
        pytest.raises(duckdb.InterruptException),
        clock.limiting(connection),
    ):
        connection.sql(LONG).fetchall()
    with pytest.raises(QueryTimeout):
        clock.check()


def test_an_interruption_after_the_last_step_does_no_harm() -> None:
    clock = QueryClock(60)
    connection = duckdb.connect()
    with clock.limiting(connection):
        connection.sql("SELECT 1").fetchall()
    connection.close()
    clock.interrupt()
