"""A log file receives what packages log, and a full disk costs one line."""

import logging
import os
from pathlib import Path

import pytest

from acsql.errors import ConfigError
from acsql.logs import logging_to, open_log

FULL_DISK = Path("/dev/full")  # every write to it fails with ENOSPC
logger = logging.getLogger("acsql.ingest.run")


def test_what_a_package_logs_in_the_block_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "a.log"
    with logging_to([open_log(path)], ["acsql.ingest", "acsql.store"]):
        logger.info("one")
        logging.getLogger("acsql.store.outage").info("two")
        logging.getLogger("acsql.verify").error("of another package")
    logger.error("too late")
    assert path.read_text().splitlines() == ["one", "two"]


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A log file on a full disk."""
    path = tmp_path / "full.log"
    path.symlink_to(FULL_DISK)
    return path


def test_a_full_disk_costs_one_line(full: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with logging_to([open_log(full)], ["acsql.ingest"]):
        for number in range(1000):
            logger.error("line %d", number)
    reason = "No space left on device"
    assert capfd.readouterr().err == (
        f"cannot write the log {full}: {reason}; lines are lost until it can\n"
    )


def test_processes_that_are_forked_later_do_not_report_it_again(
    full: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with logging_to([open_log(full)], ["acsql.ingest"]):
        for _ in range(2):
            child = os.fork()
            if not child:
                logger.error("a line")
                os._exit(0)
            os.waitpid(child, 0)
    assert capfd.readouterr().err.count("cannot write") == 1


def test_lines_are_written_again_when_the_disk_has_room(
    full: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with logging_to([open_log(full)], ["acsql.ingest"]):
        logger.error("lost")
        full.unlink()
        logger.error("written")
        full.unlink()
        full.symlink_to(FULL_DISK)
        logger.error("lost as well")
    assert capfd.readouterr().err.count("cannot write") == 2


def test_a_log_without_its_folder_costs_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "logs"
    with logging_to([open_log(folder / "a.log")], ["acsql.ingest"]):
        folder.rename(tmp_path / "elsewhere")
        logger.error("one")
        logger.error("two")
    assert capfd.readouterr().err.count("No such file") == 1


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(ConfigError, match="log_dir"):
        open_log(tmp_path / "logs" / "a.log")
