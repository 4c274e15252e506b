"""Progress bars and log lines on stderr."""

import logging

import pytest

from acsql.cli.progress import progress_bar, showing_log


@pytest.mark.parametrize(
    ("verbosity", "shown"),
    [(1, ["information", "warning"]), (2, ["debugging", "information", "warning"]), (-1, [])],
)
def test_log_lines_are_shown_by_verbosity(
    capsys: pytest.CaptureFixture[str], verbosity: int, shown: list[str]
) -> None:
    logger = logging.getLogger("acsql.ingest")
    with showing_log(verbosity):
        logger.debug("debugging")
        logger.info("information")
        logger.warning("warning")
    lines = capsys.readouterr().err.splitlines()
    assert [line.rpartition(" ")[2] for line in lines] == shown
    assert not logging.getLogger("acsql").handlers


@pytest.mark.parametrize("verbosity", [0, -1, 1])
def test_there_is_no_bar_where_stderr_is_no_terminal(
    capsys: pytest.CaptureFixture[str], verbosity: int
) -> None:
    with progress_bar(verbosity)(3) as done:
        done()
    assert capsys.readouterr().err == ""
