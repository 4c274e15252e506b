"""The database that a configuration names, opened with the keyword specs of its archive.

`Archive`, an observation that was unpickled, the ingest and each of its workers open it here.
"""

from .. import config as configuration
from .. import keywords as keyword_specs
from ..config import Config
from ..errors import ConfigError
from .client import FIRST_ANSWER_SECONDS, Store


def open_store(
    config: Config,
    wait: float | None = None,
    log_outages: bool = False,
    first_wait: float = FIRST_ANSWER_SECONDS,
) -> Store:
    """Open the database of an archive.

    Parameters
    ----------
    config : Config
        The settings, with a `connection_string`.
    wait : float, optional
        As for `Store`.
    log_outages : bool
        As for `Store`.
    first_wait : float
        As for `Store`.

    Returns
    -------
    Store
        Open; the caller closes it.

    Raises
    ------
    ConfigError
        If the configuration has no `connection_string`, or a keyword spec is invalid.
    DatabaseError
        If the database does not answer.
    """
    if config.connection_string is None:
        raise ConfigError("no connection_string: open the archive with acsql.connect")
    specs = keyword_specs.load(configuration.specs_overlay(config))
    return Store(config.connection_string, specs, wait, log_outages, first_wait)
