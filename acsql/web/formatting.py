"""Numbers, sizes and durations as templates show them."""

from typing import Any


def number(value: Any, digits: int = 0) -> str:
    """Return a number with its thousands apart: ``1,234``."""
    return f"{value:,.{digits}f}"


def size(number_of_bytes: float) -> str:
    """Return a number of bytes as people read it, in powers of ten: ``168.0 MB``."""
    value = float(number_of_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 999.95:
            return f"{value:.0f} bytes" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"


def duration(seconds: float) -> str:
    """Return a duration: ``3 h 25 min``, ``2 min 5 s`` or ``12.5 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
