"""The state of an invocation."""

from acsql.cli.context import TIME_LIMIT_S
from acsql.search.limits import TIME_LIMIT


def test_the_time_limit_is_that_of_the_library() -> None:
    assert TIME_LIMIT_S == TIME_LIMIT
