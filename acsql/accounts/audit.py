"""The audit log: who did what and when, one JSON object a line.

The site and the commands may run as different users, so each writes its own file.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from ..config import Config
from ..logs import logging_to, open_log

SITE = "audit-site.log"
COMMANDS = "audit-commands.log"
LOGGER = "acsql.audit"

logger = logging.getLogger(LOGGER)


class AuditFormatter(logging.Formatter):
    """Formats what `record` logs as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of an action."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        action = record.msg if isinstance(record.msg, dict) else {"action": record.getMessage()}
        return json.dumps({"time": time} | action)


def record(action: str, by: str, **details: object) -> None:
    """Write an action to the audit log.

    Parameters
    ----------
    action : str
        The action, such as ``log in`` or ``change role``.
    by : str
        The name of the user; for one who is not logged in, the name given.
    **details
        Texts and numbers: the account, the role, the address of the client.  No secrets.
    """
    logger.info({"action": action, "by": by} | details)


@contextmanager
def auditing(config: Config, name: str) -> Iterator[None]:
    """Write the audit log while the block runs, also in processes that are forked in it.

    Parameters
    ----------
    config : Config
        Its ``log_dir`` has the file.
    name : str
        The name of the file: `SITE` or `COMMANDS`.

    Raises
    ------
    ConfigError
        If the file cannot be written.
    """
    handler = open_log(config.log_dir / name)
    handler.setFormatter(AuditFormatter())
    with logging_to([handler], [LOGGER]):
        yield
