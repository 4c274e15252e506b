"""Values in error messages: on one line, and shortened if they are long."""

from typing import Any

# Characters of a value that an error message quotes, and of a condition that is shown: a list of
# rootnames can have a million.
MAX_LENGTH = 80
MAX_CONDITION = 500


def abbreviate(value: Any) -> str:
    """Return the repr of a value for an error message.

    Parameters
    ----------
    value : object
        Any value that a user passed.

    Returns
    -------
    str
        At most `MAX_LENGTH` characters; a longer repr ends in ``...``.
    """
    return shorten(repr(value), MAX_LENGTH)


def shorten(text: str, most: int = MAX_CONDITION) -> str:
    """Return the beginning of a text, which ends in ``...`` if it is not the whole text.

    Parameters
    ----------
    text : str
        Any text.
    most : int
        The largest number of characters.
    """
    return text if len(text) <= most else f"{text[: most - 3]}..."
