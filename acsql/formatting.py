"""Formatting of numbers, sizes and durations for pages and messages."""

from .query import Column

# Decimals of a day: 0.9 ms, and exposures begin at whole milliseconds.
MJD_DECIMALS = 8
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def number(value: float, digits: int = 0) -> str:
    """Return a number with separated thousands: ``1,234``."""
    return f"{value:,.{digits}f}"


def measured(value: object) -> object:
    """Return a measured number in seven digits, ``2439.337``, and any other value unchanged.

    The files of the same rows have all digits.
    """
    return f"{value:.7g}" if isinstance(value, float) else value


def rounded(value: object, column: Column) -> object:
    """Return a Modified Julian Date in eight decimals, a millisecond; any other value unchanged.

    Headers and files have all digits.
    """
    return round(value, MJD_DECIMALS) if isinstance(value, float) and column.spec.mjd else value


def plural(count: int, noun: str) -> str:
    """Return a number of things: ``1 file``, ``1,234 files``."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def size(number_of_bytes: float) -> str:
    """Return a size in decimal units: ``168.0 MB``."""
    value = float(number_of_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 999.95:
            return f"{value:.0f} bytes" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"


def duration(seconds: float) -> str:
    """Return a duration: ``3 h 25 min``, ``2 min 5 s`` or ``12.5 s``."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def age(seconds: float) -> str:
    """Return how long ago something happened: ``16 minutes ago``, ``40 hours ago``.

    Parameters
    ----------
    seconds : float
        The time since then.

    Returns
    -------
    str
        In the largest unit of which there are two or more, rounded down.
    """
    for length, unit in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= 2 * length:
            return f"{plural(int(seconds // length), unit)} ago"
    return "1 minute ago" if seconds >= _MINUTE else "less than a minute ago"
