"""Export formats: rows as CSV, ECSV, JSON, JSON Lines, VOTable, FITS or a plain text table."""

from .formats import FORMATS, Format, header_lines, header_record
from .values import plain, text

__all__ = ["FORMATS", "Format", "header_lines", "header_record", "plain", "text"]
