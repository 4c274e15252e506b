"""Values in error messages: on one line, and shortened if they are long."""

from typing import Any

# Characters of a value that an error message quotes.
MAX_LENGTH = 80


def abbreviate(value: Any) -> str:
    """Return the repr of a value for an error message.

    Parameters
    ----------
    value : object
        Whatever a user passed in.

    Returns
    -------
    str
        At most `MAX_LENGTH` characters; a longer repr ends in ``...``.
    """
    text = repr(value)
    return text if len(text) <= MAX_LENGTH else f"{text[: MAX_LENGTH - 3]}..."
