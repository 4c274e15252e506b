"""The audit log has one line of JSON for each action."""

import json
from datetime import UTC, datetime

import pytest

from acsql.accounts import audit
from acsql.config import Config
from acsql.errors import ConfigError


def lines(config: Config, name: str) -> list[dict[str, object]]:
    """Return the lines of an audit log."""
    return [json.loads(line) for line in (config.log_dir / name).read_text().splitlines()]


def test_an_action_is_one_line_with_its_time_and_user(config: Config) -> None:
    before = datetime.now(UTC)
    with audit.auditing(config, audit.SITE):
        audit.record("log in", 'a"\nb', client="::1")
    (line,) = lines(config, audit.SITE)
    assert line.items() >= {"action": "log in", "by": 'a"\nb', "client": "::1"}.items()
    # The log has milliseconds.
    assert (datetime.fromisoformat(str(line["time"])) - before).total_seconds() > -0.01


def test_a_log_is_continued_and_written_only_in_its_block(config: Config) -> None:
    for number in range(2):
        with audit.auditing(config, audit.COMMANDS):
            audit.record("add account", "anna", number=number)
        audit.record("lost", "anna")
    assert [line["number"] for line in lines(config, audit.COMMANDS)] == [0, 1]


def test_a_log_that_cannot_be_written_is_an_error(config: Config) -> None:
    (config.log_dir / audit.SITE).mkdir(parents=True)
    with pytest.raises(ConfigError, match="log_dir"), audit.auditing(config, audit.SITE):
        pass
