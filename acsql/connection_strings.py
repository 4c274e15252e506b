"""Connection strings without their secrets, for messages and for lists of settings.

Invalid strings are handled as well, because error messages quote them.
"""

import re

# Options that hold secrets, of drivers old and new:
# https://www.mongodb.com/docs/manual/reference/connection-string-options/
_SECRET = re.compile(r"\b(\w*pass(?:word|phrase)\w*|authMechanismProperties)=[^&;]*", re.IGNORECASE)


def has_password(connection_string: str) -> bool:
    """Return whether a connection string holds a secret.

    Parameters
    ----------
    connection_string : str
        ``mongodb://...``.

    Returns
    -------
    bool
        Whether `without_password` changes it.
    """
    return without_password(connection_string) != connection_string


def without_password(connection_string: str) -> str:
    """Return a connection string with its secrets as asterisks.

    Parameters
    ----------
    connection_string : str
        ``mongodb://user:password@host/...``.

    Returns
    -------
    str
        ``mongodb://user:***@host/...``.
    """
    scheme, slashes, rest = _SECRET.sub(r"\1=***", connection_string).partition("://")
    user, at, address = rest.rpartition("@")
    name, colon, _ = user.partition(":")
    return f"{scheme}{slashes}{name}{':***' if colon else ''}{at}{address}"


def without_user(connection_string: str) -> str:
    """Return a connection string without user and secrets.

    Parameters
    ----------
    connection_string : str
        ``mongodb://user:password@host/...``.

    Returns
    -------
    str
        ``mongodb://host/...``.
    """
    scheme, slashes, rest = without_password(connection_string).partition("://")
    return f"{scheme}{slashes}{rest.rpartition('@')[2]}"
