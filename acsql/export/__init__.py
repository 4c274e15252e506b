"""Export: rows in the formats that users download, and stored headers as lines or JSON."""

from .headers import header_lines, header_record
from .registry import FORMATS, Format
from .spreadsheet import guarded, unguarded
from .values import plain, text

__all__ = [
    "FORMATS",
    "Format",
    "guarded",
    "header_lines",
    "header_record",
    "plain",
    "text",
    "unguarded",
]
