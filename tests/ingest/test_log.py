"""The log file of a run."""

import logging
import re
from datetime import datetime
from pathlib import Path

import pytest

from acsql.errors import ConfigError
from acsql.ingest.log import LOGGERS, log_file


def test_the_file_is_named_by_time_and_has_one_line_per_message(tmp_path: Path) -> None:
    with log_file(tmp_path / "logs", datetime(2017, 8, 15, 11, 5, 26)) as path:
        logging.getLogger("acsql.ingest").info("j8zh21xv: new")
        logging.getLogger("acsql.verify.verification").error("j8zh21xv: a reason")
    assert path == tmp_path / "logs" / "ingest_2017-08-15-11-05-26.log"
    lines = path.read_text().splitlines()
    stamp = r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d"
    assert all(re.match(rf"{stamp} (INFO|ERROR): ", line) for line in lines)
    assert lines[-2].endswith(" INFO: j8zh21xv: new")
    assert lines[-1].endswith(" ERROR: j8zh21xv: a reason")


def test_later_messages_are_not_in_the_file(tmp_path: Path) -> None:
    with log_file(tmp_path, datetime(2017, 8, 15)) as path:
        pass
    before = path.read_text()
    for name in LOGGERS:
        logging.getLogger(name).error("too late")
    assert path.read_text() == before


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(ConfigError, match="log_dir"), log_file(tmp_path / "logs", datetime.now()):
        pass
