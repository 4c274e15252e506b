"""The private server: a mongod that acsql starts itself where no connection string is set.

`server` starts, shares and stops it; `registry` records who uses it, `process` finds and ends its
process, `launch` starts one, `supervision` starts it again when it ends, and `replica_set` makes it
the one member of a replica set.
"""

from ..config import Config


def resolve_connection(config: Config) -> Config:
    """Return a configuration that names a running database.

    Parameters
    ----------
    config : Config
        Without a `connection_string`, the private server is used and started if necessary.

    Returns
    -------
    Config
        With a `connection_string`; of the private server also with that of its reader.

    Raises
    ------
    DatabaseError
        If the private server is needed and does not start.
    """
    if config.connection_string:
        return config
    # Not for archives on a server of their own.
    from . import server

    return server.use(config.data_dir).configure(config)
